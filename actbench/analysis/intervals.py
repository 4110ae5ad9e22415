"""95 % intervals. All of them are closed formulas: the same samples, in any order, give the same interval."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, stdtrit

CONFIDENCE = 0.95
_TAIL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % interval.

    Attributes:
        estimate: In the unit of the samples.
        ci_low: Lower bound; None where the samples, too few or all equal, say nothing about the spread.
        ci_high: Upper bound; None exactly when `ci_low` is.
    """

    estimate: float
    ci_low: float | None
    ci_high: float | None

    @property
    def bounded(self) -> bool:
        """Whether there are bounds."""
        return self.ci_low is not None

    def map(self, function: Callable[[float], float]) -> "Interval":
        """The interval of an increasing function of the estimated quantity."""
        if self.ci_low is None or self.ci_high is None:
            return Interval(function(self.estimate), None, None)
        return Interval(function(self.estimate), function(self.ci_low), function(self.ci_high))

    def excludes(self, value: float) -> bool:
        """Whether the interval exists and `value` lies outside it."""
        if self.ci_low is None or self.ci_high is None:
            return False
        return not self.ci_low <= value <= self.ci_high


def exactly(value: float) -> Interval:
    """What is known without measuring, such as a ratio to itself."""
    return Interval(value, value, value)


def t_interval(values: Sequence[float] | npt.NDArray[np.float64]) -> Interval:
    """Mean and Student's t interval of independent samples.

    Args:
        values: Shape (n,), n >= 1, one per seed.

    Returns:
        Unbounded (None) for n = 1, and when all samples are equal: what is measured in steps, such as an
        accuracy, ties by chance, and a width of zero would claim certainty.

    Raises:
        ValueError: If there is no sample.
    """
    samples = np.sort(_samples(values, axes=1))  # a float sum depends on its order
    n = len(samples)
    if samples[0] == samples[-1]:  # one sample, too
        return Interval(float(samples[0]), None, None)
    mean = float(samples.mean())
    half_width = float(stdtrit(n - 1, 1 - _TAIL) * samples.std(ddof=1) / math.sqrt(n))
    return Interval(mean, mean - half_width, mean + half_width)


def median_interval(values: Sequence[float] | npt.NDArray[np.float64]) -> Interval:
    """Median and the interval between two order statistics (the inverted sign test).

    It holds for any distribution: the number of samples below the true median is Binomial(n, 1/2).

    Args:
        values: Shape (n,), n >= 1, independent.

    Returns:
        Unbounded (None) for n < 6, where no two order statistics reach 95 %.

    Raises:
        ValueError: If there is no sample.
    """
    samples = np.sort(_samples(values, axes=1))
    n = len(samples)
    tails = bdtr(
        np.arange(n // 2), n, 0.5
    )  # tails[k]: the chance that at most k samples are below the median
    k = int(np.searchsorted(tails, _TAIL, side="right"))
    median = float(np.median(samples))
    if k == 0:
        return Interval(median, None, None)
    return Interval(median, float(samples[k - 1]), float(samples[n - k]))


def clustered_interval(values: Sequence[Sequence[float]] | npt.NDArray[np.float64]) -> Interval:
    """Mean over blocks of each block's median over rounds, with an interval that knows both kinds of noise.

    The rounds of a block share its memory layout and its moment on the machine, so blocks, not rounds, are
    the independent samples: a t interval over the blocks' medians. A bootstrap over blocks and the rounds
    inside was tried and left. Simulated, its percentile interval covers 80 % with 3 blocks, 87 % with 5 and
    92 % with 10 where blocks differ as much as rounds do, and is 20 % too wide with 10 where only rounds
    differ. The t interval covers 94 to 96 % throughout; `tests/analysis/test_coverage.py` watches that.

    Args:
        values: Shape (blocks, rounds), both at least 1; times and ratios of times as logarithms.

    Returns:
        For a single block the interval of the median over its rounds: it speaks for that one process only.

    Raises:
        ValueError: If there is no sample, or blocks have different numbers of rounds.
    """
    samples = _samples(values, axes=2)
    if len(samples) == 1:
        return median_interval(samples[0])
    return t_interval(np.median(samples, axis=1))


def _samples(values: object, axes: int) -> npt.NDArray[np.float64]:
    samples = np.asarray(values, dtype=np.float64)
    if samples.ndim != axes or samples.size == 0:
        raise ValueError(f"expected samples along {axes} axes, got shape {samples.shape}")
    return samples
