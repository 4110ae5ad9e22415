"""Intervals that speak for new test data, too: seeds and test examples are both drawn anew."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.special import stdtrit

from actbench.analysis.intervals import UPPER_QUANTILE, Floats, Interval, sorted_samples
from actbench.analysis.scores import test_score
from actbench.bits import unpack
from actbench.metric_names import RANGES
from actbench.records import Cell
from actbench.streams import generator

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
