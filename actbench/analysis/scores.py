"""The score on the test set and the other things that a training is judged by, once a seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from actbench.analysis.cells import scores_equal, test_score
from actbench.analysis.figures import Metric
from actbench.analysis.verdicts import IDENTICAL, paired_difference
from actbench.metrics import LOWER_IS_BETTER, RANGES, measured
from actbench.records.block import unpack
from actbench.rng import generator
from actbench.stats.intervals import UPPER_QUANTILE, Interval, mean_interval, sorted_samples

if TYPE_CHECKING:
    from actbench.analysis.cells import SettingCells
    from actbench.analysis.verdicts import Comparison, Difference
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.metrics import ScoreName
    from actbench.records.block import Cell
    from actbench.records.run import DatasetInfo
    from actbench.stats.intervals import Floats

# Epochs are counted whole: up to half of one is no difference.
_HALF_AN_EPOCH = 0.5

_POSITIVE = (0.0, math.inf)


@dataclass(frozen=True)
class _Quantity:
    """What is read of a cell, None where it is not there; a ratio where `logarithmic`; it lies `within`."""

    read: Callable[[Cell], float | None]
    margin: float
    larger_is_better: bool
    logarithmic: bool = False
    resolution: float = 0.0
    within: tuple[float, float] = (-math.inf, math.inf)


def score_differences(cells: SettingCells, verdict: VerdictConfig) -> dict[str, Comparison]:
    """Score less the baseline's, by label, the baseline itself left out."""
    return _compare(cells, verdict, _Quantity(test_score, verdict.margin, larger_is_better=True))


def mean_score(cells: Sequence[Cell], name: ScoreName) -> Interval | None:
    """Score on the test set, mean over seeds; None without any."""
    return mean_interval([test_score(cell) for cell in cells]).within(*RANGES[name]) if cells else None


def metrics(
    cells: SettingCells, verdict: VerdictConfig, dataset: DatasetInfo
) -> dict[str, tuple[Metric, ...]]:
    """The other quantities, by label."""
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
    def error(read: Callable[[Cell], float | None]) -> _Quantity:
        """In the unit of the loss or of a target, which only its own size gives a scale."""
        margin = verdict.loss_margin * _size(cells, read)
        return _Quantity(read, margin, larger_is_better=False, within=_POSITIVE)

    def loss(cell: Cell) -> float | None:
        return cell.test_loss

    found = {
        "test_loss": _Quantity(loss, verdict.loss_margin, larger_is_better=False, within=_POSITIVE)
        if dataset.in_nats
        else error(loss),
        f"train_{dataset.score_name}": _Quantity(
            lambda cell: cell.train_score[-1],
            verdict.margin,
            larger_is_better=True,
            within=RANGES[dataset.score_name],
        ),
    }
    for name in _measured(cells, dataset.score_name):
        read = partial(_metric_of, name)
        metric = measured(name, dataset.targets)[1]
        found[name] = (
            error(read)
            if metric in LOWER_IS_BETTER
            else _Quantity(read, verdict.margin, larger_is_better=True, within=RANGES[metric])
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
            lambda cell: epochs_to(cell, target),
            _HALF_AN_EPOCH,
            larger_is_better=False,
            resolution=_HALF_AN_EPOCH,
        )
        found["seconds_to_target"] = _Quantity(
            lambda cell: _seconds_to(cell, target, slices),
            math.log1p(verdict.time_margin),
            larger_is_better=False,
            logarithmic=True,
        )
    return found


def _measured(cells: SettingCells, score: str) -> list[str]:
    """What was measured on the test set beside the score."""
    names = (name for label in cells.activations for cell in cells.of(label) for name in cell.test_metrics)
    return [name for name in dict.fromkeys(names) if name != score]


def _metric_of(name: str, cell: Cell) -> float | None:
    return cell.test_metrics.get(name)


def _size(cells: SettingCells, read: Callable[[Cell], float | None]) -> float:
    """Mean of the baseline, of which a margin is a share; 0 where it has none."""
    values = [abs(value) for cell in cells.ended_well(cells.baseline) if (value := read(cell)) is not None]
    return math.fsum(values) / len(values) if values else 0.0


