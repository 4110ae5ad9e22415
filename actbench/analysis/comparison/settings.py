"""The changes of one setting between two runs: what can be compared, and its scores and times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.cells import SettingCells, common_slices, results_equal, test_score
from actbench.analysis.comparison.changes import (
    ActivationFigures,
    LeftOut,
    RowChange,
    ScoreChange,
    SettingChange,
    TimeChange,
    format_timed,
)
from actbench.analysis.scores import mean_score
from actbench.analysis.times import latency_reader, log_ratio
from actbench.analysis.verdicts import IDENTICAL, Difference, judge_differences, paired_difference
from actbench.plan.cell import CellPlan
from actbench.plan.describe import describe_cells
from actbench.rng import generator
from actbench.stats.intervals import exact_interval, student_mean, welch_difference

if TYPE_CHECKING:
    from actbench.analysis.cells import CellPair
    from actbench.analysis.comparison.changes import SettingPair, Timed
    from actbench.analysis.times import TimeReader
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.metrics.registry import ScoreName
    from actbench.records.run import ActivationInfo, RunInfo
    from actbench.stats.intervals import Interval

BothSides = tuple[SettingCells, SettingCells]
"""The cells of a setting in OLD and in NEW."""

HASH_DIGITS = 12  # of a SHA-256, enough to tell two apart in a message


def match_activations(old: RunInfo, new: RunInfo, pair: SettingPair) -> tuple[list[str], list[LeftOut]]:
    """Return the labels that mean the same in both runs, and what is left out.

    Args:
        old: The old run.
        new: The new run.
        pair: The setting of the activations.

    Returns:
        The labels in the order of the new run, without the placebo.
    """
    olds, news = ([label for label in run.activations if label != run.placebo] for run in (old, new))
    common, left_out = [], []
    for label in news:
        if label not in olds:
            left_out.append(LeftOut("new", pair.new.id, f"activation {label}"))
        elif reason := activation_difference(old, new, pair, label):
            left_out.append(LeftOut("both", pair.new.id, f"activation {label}", reason))
        else:
            common.append(label)
    left_out += [LeftOut("old", pair.new.id, f"activation {label}") for label in olds if label not in news]
    return common, left_out


def activation_difference(old: RunInfo, new: RunInfo, pair: SettingPair, label: str) -> str:
    """Explain why a label does not mean the same in both runs.

    Returns:
        Empty if it does, or if one of the runs does not say what the label means.
    """
    was, is_now = _describe(old, pair.old.id, label), _describe(new, pair.new.id, label)
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


def _describe(info: RunInfo, setting: str, label: str) -> ActivationInfo | None:
    for entry in info.described_in(setting):
        if entry.label == label:
            return entry
    for written in info.config.get("activations", ()):  # a run of an older version, which knew names alone
        if written["label"] == label:
            cell = CellPlan(label=label, name=written["name"], params=written["params"])
            return describe_cells([cell])[0]
    return None


def common_times(sides: BothSides, setting: str) -> tuple[list[Timed], list[LeftOut]]:
    """Return what both runs timed alike, and what is left out.

    Args:
        sides: The cells of the setting in OLD and in NEW.
        setting: The new run's id of the setting.
    """
    old, new = (_timed_in(side) for side in sides)
    common = [timed for timed in new if timed in old]
    left_out = [
        *(LeftOut("old", setting, format_timed(timed)) for timed in old if timed not in new),
        *(LeftOut("new", setting, format_timed(timed)) for timed in new if timed not in old),
    ]
    slices = [{block.slices_per_epoch for block in side.blocks} for side in sides]
    if None in common and slices[0] != slices[1]:
        common.remove(None)
        reason = "slices_per_epoch differs, and the start of every slice is part of its time"
        left_out.append(LeftOut("both", setting, format_timed(None), reason))
    return common, left_out


def _timed_in(cells: SettingCells) -> list[Timed]:
    """Return what was timed: the training step, then inference by batch size; empty if nothing ended well."""
    ended_well = (cell for block in cells.blocks for cell in block.cells if cell.status == "ok")
    first = next(ended_well, None)
    return [None, *(entry.batch_size for entry in first.inference)] if first else []


def compare_setting(
    pair: SettingPair,
    sides: BothSides,
    labels: Sequence[str],
    timed: Sequence[Timed],
    baseline: str | None,
    verdict: VerdictConfig,
    score_name: ScoreName,
) -> SettingChange:
    """Compare what two runs measured of one setting.

    Args:
        pair: The setting in both runs.
        sides: Its cells in OLD and in NEW.
        labels: Labels of the activations to compare, without the placebo.
        timed: The times to compare.
        baseline: Label of the baseline; None where the runs have different ones.
        verdict: Margins and alpha.
        score_name: What the scores are.
    """
    old, new = sides
    scores = _score_changes(sides, labels, verdict)
    times = [_time_changes(sides, labels, entry, baseline, verdict) for entry in timed]
    rows = tuple(
        RowChange(
            activation=label,
            old=activation_figures(old, label, score_name),
            new=activation_figures(new, label, score_name),
            score=scores.get(label),
            times=tuple(changes[label] for changes in times if label in changes),
        )
        for label in labels
    )
    placebo = {}
    if baseline and old.placebo and new.placebo:
        changes = {entry: _change_to_baseline(sides, (old.placebo, new.placebo), entry) for entry in timed}
        placebo = {entry: change for entry, change in changes.items() if change is not None}
    seeds = sum(block.seed in {other.seed for other in old.blocks} for block in new.blocks)
    return SettingChange(pair, baseline, seeds, rows, placebo, score_name=score_name)


def activation_figures(cells: SettingCells, label: str, score_name: ScoreName) -> ActivationFigures:
    """Return the figures of one activation in one run."""
    ended_well = cells.ended_well(label)
    samples = {timed: _log_seconds(cells, label, timed) for timed in _timed_in(cells)}
    return ActivationFigures(
        seeds=len(ended_well),
        diverged=len(cells.blocks) - len(ended_well),
        score=mean_score(ended_well, score_name),
        seconds={timed: student_mean(logs).interval.map(math.exp) for timed, logs in samples.items() if logs},
        tuned=next((cell.tuned for cell in cells.of(label)), {}),
    )


def _score_changes(sides: BothSides, labels: Sequence[str], verdict: VerdictConfig) -> dict[str, ScoreChange]:
    pairs = {label: _ended_well_in_both(sides, label) for label in labels}
    differences = {label: _score_difference(sides, label, pairs[label]) for label in labels}
    known = {label: difference for label, difference in differences.items() if difference is not None}
    compared = judge_differences(known, margin=verdict.margin, alpha=verdict.alpha, larger_is_better=True)
    return {
        label: ScoreChange(comparison, len(pairs[label]), identical=known[label] is IDENTICAL)
        for label, comparison in compared.items()
    }


def _score_difference(sides: BothSides, label: str, pairs: Sequence[CellPair]) -> Difference | None:
    alike = all(before.status == after.status for before, after in _common_seeds(sides, label))
    if pairs and results_equal(pairs) and alike:
        return IDENTICAL
    if pairs:
        samples = [test_score(after) - test_score(before) for before, after in pairs]
        return paired_difference(samples, generator(0, "sign flips", len(samples)))
    old, new = ([test_score(cell) for cell in side.ended_well(label)] for side in sides)
    return _independent_difference(new, old) if old and new else None


def _ended_well_in_both(sides: BothSides, label: str) -> list[CellPair]:
    """Return the old and the new cell of every seed that ended well in both runs."""
    pairs = _common_seeds(sides, label)
    return [(before, after) for before, after in pairs if before.status == after.status == "ok"]


def _common_seeds(sides: BothSides, label: str) -> list[CellPair]:
    """Return the old and the new cell of every seed that both runs have."""
    old, new = (
        {block.seed: cell for block, cell in zip(side.blocks, side.of(label), strict=True)} for side in sides
    )
    return [(old[seed], new[seed]) for seed in old if seed in new]


def _time_changes(
    sides: BothSides, labels: Sequence[str], timed: Timed, baseline: str | None, verdict: VerdictConfig
) -> dict[str, TimeChange]:
    """Return NEW's time over OLD's, by label.

    Blocks are independent samples, even of one seed: the runs were not interleaved.

    Args:
        sides: The cells of the setting in OLD and in NEW.
        labels: The activations, which are the family that Holm's method adjusts over.
        timed: The time to compare.
        baseline: Label of the baseline; None where the runs have different ones.
        verdict: Margins and alpha.
    """
    samples = {label: [_log_seconds(side, label, timed) for side in sides] for label in labels}
    found = {label: _independent_difference(new, old) for label, (old, new) in samples.items() if old and new}
    margin = math.log1p(verdict.time_margin)
    compared = judge_differences(
        found, margin=margin, alpha=verdict.alpha, larger_is_better=False, beyond=margin
    )
    return {
        label: TimeChange(
            timed=timed,
            comparison=comparison.map(math.exp),
            to_baseline=_change_to_baseline(sides, (label, label), timed) if baseline else None,
        )
        for label, comparison in compared.items()
    }


def _change_to_baseline(sides: BothSides, labels: tuple[str, str], timed: Timed) -> Interval | None:
    """Return NEW's ratio to the baseline over OLD's: Welch's interval over the seeds' medians.

    Args:
        sides: The cells in OLD and in NEW; their baselines are the same activation.
        labels: The activation's label in OLD and in NEW.
        timed: The time to compare.

    Returns:
        Exactly 1 for the baseline itself; None where a run has no seed with both.
    """
    if all(label == side.baseline for side, label in zip(sides, labels, strict=True)):
        return exact_interval(1.0)
    old, new = (_log_ratios(side, label, timed) for side, label in zip(sides, labels, strict=True))
    return welch_difference(new, old).interval.map(math.exp) if old and new else None


def _independent_difference(new: Sequence[float], old: Sequence[float]) -> Difference:
    """Return the difference of two samples that have no seed, or no session, in common."""
    mean = welch_difference(new, old)
    return Difference(mean.interval, mean.p, None, min(len(new), len(old)))


def _log_seconds(cells: SettingCells, label: str, timed: Timed) -> list[float]:
    """Return one sample per block: the logarithm of its median seconds per step or call.

    Timing-only slices are left out: they start from weights just put back, which may cost time of its own.
    """
    ended_well = cells.ended_well_with_blocks(label)
    if timed is None:
        samples = [
            np.divide(cell.slice_s, block.slice_steps[: len(cell.slice_s)]) for block, cell in ended_well
        ]
    else:
        samples = _reader(cells, timed)([cell for _, cell in ended_well])
    return [math.log(np.median(sample)) for sample in samples]


def _log_ratios(cells: SettingCells, label: str, timed: Timed) -> list[float]:
    """Return one sample per block: the log ratio's median over its rounds, timing-only ones included."""
    read = _reader(cells, timed)
    return [float(np.median(log_ratio(read(pair)))) for pair in cells.pairs(label)]


def _reader(cells: SettingCells, timed: Timed) -> TimeReader:
    return common_slices if timed is None else latency_reader(_timed_in(cells).index(timed) - 1)
