"""How the times of one setting changed from one run to another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.cells import SettingCells, common_slices, results_equal, test_score
from actbench.analysis.comparison.changes import (
    LeftOut,
    Level,
    RowChange,
    ScoreChange,
    SettingChange,
    TimeChange,
    timed_in_words,
)
from actbench.analysis.scores import mean_score
from actbench.analysis.times import latency_reader, log_ratio
from actbench.analysis.verdicts import IDENTICAL, Difference, judge_differences, paired_difference
from actbench.rng import generator
from actbench.stats.intervals import exactly, student, welch

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import (
        Pair,
        Timed,
    )
    from actbench.analysis.times import TimeReader
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.metrics.registry import ScoreName
    from actbench.records.block import Cell
    from actbench.stats.intervals import Interval

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
    compared = judge_differences(
        found, margin=margin, alpha=verdict.alpha, larger_is_better=False, beyond=margin
    )
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


def _reader(cells: SettingCells, timed: Timed) -> TimeReader:
    return common_slices if timed is None else latency_reader(times(cells).index(timed) - 1)


def setting_change(
    pair: Pair,
    sides: Sides,
    labels: Sequence[str],
    timed: Sequence[Timed],
    baseline: str | None,
    verdict: VerdictConfig,
    score_name: ScoreName,
) -> SettingChange:
    """Compares what two runs measured of one setting.

    Args:
        pair: The setting in both.
        sides: OLD's cells and NEW's.
        labels: Of the activations to compare, without the placebo.
        timed: The times to compare.
        baseline: Label of the baseline; None where the runs have different ones.
        verdict: Margins and alpha.
        score_name: What the scores are.
    """
    old, new = sides
    scores = _score_changes(sides, labels, verdict)
    times = [time_changes(sides, labels, entry, baseline, verdict) for entry in timed]
    rows = tuple(
        RowChange(
            activation=label,
            old=level(old, label, score_name),
            new=level(new, label, score_name),
            score=scores.get(label),
            times=tuple(changes[label] for changes in times if label in changes),
        )
        for label in labels
    )
    placebo = {}
    if baseline and old.placebo and new.placebo:
        changes = {entry: change_to_baseline(sides, (old.placebo, new.placebo), entry) for entry in timed}
        placebo = {entry: change for entry, change in changes.items() if change is not None}
    seeds = sum(block.seed in {other.seed for other in old.blocks} for block in new.blocks)
    return SettingChange(pair, baseline, seeds, rows, placebo, score_name=score_name)


def level(cells: SettingCells, label: str, score_name: ScoreName) -> Level:
    """Where an activation stands in one run."""
    ended_well = cells.ended_well(label)
    return Level(
        seeds=len(ended_well),
        diverged=len(cells.blocks) - len(ended_well),
        score=mean_score(ended_well, score_name),
        seconds=seconds(cells, label),
        tuned=next((cell.tuned for cell in cells.of(label)), {}),
    )


def _score_changes(sides: Sides, labels: Sequence[str], verdict: VerdictConfig) -> dict[str, ScoreChange]:
    pairs = {label: _same_seeds(sides, label) for label in labels}
    differences = {label: _difference(sides, label, pairs[label]) for label in labels}
    known = {label: difference for label, difference in differences.items() if difference is not None}
    compared = judge_differences(known, margin=verdict.margin, alpha=verdict.alpha, larger_is_better=True)
    return {
        label: ScoreChange(comparison, len(pairs[label]), identical=known[label] is IDENTICAL)
        for label, comparison in compared.items()
    }


def _difference(sides: Sides, label: str, pairs: Sequence[tuple[Cell, Cell]]) -> Difference | None:
    if pairs and results_equal(pairs) and _diverged_alike(sides, label):
        return IDENTICAL
    if pairs:
        samples = [test_score(after) - test_score(before) for before, after in pairs]
        return paired_difference(samples, generator(0, "sign flips", len(samples)))
    old, new = ([test_score(cell) for cell in side.ended_well(label)] for side in sides)
    return independent(new, old) if old and new else None


def _diverged_alike(sides: Sides, label: str) -> bool:
    """Whether the seeds that both have ended the same way in both."""
    return all(before.status == after.status for before, after in _common_seeds(sides, label))


def _same_seeds(sides: Sides, label: str) -> list[tuple[Cell, Cell]]:
    """The old and the new cell of every seed that ended well in both."""
    pairs = _common_seeds(sides, label)
    return [(before, after) for before, after in pairs if before.status == after.status == "ok"]


def _common_seeds(sides: Sides, label: str) -> list[tuple[Cell, Cell]]:
    """The old and the new cell of every seed that both have."""
    old, new = (
        {block.seed: cell for block, cell in zip(side.blocks, side.of(label), strict=True)} for side in sides
    )
    return [(old[seed], new[seed]) for seed in old if seed in new]