def epochs_to(cell: Cell, target: float) -> int | None:
    """Epochs until the validation accuracy first reached the target; None where it never did."""
    seen = enumerate(cell.validation_score, 1)
    reached = (epoch for epoch, accuracy in seen if accuracy is not None and accuracy >= target)
    return next(reached, None)


def _seconds_to(cell: Cell, target: float, slices_per_epoch: int) -> float | None:
    epochs = epochs_to(cell, target)
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
        every_seed = list(zip(cells.of(label), cells.of(cells.baseline), strict=True))
        if scores_equal(every_seed) and not any(samples):
            return IDENTICAL  # they computed the same, unlike a tie of two activations
        return paired_difference(samples, generator(0, "sign flips", len(samples)), quantity.resolution)

    compared = cells.compare(
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
) -> Metric:
    values = [value for cell in cells.ended_well(label) if (value := quantity.read(cell)) is not None]
    pairs = [pair for pair in cells.pairs(label) if all(quantity.read(cell) is not None for cell in pair)]
    mean = _mean(values, quantity)
    return Metric(name, len(values), len(pairs), mean, difference, quantity.larger_is_better)


def _mean(values: Sequence[float], quantity: _Quantity) -> Interval | None:
    if not values:
        return None
    if quantity.logarithmic:
        return mean_interval([math.log(value) for value in values]).map(math.exp)
    return mean_interval(values).within(*quantity.within)


_DRAWS = 1000


class NewData:
    """Draws test examples once, the same for every activation.

    Args:
        examples: Size of the test set.
    """

    def __init__(self, examples: int) -> None:
        self._examples = examples
        rng = generator(0, "test examples")
        drawn = (
            np.bincount(rng.integers(examples, size=examples), minlength=examples) for _ in range(_DRAWS)
        )
        self._weights = np.array(list(drawn), dtype=np.float32) / examples

    def accuracy(self, cells: Sequence[Cell]) -> Interval | None:
        """Test accuracy with an interval for new seeds and new examples.

        Returns:
            None for a single seed, where it was not recorded, and where nothing varies, as when everything
            is right.
        """
        rows = [row for cell in cells if (row := self._right(cell)) is not None]
        interval = self._interval(rows, map(test_score, cells)) if len(rows) == len(cells) else None
        return interval and interval.within(*RANGES["accuracy"])

    def difference(self, pairs: Sequence[tuple[Cell, Cell]]) -> Interval | None:
        """The same for a difference of test accuracies, paired by seed and by example."""
        right = [(self._right(cell), self._right(base)) for cell, base in pairs]
        rows = [own - other for own, other in right if own is not None and other is not None]
        differences = (test_score(cell) - test_score(base) for cell, base in pairs)
        return self._interval(rows, differences) if len(rows) == len(pairs) else None

    def _right(self, cell: Cell) -> Floats | None:
        if cell.test_correct is None:
            return None
        return unpack(cell.test_correct, self._examples).astype(np.float32)

    def _interval(self, rows: Sequence[Floats], means: Iterable[float]) -> Interval | None:
        """Mean of a seeds x examples table whose rows and columns are both samples; of its rows' means.

        The bootstrap of A. B. Owen, "The pigeonhole bootstrap" (Ann. Appl. Stat. 1, 2007), which errs on the
        wide side; n-1 of the n seeds are drawn each time, which makes the variance over few seeds right
        (Rao and Wu, JASA 83, 1988), and the interval is Student's, because the seeds are few.
        """
        seeds, table = len(rows), np.array(rows, dtype=np.float64)
        if seeds < 2 or np.ptp(table) == 0:
            return None
        counts = generator(0, "seeds", seeds).multinomial(seeds - 1, np.full(seeds, 1 / seeds), size=_DRAWS)
        drawn = np.sum(counts * (self._weights @ table.T), axis=1) / (seeds - 1)
        half_width = float(stdtrit(seeds - 1, UPPER_QUANTILE)) * float(np.std(drawn, ddof=1))
        estimate = float(sorted_samples(list(means)).mean())  # as `mean_interval` has it, to the last bit
        return Interval(estimate, estimate - half_width, estimate + half_width)
