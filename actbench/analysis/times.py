"""Times of one setting, compared within the rounds in which they were taken, and how well they are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.cells import common_slices, common_steps, results_equal
from actbench.analysis.figures import InferenceEstimate, PlaceboCheck, TimingTarget
from actbench.analysis.verdicts import Comparison, interval_of, paired_log_ratio
from actbench.rng import generator
from actbench.stats.intervals import exact_interval, mean_over_blocks

if TYPE_CHECKING:
    from actbench.analysis.cells import SettingCells
    from actbench.analysis.verdicts import Difference
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.records.block import Cell
    from actbench.records.run import SettingInfo
    from actbench.stats.intervals import Floats, Interval

TimeReader = Callable[[Sequence["Cell"]], list["Floats"]]
"""Reads the times of cells of one block: one array per cell, whose items i were taken in the same round."""

_BASELINE_TO_ITSELF = Comparison(exact_interval(1.0), p=None, p_adjusted=None, verdict=None)


def training_ratios(cells: SettingCells, verdict: VerdictConfig) -> dict[str, Comparison]:
    """Compare slice times with the baseline's in the same round, timing-only rounds included.

    Where one of the two stopped early, only the rounds count that both ran.

    Returns:
        Ratios by label, exactly 1 for the baseline itself.
    """
    return _compare(cells, verdict, common_slices)


def inference_estimates(
    cells: SettingCells, verdict: VerdictConfig
) -> dict[str, tuple[InferenceEstimate, ...]]:
    """Return how fast the trained models answer, by label: one entry per batch size."""
    measured = next((cell for label in cells.activations for cell in cells.ended_well(label)), None)
    sizes = [entry.batch_size for entry in measured.inference] if measured else []
    ratios = [_compare(cells, verdict, latency_reader(position)) for position in range(len(sizes))]
    return {
        label: tuple(
            _inference_estimate(size, cells.ended_well(label), position, ratios[position].get(label))
            for position, size in enumerate(sizes)
            if cells.ended_well(label)
        )
        for label in cells.activations
    }


def _inference_estimate(
    batch_size: int, cells: Sequence[Cell], position: int, ratio: Comparison | None
) -> InferenceEstimate:
    samples = latency_reader(position)(cells)
    # Extra rounds differ from seed to seed; a seed with more of them must not count for more.
    rounds = min(map(len, samples))
    pooled = np.concatenate([latency[:rounds] for latency in samples])
    median, p95, p99 = (float(value) for value in np.quantile(pooled, (0.5, 0.95, 0.99)))
    return InferenceEstimate(batch_size, median, p95, p99, batch_size / median, ratio)


def epoch_seconds(cells: SettingCells, label: str) -> Interval | None:
    """Return training seconds per epoch: each seed's median epoch, geometric mean over seeds."""
    epochs = [
        np.log(np.reshape(cell.slice_s, (-1, block.slices_per_epoch)).sum(axis=1))
        for block, cell in cells.ended_well_with_blocks(label)
    ]
    return mean_over_blocks(epochs, _rng()).interval.map(math.exp) if epochs else None


def marginal_step_seconds(cells: SettingCells, label: str, linear: str | None) -> Interval | None:
    """Return the seconds per training step beyond those of `linear` in the same round.

    Args:
        cells: The cells of one setting.
        label: The activation.
        linear: Label of the activation that is `linear`; None where there is none.

    Returns:
        Each seed's median, mean over seeds. None without a `linear`, for `linear` itself, and where no seed
        has both.
    """
    if linear is None or label == linear:
        return None
    blocks = {id(cell): block for block, cell in cells.ended_well_with_blocks(label)}
    differences = []
    for cell, base in cells.pairs(label, linear):
        own, other = common_slices((cell, base))
        differences.append((own - other) / common_steps(blocks[id(cell)], (cell, base)))
    return mean_over_blocks(differences, _rng()).interval if differences else None


def log_ratio(times: Sequence[Floats]) -> Floats:
    """Return the logarithm of the ratio of two cells' times, the second being the baseline's."""
    own, other = times
    return np.asarray(np.log(own / other))


def latency_reader(position: int) -> TimeReader:
    """Return a reader of the seconds of all inference calls of one batch size.

    Args:
        position: The batch size's index in `Cell.inference`.
    """
    return lambda cells: [np.array(cell.inference[position].latency_s) for cell in cells]


def _compare(cells: SettingCells, verdict: VerdictConfig, read: TimeReader) -> dict[str, Comparison]:
    def difference(label: str) -> Difference | None:
        ratios = [log_ratio(read(pair)) for pair in cells.pairs(label)]
        return paired_log_ratio(ratios, _rng()) if ratios else None

    margin = math.log1p(verdict.time_margin)
    compared = cells.compare_with_baseline(
        difference, margin=margin, alpha=verdict.alpha, larger_is_better=False, beyond=margin
    )
    found = {label: comparison.map(math.exp) for label, comparison in compared.items()}
    return {cells.baseline: _BASELINE_TO_ITSELF, **found} if cells.ended_well(cells.baseline) else found


def _rng() -> np.random.Generator:
    return generator(0, "rounds")


def check_placebo(cells: SettingCells, verdict: VerdictConfig) -> PlaceboCheck | None:
    """Compare the placebo with the activation that it copies.

    Args:
        cells: The cells of one setting, with the config's baseline; at least one block.
        verdict: Margins and alpha.

    Returns:
        None without a placebo.
    """
    placebo = cells.placebo
    if placebo is None:
        return None
    copies = replace(cells, activations=(cells.baseline, placebo))
    ratio = training_ratios(copies, verdict).get(placebo)
    every_seed = copies.every_seed(placebo, copies.baseline)
    diverged = sum(all(cell.status == "diverged" for cell in pair) for pair in every_seed)
    return PlaceboCheck(
        score_equal=None if diverged == len(every_seed) else results_equal(every_seed),
        diverged=diverged,
        train_time_ratio=interval_of(ratio),
        inference={
            entry.batch_size: interval_of(entry.time_ratio)
            for entry in inference_estimates(copies, verdict)[placebo]
        },
    )


def timing_target(cells: SettingCells, setting: SettingInfo, verdict: VerdictConfig) -> TimingTarget | None:
    """Count the time ratios whose interval is as narrow as the config's target.

    Args:
        cells: The cells of one setting, with the config's baseline; at least one block.
        setting: The setting, which names the target.
        verdict: Margins and alpha.

    Returns:
        None without a target.
    """
    target_ci = setting.description.get("timing", {}).get("target_ci")
    if target_ci is None:
        return None
    training, inference = training_ratios(cells, verdict), inference_estimates(cells, verdict)
    ratios = [
        ratio.interval
        for label in cells.activations
        if label != cells.baseline
        for ratio in (training.get(label), *(entry.time_ratio for entry in inference[label]))
        if ratio is not None
    ]
    widths = [width for ratio in ratios if (width := _relative_half_width(ratio)) is not None]
    return TimingTarget(
        target_ci=target_ci,
        met=sum(width <= target_ci for width in widths),
        ratios=len(ratios),
        unknown=len(ratios) - len(widths),
        widest=max(widths, default=None),
    )


def _relative_half_width(ratio: Interval) -> float | None:
    """Return half the interval's width on the log scale, as a relative figure; None without an interval."""
    if ratio.ci_low is None or ratio.ci_high is None or not ratio.ci_low > 0:
        return None
    width = math.sqrt(ratio.ci_high / ratio.ci_low) - 1.0
    return width if math.isfinite(width) else None
