"""95 % intervals of means over seeds. The same samples, in any order, give the same interval."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from actbench.stats.block_bootstrap import degrees_of_freedom, median_standard_error

CONFIDENCE = 0.95

UPPER_QUANTILE = (1 + CONFIDENCE) / 2

Floats = npt.NDArray[np.float64]

_FEWEST_FOR_SKEWNESS = 6

_STEEPEST = 0.85


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

    def within(self, low: float, high: float) -> "Interval":
        """The interval of a quantity that lies in low..high, such as a share: no bound beyond these."""
        return self.map(lambda value: min(max(value, low), high))

    def excludes(self, value: float) -> bool:
        """Whether the interval exists and `value` lies outside it."""
        if self.ci_low is None or self.ci_high is None:
            return False
        return not self.ci_low <= value <= self.ci_high

    def clear_of(self, low: float, high: float) -> bool:
        """Whether the interval exists and has nothing in common with low..high."""
        return (
            self.ci_low is not None
            and self.ci_high is not None
            and (self.ci_high < low or high < self.ci_low)
        )

    def inside(self, low: float, high: float) -> bool:
        """Whether the interval exists and lies in low..high."""
        return (
            self.ci_low is not None
            and self.ci_high is not None
            and low <= self.ci_low <= self.ci_high <= high
        )


def exactly(value: float) -> Interval:
    """What is known without measuring, such as a ratio to itself."""
    return Interval(value, value, value)


def mean_interval(values: Sequence[float] | Floats) -> Interval:
    """Mean of independent samples; Student's t interval, extended where the samples are skewed.

    Skewed samples make the t interval miss on the side of their longer tail; Hall's transformation (P. Hall,
    "On the removal of skewness by transformation", JRSS B 54, 1992) says by how much. That bound is moved
    outwards, by at most 0.4 of the width, and none ever inwards. The skewness of fewer than six samples says
    nothing and is left out.

    BCa, the usual choice, was tried and left: of a nominal 95 % it covers 86 % with 6 normal samples and 90 %
    with 10, this one 96 %. `tests/analysis/test_coverage.py` watches that.

    Args:
        values: Shape (n,), n >= 1, one per seed.

    Returns:
        Unbounded (None) for n = 1, and when all samples are equal: what is measured in steps, such as an
        accuracy, ties by chance, and a width of zero would claim certainty.

    Raises:
        ValueError: If there is no sample.
    """
    samples = sorted_samples(values)  # a float sum depends on its order
    n = len(samples)
    if samples[0] == samples[-1]:  # one sample, too
        return Interval(float(samples[0]), None, None)
    mean = float(samples.mean())
    standard_error = float(samples.std(ddof=1)) / math.sqrt(n)
    t = float(stdtrit(n - 1, UPPER_QUANTILE))
    skewness = _skewness(samples, t) if n >= _FEWEST_FOR_SKEWNESS else 0.0
    low = mean - standard_error * max(t, _skewed(t, skewness, n))
    high = mean - standard_error * min(-t, _skewed(-t, skewness, n))
    return Interval(mean, low, high)


def sorted_samples(values: Sequence[float] | Floats) -> Floats:
    """The samples in ascending order.

    Raises:
        ValueError: If they are not a sequence of at least one number.
    """
    samples: Floats = np.sort(np.asarray(values, dtype=np.float64), axis=None)
    if np.ndim(values) != 1 or samples.size == 0:
        raise ValueError(f"expected samples of shape (n,), got shape {np.shape(values)}")
    return samples


def _skewness(samples: Floats, t: float) -> float:
    """Third standardised moment, bounded where the transformation would run away (its cube root near 0)."""
    deviations = (samples - samples.mean()) / samples.std()
    bound = _STEEPEST * math.sqrt(len(samples)) / t
    return float(np.clip(np.mean(deviations**3), -bound, bound))


def _skewed(t: float, skewness: float, n: int) -> float:
    """Hall's inverse: the quantile of the t statistic of skewed samples where symmetric ones have t."""
    if abs(skewness) < 1e-6:
        return t
    root = math.sqrt(n)
    return root * 3 * (float(np.cbrt(1 + skewness * (t / root - skewness / (6 * n)))) - 1) / skewness


