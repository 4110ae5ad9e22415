"""The score on the test set, also for new data, and the other quantities that a training has once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from actbench.analysis.cells import results_equal, test_score
from actbench.analysis.figures import MetricEstimate
from actbench.analysis.verdicts import IDENTICAL, paired_difference
from actbench.metrics.registry import parse_metric_name, score_range
from actbench.records.block import unpack
from actbench.rng import generator
from actbench.stats.intervals import UPPER_QUANTILE, Interval, mean_interval, sorted_samples

if TYPE_CHECKING:
    from actbench.analysis.cells import CellPair, SettingCells
    from actbench.analysis.verdicts import Comparison, Difference
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.metrics.registry import ScoreName
    from actbench.records.block import Cell
    from actbench.records.run import DatasetInfo
    from actbench.stats.intervals import Floats

_HALF_AN_EPOCH = 0.5  # epochs are counted whole: up to half of one is no difference

_DRAWS = 1000  # the standard deviation of so many draws is known to 2 %

_POSITIVE = (0.0, math.inf)


@dataclass(frozen=True)
class _Quantity:
    """A quantity that each training has once, and how it is compared.

    Attributes:
        read: Reads a cell; returns None where the cell does not have the quantity.
        margin: Differences up to this one do not matter; of logarithms if `logarithmic`.
        larger_is_better: Whether a larger value is an improvement.
        logarithmic: Whether it is compared as a ratio, as times are.
        resolution: Half a step of what is counted in steps, as in `paired_difference`.
        within: The range of possible values, beyond which no interval goes.
    """

    read: Callable[[Cell], float | None]
    margin: float
    larger_is_better: bool
    logarithmic: bool = False
    resolution: float = 0.0
    within: tuple[float, float] = (-math.inf, math.inf)


def score_differences(cells: SettingCells, verdict: VerdictConfig) -> dict[str, Comparison]:
    """Compare the score with the baseline's, for every activation but the baseline."""
    return _compare(cells, verdict, _Quantity(test_score, verdict.margin, larger_is_better=True))


def mean_score(cells: Sequence[Cell], name: ScoreName) -> Interval | None:
    """Return the mean score on the test set.

    Args:
        cells: One activation's cells that ended well, one a seed.
        name: What the score is, for the range that the interval ends at.

    Returns:
        None without any cell.
    """
    return mean_interval([test_score(cell) for cell in cells]).clip(*score_range(name)) if cells else None


def other_metrics(
    cells: SettingCells, verdict: VerdictConfig, dataset: DatasetInfo
) -> dict[str, tuple[MetricEstimate, ...]]:
    """Return every quantity but the score, by label, in the order that `MetricEstimate.name` lists.

    Args:
        cells: The cells of one setting.
        verdict: Margins and alpha.
        dataset: Tells what the targets are.
    """
    quantities = _quantities(cells, verdict, dataset)
    compared = {name: _compare(cells, verdict, quantity) for name, quantity in quantities.items()}
    return {
        label: tuple(
            _metric(cells, label, name, quantity, compared[name].get(label))
            for name, quantity in quantities.items()
        )
        for label in cells.activations
    }


def _quantities(cells: SettingCells, verdict: VerdictConfig, dataset: DatasetInfo) -> dict[str, _Quantity]:
    def amount(
        read: Callable[[Cell], float | None], *, larger_is_better: bool, within: tuple[float, float]
    ) -> _Quantity:
        # In the unit of the loss or of a target: only its own size gives the margin a scale.
        margin = verdict.loss_margin * _baseline_size(cells, read)
        return _Quantity(read, margin, larger_is_better=larger_is_better, within=within)

    def loss(cell: Cell) -> float | None:
        return cell.test_loss

    found = {
        "test_loss": _Quantity(loss, verdict.loss_margin, larger_is_better=False, within=_POSITIVE)
        if dataset.in_nats
        else amount(loss, larger_is_better=False, within=_POSITIVE),
        f"train_{dataset.score_name}": _Quantity(
            lambda cell: cell.train_score[-1],
            verdict.margin,
            larger_is_better=True,
            within=score_range(dataset.score_name),
        ),
    }
    for name in _test_metric_names(cells, dataset.score_name):
        read = partial(_test_metric, name)
        metric = parse_metric_name(name, dataset.targets)[1]
        found[name] = (
            amount(read, larger_is_better=metric.larger_is_better, within=metric.range)
            if metric.unit == "amount"
            else _Quantity(
                read, verdict.margin, larger_is_better=metric.larger_is_better, within=metric.range
            )
        )
    if any(cell.epochs_trained is not None for label in cells.activations for cell in cells.of(label)):
        found["epochs_trained"] = _Quantity(
            lambda cell: cell.epochs_trained,
            _HALF_AN_EPOCH,
            larger_is_better=False,
            resolution=_HALF_AN_EPOCH,
        )
    target = verdict.target_accuracy
    if target is not None and cells.blocks:
        slices = cells.blocks[0].slices_per_epoch
        found["epochs_to_target"] = _Quantity(
            lambda cell: epochs_to_target(cell, target),
            _HALF_AN_EPOCH,
            larger_is_better=False,
            resolution=_HALF_AN_EPOCH,
        )
        found["seconds_to_target"] = _Quantity(
            lambda cell: _seconds_to_target(cell, target, slices),
            math.log1p(verdict.time_margin),
            larger_is_better=False,
            logarithmic=True,
        )
    return found


def _test_metric_names(cells: SettingCells, score: str) -> list[str]:
    """Return the names of what was measured on the test set, without the score."""
    names = (name for label in cells.activations for cell in cells.of(label) for name in cell.test_metrics)
    return [name for name in dict.fromkeys(names) if name != score]


def _test_metric(name: str, cell: Cell) -> float | None:
    return cell.test_metrics.get(name)


