"""How the times of one setting changed from one run to another."""

import math
from collections.abc import Sequence

import numpy as np

from actbench.analysis.changes import TimeChange, Timed, timed_in_words
from actbench.analysis.comparisons import Difference, compare
from actbench.analysis.intervals import Interval, exactly
from actbench.analysis.matching import LeftOut
from actbench.analysis.means import student, welch
from actbench.analysis.setting_cells import SettingCells
from actbench.analysis.times import Reader, common_slices, latencies, log_ratio
from actbench.config.schema import VerdictConfig

Sides = tuple[SettingCells, SettingCells]


def common_times(sides: Sides, setting: str) -> tuple[list[Timed], list[LeftOut]]:
    """What both runs timed alike, and what only one of them did.

    Args:
        sides: OLD's cells and NEW's.
        setting: The new run's id of it, for what is left out.
    """
    old, new = (times(side) for side in sides)
    common = [timed for timed in new if timed in old]
    left_out = [
        *(LeftOut("old", setting, timed_in_words(timed)) for timed in old if timed not in new),
        *(LeftOut("new", setting, timed_in_words(timed)) for timed in new if timed not in old),
    ]
    slices = [{block.slices_per_epoch for block in side.blocks} for side in sides]
    if None in common and slices[0] != slices[1]:
        common.remove(None)
        reason = "slices_per_epoch differs, and the start of every slice is part of its time"
        left_out.append(LeftOut("both", setting, timed_in_words(None), reason))
    return common, left_out


def times(cells: SettingCells) -> list[Timed]:
    """What was timed: the training step, and inference by batch size; nothing where nothing ended well."""
    ended_well = (cell for block in cells.blocks for cell in block.cells if cell.status == "ok")
    first = next(ended_well, None)
    return [None, *(entry.batch_size for entry in first.inference)] if first else []


def seconds(cells: SettingCells, label: str) -> dict[Timed, Interval]:
    """Of a training step or an inference call: each block's median, geometric mean over blocks."""
    samples = {timed: _log_seconds(cells, label, timed) for timed in times(cells)}
    return {timed: student(logs).interval.map(math.exp) for timed, logs in samples.items() if logs}


def time_changes(
    sides: Sides, labels: Sequence[str], timed: Timed, baseline: str | None, verdict: VerdictConfig
) -> dict[str, TimeChange]:
    """NEW's time over OLD's, by label; blocks are independent samples, for the runs were not interleaved.

    Args:
        sides: OLD's cells and NEW's.
        labels: The family that Holm's method adjusts over.
        timed: Which time.
        baseline: Label of the baseline; None where the runs have different ones.
        verdict: Margin and alpha.
    """
    samples = {label: [_log_seconds(side, label, timed) for side in sides] for label in labels}
    found = {label: independent(new, old) for label, (old, new) in samples.items() if old and new}
    margin = math.log1p(verdict.time_margin)
    compared = compare(found, margin=margin, alpha=verdict.alpha, larger_is_better=False, beyond=margin)
    return {
        label: TimeChange(
            timed=timed,
            comparison=comparison.map(math.exp),
            to_baseline=change_to_baseline(sides, (label, label), timed) if baseline else None,
        )
        for label, comparison in compared.items()
    }


def change_to_baseline(sides: Sides, labels: tuple[str, str], timed: Timed) -> Interval | None:
    """NEW's ratio to the baseline over OLD's: of each seed's median over rounds, Welch's interval.

    Args:
        sides: OLD's cells and NEW's; their baselines are the same activation.
        labels: The activation's label in each.
        timed: Which time.

    Returns:
        Exactly 1 for the baseline itself; None where a run has no seed with both.
    """
    if all(label == side.baseline for side, label in zip(sides, labels, strict=True)):
        return exactly(1.0)
    old, new = (_log_ratios(side, label, timed) for side, label in zip(sides, labels, strict=True))
    return welch(new, old).interval.map(math.exp) if old and new else None


def independent(new: Sequence[float], old: Sequence[float]) -> Difference:
    """The difference of two samples that have no seed, or no session, in common."""
    mean = welch(new, old)
    return Difference(mean.interval, mean.p, None, min(len(new), len(old)))


def _log_seconds(cells: SettingCells, label: str, timed: Timed) -> list[float]:
    """One sample per block: the logarithm of its median seconds per step or call.

    Timing-only slices start from weights just put back, which may cost time of its own: not theirs.
    """
    ended_well = [
        (block, cell)
        for block, cell in zip(cells.blocks, cells.of(label), strict=True)
        if cell.status == "ok"
    ]
    if timed is None:
        samples = [
            np.divide(cell.slice_s, block.slice_steps[: len(cell.slice_s)]) for block, cell in ended_well
        ]
    else:
        samples = _reader(cells, timed)([cell for _, cell in ended_well])
    return [math.log(np.median(sample)) for sample in samples]


def _log_ratios(cells: SettingCells, label: str, timed: Timed) -> list[float]:
    """One sample per block: the median over its rounds, timing-only ones included, of the log ratio."""
    read = _reader(cells, timed)
    return [float(np.median(log_ratio(read(pair)))) for pair in cells.pairs(label)]


def _reader(cells: SettingCells, timed: Timed) -> Reader:
    return common_slices if timed is None else latencies(times(cells).index(timed) - 1)