_FEWEST_ROUNDS = 6


@dataclass(frozen=True)
class Mean:
    """A mean, or a median, whose error follows Student's t distribution.

    Attributes:
        estimate: In the unit of the samples; times and ratios of times as logarithms.
        standard_error: In the same unit; None where the samples say nothing about it.
        degrees: Degrees of freedom of the standard error, at least 1; need not be whole.
    """

    estimate: float
    standard_error: float | None
    degrees: float = 1.0

    @property
    def interval(self) -> Interval:
        """Student's 95 % t interval; unbounded (None) without a standard error."""
        if self.standard_error is None:
            return Interval(self.estimate, None, None)
        half_width = float(stdtrit(self.degrees, UPPER_QUANTILE)) * self.standard_error
        return Interval(self.estimate, self.estimate - half_width, self.estimate + half_width)

    @property
    def p(self) -> float | None:
        """Of the two-sided t test that the mean is 0; None without a standard error."""
        if self.standard_error is None:
            return None
        return 2 * float(stdtr(self.degrees, -abs(self.estimate) / self.standard_error))


def student(values: Sequence[float] | Floats) -> Mean:
    """The mean of independent samples, shape (n,), n >= 1; no standard error for n = 1 or equal samples."""
    samples = sorted_samples(values)
    n = len(samples)
    if samples[0] == samples[-1]:
        return Mean(float(samples[0]), None)
    return Mean(float(samples.mean()), float(samples.std(ddof=1)) / math.sqrt(n), n - 1)


def welch(new: Sequence[float] | Floats, old: Sequence[float] | Floats) -> Mean:
    """The difference of two independent means, new less old (B. L. Welch, Biometrika 34, 1947).

    Args:
        new: Shape (n,), n >= 1.
        old: Shape (m,), m >= 1; its spread may differ.

    Returns:
        No standard error where a side has a single sample, or neither has any spread.
    """
    sides = [sorted_samples(values) for values in (new, old)]
    difference = float(sides[0].mean() - sides[1].mean())
    if min(map(len, sides)) < 2 or all(side[0] == side[-1] for side in sides):
        return Mean(difference, None)
    squares = [float(side.var(ddof=1)) / len(side) for side in sides]
    degrees = sum(squares) ** 2 / sum(
        square**2 / (len(side) - 1) for square, side in zip(squares, sides, strict=True)
    )
    return Mean(difference, math.sqrt(sum(squares)), degrees)


def blocks_mean(blocks: Sequence[Sequence[float] | Floats], rng: np.random.Generator) -> Mean:
    """Mean over blocks of each block's median over rounds, with an error that knows both kinds of noise.

    The rounds of a block share its memory layout and its moment on the machine, so blocks, not rounds, are
    the independent samples. Drawing blocks anew, with what the few draws of a bootstrap miss put right, is
    Student's t over the blocks' medians, in closed form. The percentile bootstrap over blocks and the rounds
    inside was tried and left: simulated, it covers 80 % with 3 blocks, 87 % with 5 and 92 % with 10 where
    blocks differ as much as rounds do, and is 20 % too wide with 10 where only rounds differ. This one covers
    94 to 96 % throughout; `tests/analysis/test_coverage.py` watches that.

    A single block speaks through its rounds, for that one process only: a moving-block bootstrap, because
    what disturbs a machine lasts for several rounds.

    Args:
        blocks: Shape (rounds,) each, in the order in which they ran; blocks may differ in their number. Times
            and ratios of times as logarithms.
        rng: For the bootstrap.

    Returns:
        No standard error where there are too few rounds (below 6, of a single block), or where they tie.

    Raises:
        ValueError: If there is no block, or one has no round.
    """
    medians = [float(np.median(sorted_samples(rounds))) for rounds in blocks]
    if len(medians) != 1:
        return student(medians)
    return _single_block(np.asarray(blocks[0], dtype=np.float64), medians[0], rng)


def _single_block(rounds: Floats, median: float, rng: np.random.Generator) -> Mean:
    if len(rounds) < _FEWEST_ROUNDS or np.ptp(rounds) == 0:
        return Mean(median, None)
    return Mean(median, median_standard_error(rounds, rng) or None, degrees_of_freedom(len(rounds)))
