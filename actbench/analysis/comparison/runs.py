"""Two runs to changes: the story of a comparison, from blocks to figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from actbench.analysis.blocks import (
    common_environment,
    finished_blocks,
    machine_differences,
    require_blocks,
    verdict_config,
)
from actbench.analysis.cells import SettingCells
from actbench.analysis.comparison.changes import Changes, LeftOut, RunSide
from actbench.analysis.comparison.matching import difference, match_activations, match_settings
from actbench.analysis.comparison.settings import common_times, level, setting_change
from actbench.environment import MACHINE, compare_environments

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Pair, Side
    from actbench.analysis.comparison.settings import Sides
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo


def compare_runs(
    old: RunInfo,
    old_records: Iterable[BlockRecord],
    new: RunInfo,
    new_records: Iterable[BlockRecord],
    *,
    accept_environment: bool = False,
) -> Changes:
    """What changed from one run to another.

    Args:
        old: What was planned in the run that is compared with.
        old_records: What its ledger holds, in any order.
        new: What was planned in the run that is judged, by its own margins.
        new_records: What its ledger holds.
        accept_environment: Whether times of different machines are compared, too.

    Raises:
        StoreError: As `verdict_config`, of the new run.
        NothingMeasuredError: If no block of one of the runs is finished.
        EnvironmentMismatchError: If one of the runs was itself measured on different machines.
    """
    before, after = _Measured(old, old_records), _Measured(new, new_records)
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
        changed = setting_change(pair, sides, labels, timed, baseline, verdict, score_name)
        settings.append(replace(changed, machines=tuple(different), times_compared=times_compared))
    differing = compare_environments(before.environment, after.environment)
    return Changes(
        old=before.side,
        new=after.side,
        verdict=verdict,
        machines=tuple(machines),
        software={
            name: (str(old_value), str(new_value))
            for name, (old_value, new_value) in differing.items()
            if name not in MACHINE
        },
        times_compared=accept_environment or not machines,
        settings=tuple(settings),
        left_out=tuple(left_out),
    )


class _Measured:
    """One run, as far as it was measured, on its one machine."""

    def __init__(self, info: RunInfo, records: Iterable[BlockRecord]) -> None:
        self._info = info
        self._finished = finished_blocks(records)
        require_blocks(info, self._finished)
        self.environment = common_environment(self._finished)

    def cells(self, setting: str) -> SettingCells:
        blocks = tuple(block for block in self._finished if block.setting == setting)
        return SettingCells(blocks, self._info.activations, self._info.baseline, self._info.placebo)

    @property
    def side(self) -> RunSide:
        labels = [label for label in self._info.activations if label != self._info.placebo]
        levels = {
            setting.id: {
                label: level(self.cells(setting.id), label, self._info.dataset[setting.id].score_name)
                for label in labels
            }
            for setting in self._info.settings
        }
        return RunSide(self._info, self.environment, len(self._finished), levels)


def _common_baseline(old: RunInfo, new: RunInfo, pair: Pair) -> str | None:
    same = old.baseline == new.baseline and not difference(old, new, pair, new.baseline)
    return new.baseline if same else None


def _other_seeds(sides: Sides, setting: str) -> list[LeftOut]:
    """Seeds of one run alone, where others pair; where none do, two independent samples have them all."""
    old, new = ([block.seed for block in side.blocks] for side in sides)
    if old and new and not set(old) & set(new):
        return []
    only_old, only_new = ([seed for seed in a if seed not in b] for a, b in ((old, new), (new, old)))
    return [
        *([_seeds("old", setting, only_old, paired=bool(new))] if only_old else []),
        *([_seeds("new", setting, only_new, paired=bool(old))] if only_new else []),
    ]


def _seeds(side: Side, setting: str, seeds: Sequence[int], *, paired: bool) -> LeftOut:
    what, them = ("seed", "it") if len(seeds) == 1 else ("seeds", "them")
    reason = f"in {side.upper()} only; only differences paired by seed are without {them}" if paired else ""
    return LeftOut(side, setting, f"{what} {', '.join(map(str, seeds))}", reason)
