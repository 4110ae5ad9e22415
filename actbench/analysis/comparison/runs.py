"""The comparison of two runs: which of their settings train the same, and what changed in each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from actbench.analysis.blocks import (
    common_environment,
    finished_blocks,
    machine_differences,
    require_blocks,
    verdict_config,
)
from actbench.analysis.cells import SettingCells
from actbench.analysis.comparison.changes import Changes, LeftOut, RunSide, SettingPair, engine_of
from actbench.analysis.comparison.settings import (
    HASH_DIGITS,
    activation_difference,
    activation_figures,
    common_times,
    compare_setting,
    match_activations,
)
from actbench.config.sweep.tune import candidate_lists
from actbench.config.sweep.variants import with_values
from actbench.environment import MACHINE_FACTS, compare_environments
from actbench.plan.models import Setting

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Side
    from actbench.analysis.comparison.settings import BothSides
    from actbench.records.block import BlockRecord
    from actbench.records.run import DatasetInfo, RunInfo, SettingInfo

_NOT_LEARNED = ("timing", "probes")  # sections that change nothing that is learned

# Keys of `model` that do not tell settings apart: weights may start differently for some activations only,
# which are then left out alone, and the output layer changes nothing but the time of inference.
_APART = ("init", "output")


def compare_runs(
    old: RunInfo,
    old_records: Iterable[BlockRecord],
    new: RunInfo,
    new_records: Iterable[BlockRecord],
    *,
    accept_environment: bool = False,
) -> Changes:
    """Return what changed from one run to another.

    Args:
        old: Plan of the run that is compared with.
        old_records: The records of its ledger, in any order.
        new: Plan of the run that is judged, by its own margins.
        new_records: The records of its ledger, in any order.
        accept_environment: Whether to compare times of different machines, too.

    Raises:
        StoreError: As `verdict_config`, of the new run.
        NothingMeasuredError: If no block of one of the runs is finished.
        EnvironmentMismatchError: If one of the runs was itself measured on different machines.
    """
    before, after = _MeasuredRun(old, old_records), _MeasuredRun(new, new_records)
    machines = machine_differences(before.environment, after.environment)
    verdict = verdict_config(new)
    pairs, left_out = match_settings(old, new)
    settings = []
    for pair in pairs:
        sides = before.cells(pair.old.id), after.cells(pair.new.id)
        labels, other_labels = match_activations(old, new, pair)
        different = machine_differences(before.environment, after.environment, pair.engines)
        machines += [words for words in different if words not in machines]
        times_compared = accept_environment or not different
        timed, other_times = common_times(sides, pair.new.id) if times_compared else ([], [])
        left_out += [*other_labels, *_other_seeds(sides, pair.new.id), *other_times]
        baseline = _common_baseline(old, new, pair)
        score_name = new.dataset[pair.new.id].score_name
        change = compare_setting(pair, sides, labels, timed, baseline, verdict, score_name)
        settings.append(replace(change, machines=tuple(different), times_compared=times_compared))
    differing = compare_environments(before.environment, after.environment)
    return Changes(
        old=before.side,
        new=after.side,
        verdict=verdict,
        machines=tuple(machines),
        software={
            name: (str(old_value), str(new_value))
            for name, (old_value, new_value) in differing.items()
            if name not in MACHINE_FACTS
        },
        times_compared=accept_environment or not machines,
        settings=tuple(settings),
        left_out=tuple(left_out),
    )


class _MeasuredRun:
    """One run, as far as it was measured, on its one machine."""

    def __init__(self, info: RunInfo, records: Iterable[BlockRecord]) -> None:
        self._info = info
        self._finished = finished_blocks(records)
        require_blocks(info, self._finished)
        self.environment = common_environment(self._finished)

    def cells(self, setting: str) -> SettingCells:
        return SettingCells.select(self._info, setting, self._finished)

    @property
    def side(self) -> RunSide:
        labels = [label for label in self._info.activations if label != self._info.placebo]
        figures = {}
        for setting in self._info.settings:
            cells, score = self.cells(setting.id), self._info.dataset[setting.id].score_name
            figures[setting.id] = {label: activation_figures(cells, label, score) for label in labels}
        return RunSide(self._info, self.environment, len(self._finished), figures)


def _common_baseline(old: RunInfo, new: RunInfo, pair: SettingPair) -> str | None:
    same = old.baseline == new.baseline and not activation_difference(old, new, pair, new.baseline)
    return new.baseline if same else None


def _other_seeds(sides: BothSides, setting: str) -> list[LeftOut]:
    """Return the seeds of one run alone, if others pair; if none do, all enter as independent samples."""
    old, new = ([block.seed for block in side.blocks] for side in sides)
    if old and new and not set(old) & set(new):
        return []
    only_old, only_new = ([seed for seed in a if seed not in b] for a, b in ((old, new), (new, old)))
    return [
        *([_left_out_seeds("old", setting, only_old, paired=bool(new))] if only_old else []),
        *([_left_out_seeds("new", setting, only_new, paired=bool(old))] if only_new else []),
    ]


def _left_out_seeds(side: Side, setting: str, seeds: Sequence[int], *, paired: bool) -> LeftOut:
    what, them = ("seed", "it") if len(seeds) == 1 else ("seeds", "them")
    reason = (
        f"in {side.upper()} only; differences paired by seed leave {them} out, other figures do not"
        if paired
        else ""
    )
    return LeftOut(side, setting, f"{what} {', '.join(map(str, seeds))}", reason)


def match_settings(old: RunInfo, new: RunInfo) -> tuple[list[SettingPair], list[LeftOut]]:
    """Return the pairs of settings that train the same on the same data, and what is left out.

    Settings with the same id are pairs. Of the others, two are a pair if nothing differs but `timing` or
    `probes`: how often something is timed or looked into does not change what is learned. A setting with the
    same engine is preferred to one with another, whose accuracies compare like those of another machine; one
    with the same initializer to one with another, which is compared activation by activation. Keys at their
    default count as absent, so that a run of an older actbench matches. Where more than one setting of a run
    fits, none is chosen.

    Returns:
        The pairs, in the order of the new run; then the settings without a partner or with other data.
    """
    pairs: list[SettingPair] = []
    olds, news = list(old.settings), list(new.settings)
    for key in (_id, _all_but_timing, _training_and_engine, _training):
        groups = _groups(olds, news, key)
        pairs += [SettingPair(*before, *after) for before, after in groups if len(before) == len(after) == 1]
        olds = [entry for entry in olds if entry not in [pair.old for pair in pairs]]
        news = [entry for entry in news if entry not in [pair.new for pair in pairs]]
    left_out = [entry for group in _groups(olds, news, _training) for entry in _without_partner(*group)]
    order = [entry.id for entry in new.settings]
    comparable, refused = [], []
    for pair in sorted(pairs, key=lambda pair: order.index(pair.new.id)):
        reason = _data_difference(old.dataset[pair.old.id], new.dataset[pair.new.id])
        if reason:
            ids = dict.fromkeys((pair.old.id, pair.new.id))
            refused += [LeftOut("both", setting, "setting", reason) for setting in ids]
        else:
            comparable.append(pair)
    return comparable, [*refused, *left_out]


def _groups(
    olds: Sequence[SettingInfo], news: Sequence[SettingInfo], key: Callable[[SettingInfo], str]
) -> Iterable[tuple[list[SettingInfo], list[SettingInfo]]]:
    """Return OLD's settings and NEW's that have the same key, key by key."""
    found: dict[str, tuple[list[SettingInfo], list[SettingInfo]]] = defaultdict(lambda: ([], []))
    for side, settings in enumerate((olds, news)):
        for setting in settings:
            found[key(setting)][side].append(setting)
    return found.values()


def _id(setting: SettingInfo) -> str:
    return setting.id


def _all_but_timing(setting: SettingInfo) -> str:
    model = _without_defaults(setting)["model"]
    apart = {name: model.get(name) for name in _APART}
    return f"{_training_and_engine(setting)} {json.dumps(apart, sort_keys=True)}"


def _training_and_engine(setting: SettingInfo) -> str:
    return f"{_training(setting)} {engine_of(setting)}"


def _training(setting: SettingInfo) -> str:
    """Return what determines what is learned, whatever runs and times it and wherever weights start."""
    content = {name: value for name, value in _without_defaults(setting).items() if name not in _NOT_LEARNED}
    content["model"] = {name: value for name, value in content["model"].items() if name not in _APART}
    return json.dumps(content, sort_keys=True)


def _without_defaults(setting: SettingInfo) -> dict[str, Any]:
    """Return the description of a setting without the keys that are at their default."""
    tried = {key: values[0] for key, values in candidate_lists(setting.description.get("tune"))}
    try:
        return Setting.model_validate({"id": "", **with_values(setting.description, tried)}).id_content
    except ValidationError:  # of another version, with keys that this one does not know
        return {name: _without_nulls(value) for name, value in setting.description.items()}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


def _without_partner(olds: list[SettingInfo], news: list[SettingInfo]) -> list[LeftOut]:
    """Return as left out settings of equal content of which one run has none, or one has several."""
    reason = ""
    if olds and news:
        ids = (", ".join(setting.id for setting in settings) for settings in (olds, news))
        reason = "{} of OLD and {} of NEW differ in their timing alone, so that several would fit".format(
            *ids
        )
    sides: tuple[tuple[Side, list[SettingInfo]], ...] = (("old", olds), ("new", news))
    return [LeftOut(side, setting.id, "setting", reason) for side, settings in sides for setting in settings]


def _data_difference(old: DatasetInfo, new: DatasetInfo) -> str:
    """Explain why two accuracies cannot be compared; empty if the data is the same."""
    if old.sha256 != new.sha256:
        what, hashes = "the data", (old.sha256, new.sha256)
    elif old.split_sha256 != new.split_sha256:
        what, hashes = "the choice of examples", (old.split_sha256, new.split_sha256)
    else:
        return ""
    was, is_now = (digest[:HASH_DIGITS] for digest in hashes)
    return f"{what} of {new.name} has another hash: {was} in OLD, {is_now} in NEW"
