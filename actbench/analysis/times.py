"""Times of one setting, compared within the rounds in which they were taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.cells import SettingCells, scores_equal
from actbench.analysis.figures import InferenceEstimate, PlaceboCheck, TimingTarget
from actbench.analysis.verdicts import Comparison, interval_of, paired_log_ratio
from actbench.records.block import Cell
from actbench.rng import generator
from actbench.stats.intervals import Floats, blocks_mean, exactly

if TYPE_CHECKING:
    from actbench.analysis.verdicts import Difference
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo, SettingInfo
    from actbench.stats.intervals import Interval

Reader = Callable[[Sequence[Cell]], list[Floats]]
"""Reads times of cells of one block, taken in the same rounds."""

_BASELINES_OWN = Comparison(exactly(1.0), p=None, p_adjusted=None, verdict=None)


def training_ratios(cells: SettingCells, verdict: VerdictConfig) -> dict[str, Comparison]:
    """Slice time over the baseline's in the same round, timing-only rounds included, by label.

    Where one of the two stopped early, only the rounds count that both ran.
    """
    return _compare(cells, verdict, common_slices)


def inference_estimates(
    cells: SettingCells, verdict: VerdictConfig
) -> dict[str, tuple[InferenceEstimate, ...]]:
    """How fast the trained models answer, by label: one entry per batch size."""
    measured = next((cell for label in cells.activations for cell in cells.ended_well(label)), None)
    sizes = [entry.batch_size for entry in measured.inference] if measured else []
    ratios = [_compare(cells, verdict, latencies(position)) for position in range(len(sizes))]
    return {
        label: tuple(
            _inference_estimate(size, cells.ended_well(label), position, ratios[position].get(label))
            for position, size in enumerate(sizes)
            if cells.ended_well(label)
        )
        for label in cells.activations
    }


def epoch_seconds(cells: SettingCells, label: str) -> Interval | None:
    """Training seconds per epoch: each seed's median epoch, geometric mean over seeds."""
    epochs = [
        np.log(np.reshape(cell.slice_s, (-1, block.slices_per_epoch)).sum(axis=1))
        for block, cell in _ended_well(cells, label)
    ]
    return blocks_mean(epochs, _rng()).interval.map(math.exp) if epochs else None


def marginal_step_seconds(cells: SettingCells, label: str, linear: str | None) -> Interval | None:
    """Seconds per step beyond those of `linear` in the same round: each seed's median, mean over seeds."""
    if linear is None or label == linear:
        return None
    blocks = {id(cell): block for block, cell in _ended_well(cells, label)}
    differences = []
    for cell, base in cells.pairs(label, linear):
        own, other = common_slices((cell, base))
        differences.append((own - other) / common_steps(blocks[id(cell)], (cell, base)))
    return blocks_mean(differences, _rng()).interval if differences else None


def log_ratio(times: Sequence[Floats]) -> Floats:
    """Of two cells' times, the second being the baseline's."""
    own, other = times
    return np.asarray(np.log(own / other))


def common_slices(cells: Sequence[Cell]) -> list[Floats]:
    """Of each of a block's cells: seconds of the slices in rounds that all of them ran.

    They are shorter than the training where one of them stopped early; those of timing-only rounds come last.
    """
    rounds = _common_rounds(cells)
    return [np.array(cell.slice_s[:rounds] + cell.extra_slice_s) for cell in cells]


def common_steps(block: BlockRecord, cells: Sequence[Cell]) -> Floats:
    """Training steps of the same slices."""
    return np.array(block.slice_steps[: _common_rounds(cells)] + block.extra_slice_steps, dtype=np.float64)


def latencies(position: int) -> Reader:
    """Reads the cells' seconds of all inference calls of one batch size, by its place among them."""
    return lambda cells: [np.array(cell.inference[position].latency_s) for cell in cells]


def _common_rounds(cells: Sequence[Cell]) -> int:
    return min(len(cell.slice_s) for cell in cells)