def _baseline_size(cells: SettingCells, read: Callable[[Cell], float | None]) -> float:
    """Return the mean magnitude of the baseline's values; 0 without any."""
    values = [abs(value) for cell in cells.ended_well(cells.baseline) if (value := read(cell)) is not None]
    return math.fsum(values) / len(values) if values else 0.0


def epochs_to_target(cell: Cell, target: float) -> int | None:
    """Return the epochs until the validation accuracy first reached the target; None where it never did."""
    seen = enumerate(cell.validation_score, 1)
    reached = (epoch for epoch, accuracy in seen if accuracy is not None and accuracy >= target)
    return next(reached, None)


def _seconds_to_target(cell: Cell, target: float, slices_per_epoch: int) -> float | None:
    epochs = epochs_to_target(cell, target)
    return None if epochs is None else math.fsum(cell.slice_s[: epochs * slices_per_epoch])


def _compare(cells: SettingCells, verdict: VerdictConfig, quantity: _Quantity) -> dict[str, Comparison]:
    def difference(label: str) -> Difference | None:
        samples = [
            math.log(own / other) if quantity.logarithmic else own - other
            for cell, base in cells.pairs(label)
            if (own := quantity.read(cell)) is not None and (other := quantity.read(base)) is not None
        ]
        if not samples:
            return None
        if results_equal(cells.every_seed(label, cells.baseline)) and not any(samples):
            return IDENTICAL  # they computed the same, unlike a tie of two activations
        return paired_difference(samples, generator(0, "sign flips", len(samples)), quantity.resolution)

    compared = cells.compare_with_baseline(
        difference,
        margin=quantity.margin,
        alpha=verdict.alpha,
        larger_is_better=quantity.larger_is_better,
        beyond=quantity.margin if quantity.logarithmic else 0.0,
    )
    if quantity.logarithmic:
        return {label: comparison.map(math.exp) for label, comparison in compared.items()}
    return compared


def _metric(
    cells: SettingCells, label: str, name: str, quantity: _Quantity, difference: Comparison | None
) -> MetricEstimate:
    values = [value for cell in cells.ended_well(label) if (value := quantity.read(cell)) is not None]
    pairs = [pair for pair in cells.pairs(label) if all(quantity.read(cell) is not None for cell in pair)]
    mean = _mean(values, quantity)
    return MetricEstimate(name, len(values), len(pairs), mean, difference, quantity.larger_is_better)


def _mean(values: Sequence[float], quantity: _Quantity) -> Interval | None:
    if not values:
        return None
    if quantity.logarithmic:
        return mean_interval([math.log(value) for value in values]).map(math.exp)
    return mean_interval(values).clip(*quantity.within)


class NewDataBootstrap:
    """A bootstrap over seeds and test examples, which draws the same examples for every activation.

    It is the bootstrap of A. B. Owen, "The pigeonhole bootstrap" (Ann. Appl. Stat. 1, 2007), which errs on
    the wide side. Of n seeds n-1 are drawn each time, which makes the variance over few seeds right (Rao and
    Wu, JASA 83, 1988). The interval is Student's, because the seeds are few.

    Args:
        examples: Size of the test set.
    """

    def __init__(self, examples: int) -> None:
        self._examples = examples
        rng = generator(0, "test examples")
        drawn = (
            np.bincount(rng.integers(examples, size=examples), minlength=examples) for _ in range(_DRAWS)
        )
        self._weights = np.array(list(drawn), dtype=np.float32) / examples  # float32: draws x examples is big

    def accuracy(self, cells: Sequence[Cell]) -> Interval | None:
        """Return the mean test accuracy with an interval for new seeds and new examples.

        Args:
            cells: One activation's cells that ended well, one a seed.

        Returns:
            None for a single seed, where the right examples were not recorded, and where nothing varies, as
            when everything is right.
        """
        rows = [row for cell in cells if (row := self._right(cell)) is not None]
        interval = self._interval(rows, map(test_score, cells)) if len(rows) == len(cells) else None
        return interval and interval.clip(*score_range("accuracy"))

    def difference(self, pairs: Sequence[CellPair]) -> Interval | None:
        """Return the mean difference of test accuracies, paired by seed and by example.

        Args:
            pairs: The activation's cell and the baseline's of each seed in which both ended well.

        Returns:
            None as for `accuracy`.
        """
        right = [(self._right(cell), self._right(base)) for cell, base in pairs]
        rows = [own - other for own, other in right if own is not None and other is not None]
        differences = (test_score(cell) - test_score(base) for cell, base in pairs)
        return self._interval(rows, differences) if len(rows) == len(pairs) else None

    def _right(self, cell: Cell) -> Floats | None:
        if cell.test_correct is None:
            return None
        return unpack(cell.test_correct, self._examples).astype(np.float32)

    def _interval(self, rows: Sequence[Floats], means: Iterable[float]) -> Interval | None:
        """Return the mean of a table whose rows (seeds) and columns (examples) are both samples.

        Args:
            rows: One row per seed.
            means: The mean of each row, as it was recorded.
        """
        seeds, table = len(rows), np.array(rows, dtype=np.float64)
        if seeds < 2 or np.ptp(table) == 0:
            return None
        counts = generator(0, "seeds", seeds).multinomial(seeds - 1, np.full(seeds, 1 / seeds), size=_DRAWS)
        drawn = np.sum(counts * (self._weights @ table.T), axis=1) / (seeds - 1)
        half_width = float(stdtrit(seeds - 1, UPPER_QUANTILE)) * float(np.std(drawn, ddof=1))
        estimate = float(sorted_samples(list(means)).mean())  # equals `mean_interval`'s to the last bit
        return Interval(estimate, estimate - half_width, estimate + half_width)
