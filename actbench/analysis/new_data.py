"""Intervals of test accuracies that hold for new test examples as well as for new seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from actbench.analysis.cells import test_score
from actbench.metrics.registry import score_range
from actbench.records.block import unpack
from actbench.rng import generator
from actbench.stats.intervals import UPPER_QUANTILE, Interval, sorted_samples

if TYPE_CHECKING:
    from actbench.analysis.cells import CellPair
    from actbench.records.block import Cell
    from actbench.stats.intervals import Floats

_DRAWS = 1000  # the standard deviation of so many draws is known to 2 %


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