def _compare(cells: SettingCells, verdict: VerdictConfig, times: Reader) -> dict[str, Comparison]:
    def difference(label: str) -> Difference | None:
        ratios = [log_ratio(times(pair)) for pair in cells.pairs(label)]
        return paired_log_ratio(ratios, _rng()) if ratios else None

    margin = math.log1p(verdict.time_margin)
    compared = cells.compare(
        difference, margin=margin, alpha=verdict.alpha, larger_is_better=False, beyond=margin
    )
    found = {label: comparison.map(math.exp) for label, comparison in compared.items()}
    return {cells.baseline: _BASELINES_OWN, **found} if cells.ended_well(cells.baseline) else found


def _inference_estimate(
    batch_size: int, cells: Sequence[Cell], position: int, ratio: Comparison | None
) -> InferenceEstimate:
    samples = latencies(position)(cells)
    rounds = min(map(len, samples))  # a seed that needed more of them has no more say
    pooled = np.concatenate([latency[:rounds] for latency in samples])
    median, p95, p99 = (float(value) for value in np.quantile(pooled, (0.5, 0.95, 0.99)))
    return InferenceEstimate(batch_size, median, p95, p99, batch_size / median, ratio)


def _ended_well(cells: SettingCells, label: str) -> list[tuple[BlockRecord, Cell]]:
    pairs = zip(cells.blocks, cells.of(label), strict=True)
    return [(block, cell) for block, cell in pairs if cell.status == "ok"]


def _rng() -> np.random.Generator:
    return generator(0, "rounds")


def check_placebo(
    info: RunInfo, blocks: tuple[BlockRecord, ...], verdict: VerdictConfig
) -> PlaceboCheck | None:
    """The placebo against what it is a copy of; None without one.

    Args:
        info: Of the run.
        blocks: Finished ones of one setting, at least one.
        verdict: Of the run.
    """
    if info.placebo is None:
        return None
    copies = SettingCells(blocks, (info.baseline, info.placebo), info.baseline, info.placebo)
    ratio = training_ratios(copies, verdict).get(info.placebo)
    every_seed = list(zip(copies.of(info.placebo), copies.of(info.baseline), strict=True))
    diverged = sum(all(cell.status == "diverged" for cell in pair) for pair in every_seed)
    return PlaceboCheck(
        score_equal=None if diverged == len(every_seed) else scores_equal(every_seed),
        diverged=diverged,
        train_time_ratio=interval_of(ratio),
        inference={
            entry.batch_size: interval_of(entry.time_ratio)
            for entry in inference_estimates(copies, verdict)[info.placebo]
        },
    )


def timing_target(
    info: RunInfo, setting: SettingInfo, blocks: tuple[BlockRecord, ...], verdict: VerdictConfig
) -> TimingTarget | None:
    """Counts the ratios whose interval is as narrow as the config's target; None without a target.

    Args:
        info: Of the run.
        setting: One of its settings.
        blocks: The setting's finished ones, at least one.
        verdict: Of the run.
    """
    target_ci = setting.description.get("timing", {}).get("target_ci")
    if target_ci is None:
        return None
    cells = SettingCells(blocks, info.activations, info.baseline, info.placebo)
    training, inference = training_ratios(cells, verdict), inference_estimates(cells, verdict)
    ratios = [
        ratio.interval
        for label in cells.activations
        if label != cells.baseline
        for ratio in (training.get(label), *(entry.time_ratio for entry in inference[label]))
        if ratio is not None
    ]
    widths = [width for ratio in ratios if (width := _half_width(ratio)) is not None]
    return TimingTarget(
        target_ci=target_ci,
        met=sum(width <= target_ci for width in widths),
        ratios=len(ratios),
        unknown=len(ratios) - len(widths),
        widest=max(widths, default=None),
    )


def _half_width(ratio: Interval) -> float | None:
    """Relative, from half the width on the log scale; None without an interval."""
    if ratio.ci_low is None or ratio.ci_high is None or not ratio.ci_low > 0:
        return None
    width = math.sqrt(ratio.ci_high / ratio.ci_low) - 1.0
    return width if math.isfinite(width) else None
