"""Times of one setting, compared within the rounds in which they were taken."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from actbench.analysis.comparisons import Comparison, Difference, paired_log_ratio
from actbench.analysis.figures import InferenceEstimate
from actbench.analysis.intervals import Floats, Interval, exactly
from actbench.analysis.means import blocks_mean
from actbench.analysis.setting_cells import SettingCells
from actbench.config.schema import VerdictConfig
from actbench.records import BlockRecord, Cell
from actbench.streams import generator

_BASELINES_OWN = Comparison(exactly(1.0), p=None, p_adjusted=None, verdict=None)


def training_ratios(cells: SettingCells, verdict: VerdictConfig) -> dict[str, Comparison]:
    """Slice time over the baseline's in the same round, timing-only rounds included, by label."""
    return _compare(cells, verdict, slice_times)


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
    differences = [
        (slice_times(cell) - slice_times(base)) / slice_steps(blocks[id(cell)])
        for cell, base in cells.pairs(label, linear)
    ]
    return blocks_mean(differences, _rng()).interval if differences else None


def slice_times(cell: Cell) -> Floats:
    """Seconds of all its slices, those of timing-only rounds last."""
    return np.array(cell.slice_s + cell.extra_slice_s)


def slice_steps(block: BlockRecord) -> Floats:
    """Training steps of the same slices."""
    return np.array(block.slice_steps + block.extra_slice_steps, dtype=np.float64)


def latencies(position: int) -> Callable[[Cell], Floats]:
    """Reads a cell's seconds of all inference calls of one batch size, by its place among them."""
    return lambda cell: np.array(cell.inference[position].latency_s)


def _compare(
    cells: SettingCells, verdict: VerdictConfig, times: Callable[[Cell], Floats]
) -> dict[str, Comparison]:
    def difference(label: str) -> Difference | None:
        ratios = [np.log(times(cell) / times(base)) for cell, base in cells.pairs(label)]
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
    samples = [latencies(position)(cell) for cell in cells]
    rounds = min(map(len, samples))  # a seed that needed more of them has no more say
    pooled = np.concatenate([latency[:rounds] for latency in samples])
    median, p95, p99 = (float(value) for value in np.quantile(pooled, (0.5, 0.95, 0.99)))
    return InferenceEstimate(batch_size, median, p95, p99, batch_size / median, ratio)


def _ended_well(cells: SettingCells, label: str) -> list[tuple[BlockRecord, Cell]]:
    pairs = zip(cells.blocks, cells.of(label), strict=True)
    return [(block, cell) for block, cell in pairs if cell.status == "ok"]


def _rng() -> np.random.Generator:
    return generator(0, "rounds")
