"""What two runs have in common: which of their settings may be compared."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from actbench.analysis.comparison.changes import HASH_DIGITS, LeftOut, Pair, _engine
from actbench.config.sweep.tune import tuned
from actbench.config.sweep.variants import with_values
from actbench.plan.cell import CellPlan
from actbench.plan.describe import describe_cells
from actbench.plan.models import Setting

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Side
    from actbench.records.run import ActivationInfo, DatasetInfo, RunInfo, SettingInfo

_UNLEARNED = ("timing", "probes")  # what changes nothing that is learned

_APART = ("init", "output")  # of the model: compared by activation, and with the timing


def match_settings(old: RunInfo, new: RunInfo) -> tuple[list[Pair], list[LeftOut]]:
    """Pairs of settings that train the same on the same data.

    Settings with the same id are pairs. Of the others, two are a pair where nothing differs but `timing` or
    `probes`: how often something is timed or looked into does not change what is learned. One with the same
    engine comes before one with another, whose accuracies compare like those of another machine; one with the
    same initialiser before one with another, which is compared activation by activation. Keys at their
    default count as absent, so that a run of an older actbench matches. Where more than one setting of a run
    fits, none is chosen.

    Returns:
        The pairs in the order of the new run, and what has no partner.
    """
    pairs: list[Pair] = []
    olds, news = list(old.settings), list(new.settings)
    for key in (_id, _all_but_timing, _training_and_engine, _training):
        groups = _groups(olds, news, key)
        pairs += [Pair(*before, *after) for before, after in groups if len(before) == len(after) == 1]
        olds = [entry for entry in olds if entry not in [pair.old for pair in pairs]]
        news = [entry for entry in news if entry not in [pair.new for pair in pairs]]
    left_out = [entry for group in _groups(olds, news, _training) for entry in _without_partner(*group)]
    order = [entry.id for entry in new.settings]
    comparable, refused = [], []
    for pair in sorted(pairs, key=lambda pair: order.index(pair.new.id)):
        reason = _other_data(old.dataset[pair.old.id], new.dataset[pair.new.id])
        if reason:
            ids = dict.fromkeys((pair.old.id, pair.new.id))
            refused += [LeftOut("both", setting, "setting", reason) for setting in ids]
        else:
            comparable.append(pair)
    return comparable, [*refused, *left_out]


def timing_differences(pair: Pair) -> list[str]:
    """In words, how the timing of the two sides differs."""
    old, new = (_timed(setting) for setting in (pair.old, pair.new))
    return [
        f"{name} {old.get(name)} and {new.get(name)}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def _timed(setting: SettingInfo) -> dict[str, Any]:
    """What is timed, and how; the output layer has a say in inference alone."""
    output = setting.description["model"].get("output", "logits")
    return {**setting.description.get("timing", {}), "output": output}


def _groups(
    olds: Sequence[SettingInfo], news: Sequence[SettingInfo], key: Callable[[SettingInfo], str]
) -> Iterable[tuple[list[SettingInfo], list[SettingInfo]]]:
    """OLD's settings and NEW's of each key."""
    found: dict[str, tuple[list[SettingInfo], list[SettingInfo]]] = defaultdict(lambda: ([], []))
    for side, settings in enumerate((olds, news)):
        for setting in settings:
            found[key(setting)][side].append(setting)
    return found.values()


def _id(setting: SettingInfo) -> str:
    return setting.id


def _training(setting: SettingInfo) -> str:
    """What is learned, whatever runs and times it; where weights start is compared by activation."""
    content = {name: value for name, value in _content(setting).items() if name not in _UNLEARNED}
    content["model"] = {name: value for name, value in content["model"].items() if name not in _APART}
    return json.dumps(content, sort_keys=True)


def _all_but_timing(setting: SettingInfo) -> str:
    model = _content(setting)["model"]
    apart = {name: model.get(name) for name in _APART}
    return f"{_training_and_engine(setting)} {json.dumps(apart, sort_keys=True)}"


def _training_and_engine(setting: SettingInfo) -> str:
    return f"{_training(setting)} {_engine(setting)}"


def _content(setting: SettingInfo) -> dict[str, Any]:
    """What makes it, without what is at its default."""
    tried = {key: values[0] for key, values in tuned(setting.description.get("tune"))}
    try:
        return Setting.model_validate({"id": "", **with_values(setting.description, tried)}).differing
    except ValidationError:  # of another version, with keys that this one does not know
        return {name: _without_nulls(value) for name, value in setting.description.items()}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


def _without_partner(olds: list[SettingInfo], news: list[SettingInfo]) -> list[LeftOut]:
    """Settings of equal content, of which a run has none or several."""
    reason = ""
    if olds and news:
        ids = (", ".join(setting.id for setting in settings) for settings in (olds, news))
        reason = "{} of OLD and {} of NEW differ in their timing alone, so that several would fit".format(
            *ids
        )
    sides: tuple[tuple[Side, list[SettingInfo]], ...] = (("old", olds), ("new", news))
    return [LeftOut(side, setting.id, "setting", reason) for side, settings in sides for setting in settings]


def _other_data(old: DatasetInfo, new: DatasetInfo) -> str:
    """Why two accuracies cannot be compared; empty where the data is the same."""
    if old.sha256 != new.sha256:
        what, hashes = "the data", (old.sha256, new.sha256)
    elif old.split_sha256 != new.split_sha256:
        what, hashes = "the choice of examples", (old.split_sha256, new.split_sha256)
    else:
        return ""
    was, is_now = (digest[:HASH_DIGITS] for digest in hashes)
    return f"{what} of {new.name} has another hash: {was} in OLD, {is_now} in NEW"


def match_activations(old: RunInfo, new: RunInfo, pair: Pair) -> tuple[list[str], list[LeftOut]]:
    """Labels that mean the same in both runs, in the order of the new one; never the placebo.

    Args:
        old: The old run.
        new: The new run.
        pair: The setting that these are activations of.
    """
    olds, news = ([label for label in run.activations if label != run.placebo] for run in (old, new))
    common, left_out = [], []
    for label in news:
        if label not in olds:
            left_out.append(LeftOut("new", pair.new.id, f"activation {label}"))
        elif reason := difference(old, new, pair, label):
            left_out.append(LeftOut("both", pair.new.id, f"activation {label}", reason))
        else:
            common.append(label)
    left_out += [LeftOut("old", pair.new.id, f"activation {label}") for label in olds if label not in news]
    return common, left_out


def difference(old: RunInfo, new: RunInfo, pair: Pair, label: str) -> str:
    """Why a label does not mean the same in both runs; empty where it does, or one of them does not say."""
    was, is_now = _described(old, pair.old.id, label), _described(new, pair.new.id, label)
    if was is None or is_now is None:
        return ""
    if was.definition != is_now.definition:
        return f"it is {was.definition} in OLD and {is_now.definition} in NEW"
    if was.source_sha256 != is_now.source_sha256:
        hashes = (str(entry.source_sha256)[:HASH_DIGITS] for entry in (was, is_now))
        return "its source has the hash {} in OLD and {} in NEW".format(*hashes)
    if was.init != is_now.init:
        return f"its weights start from {was.init} in OLD and {is_now.init} in NEW"
    return ""


def _described(info: RunInfo, setting: str, label: str) -> ActivationInfo | None:
    for entry in info.described_in(setting):
        if entry.label == label:
            return entry
    for written in info.config.get("activations", ()):  # of an older run, which knew names alone
        if written["label"] == label:
            cell = CellPlan(label=label, name=written["name"], params=written["params"])
            return describe_cells([cell])[0]
    return None
