"""The tests behind the verdicts, Holm's adjustment, and the power of the tests.

Only `scipy.special` is used here: `scipy.stats` would add half a second to every report.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr, nctdtr, ndtr, stdtrit

from actbench.stats.intervals import UPPER_QUANTILE, sorted_samples

if TYPE_CHECKING:
    from actbench.stats.intervals import Floats

MOST_SEEDS_EXACT = 16
"""Largest number of seeds for which all 2**n sign patterns are tried."""

SAMPLED_FLIPS = 2 ** (MOST_SEEDS_EXACT - 1) - 1
"""Number of random sign patterns beyond; with so many, more seeds never reach a larger p."""

TARGET_POWER = 0.8
"""Probability with which a number of seeds is to find a difference."""

MOST_SEEDS = 10_000
"""Largest number of seeds that is looked for."""


def sign_flip_p(differences: Sequence[float] | Floats, rng: np.random.Generator) -> float | None:
    """Test paired differences by flipping their signs; return the two-sided p value.

    The test is R. A. Fisher's (The Design of Experiments, 1935, section 21). If there were no difference,
    each sign would be a coin's toss. The two-sided p value is the share of sign patterns s for which |sum(s_i
    * d_i)| is at least the observed |sum(d_i)|: of all 2**n patterns for up to 16 differences, of
    `SAMPLED_FLIPS` random ones and the observed one for more.

    Args:
        differences: One difference per seed, shape (n,), n >= 1.
        rng: Draws the random patterns.

    Returns:
        The p value, at least `smallest_p(n)`; 1 if all differences are 0; None for a single seed.
    """
    samples = sorted_samples(differences)
    n = len(samples)
    if n == 1:
        return None
    # A float sum depends on its order: sums that are equal on paper must count as equal.
    observed = abs(float(samples.sum())) - 1e-9 * float(np.abs(samples).sum())
    if n <= MOST_SEEDS_EXACT:
        patterns = (np.arange(2**n)[:, np.newaxis] >> np.arange(n)) & 1
        return float(np.mean(np.abs((2.0 * patterns - 1.0) @ samples) >= observed))
    bits = np.unpackbits(rng.integers(256, size=(SAMPLED_FLIPS, -(-n // 8)), dtype=np.uint8), axis=1, count=n)
    sums = 2.0 * (bits @ samples) - samples.sum()
    return float((1 + np.sum(np.abs(sums) >= observed)) / (SAMPLED_FLIPS + 1))


def smallest_p(seeds: int) -> float:
    """Return the smallest p value that `sign_flip_p` can reach.

    It is 2 / 2**n, for the observed pattern and its mirror image, or 1 over the number of sampled patterns.
    """
    return 2.0 ** (1 - seeds) if seeds <= MOST_SEEDS_EXACT else 1 / (SAMPLED_FLIPS + 1)


def seeds_to_decide(comparisons: int, alpha: float) -> int | None:
    """Return the fewest seeds with which any of several comparisons can be decided after Holm's adjustment.

    Args:
        comparisons: Size of the family.
        alpha: Level of the whole family.

    Returns:
        The seeds; None if the family is larger than the sampled sign patterns can tell apart.
    """
    candidates = range(2, MOST_SEEDS_EXACT + 1)  # from there on, more seeds reach no smaller p
    return next((seeds for seeds in candidates if smallest_p(seeds) * max(1, comparisons) <= alpha), None)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust the p values of a family (S. Holm, Scand. J. Statist. 6, 1979).

    The k-th smallest of m values becomes the largest of (m - j + 1) * p_j over j = 1..k, at most 1. Comparing
    the adjusted values with alpha keeps the chance of any false rejection at alpha, however they depend on
    each other.

    Args:
        p_values: The family. A missing value counts as 1.

    Returns:
        The adjusted values in the same order; None where a value is missing.
    """
    order = sorted(range(len(p_values)), key=lambda index: 1.0 if (p := p_values[index]) is None else p)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        p = p_values[index]
        if p is not None:
            largest = max(largest, min(1.0, (len(p_values) - rank) * p))
            adjusted[index] = largest
    return adjusted


def power(effect: float, seeds: int, alpha: float, *, sign_flip: bool = True) -> float:
    """Return the probability that a test finds a paired difference, on its right side.

    The two-sided t test finds it with probability 1 - F(t), where F is the noncentral t distribution with
    noncentrality |effect| * sqrt(n), and t is the critical value; both have n - 1 degrees of freedom.
    (Finding it on the wrong side is not counted.)

    The sign-flip test has about that power, but with few seeds another bound is smaller. If m differences
    have the wrong sign, flipping any of these gives a sum no smaller than the observed one, so p is at least
    2**(m + 1) / 2**n. The number of wrong signs is binomial. If all signs must agree for a p that is small
    enough, the bound is the power itself. The smaller of both is returned.

    Args:
        effect: The true difference; its sign is ignored.
        seeds: Number of differences n, at least 1.
        alpha: Level of this single test.
        sign_flip: Whether the test is the sign-flip test, not the t test.
    """
    if seeds < 2 or (sign_flip and smallest_p(seeds) > alpha):
        return 0.0
    critical = float(stdtrit(seeds - 1, 1 - alpha / 2))
    by_t = 1 - _noncentral_t_below(abs(effect) * math.sqrt(seeds), seeds, critical)
    if not sign_flip:
        return by_t
    most_wrong_signs = math.floor(seeds - 1 + math.log2(alpha))
    by_signs = float(bdtr(most_wrong_signs, seeds, ndtr(-abs(effect))))
    return min(by_t, by_signs)


def detectable_effect(seeds: int, alpha: float, target_power: float = TARGET_POWER) -> float | None:
    """Return the smallest effect that the sign-flip test finds with the target power.

    Returns:
        The effect, by bisection to a relative 1e-6; None if so few seeds can never reach `alpha`.
    """
    if smallest_p(seeds) > alpha or seeds < 2:
        return None
    low, high = 0.0, 1.0
    while power(high, seeds, alpha) < target_power:
        low, high = high, 2 * high
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, seeds, alpha) >= target_power else (middle, high)
    return high


def seeds_for_effect(
    effect: float, alpha: float, target_power: float = TARGET_POWER, *, sign_flip: bool = True
) -> int | None:
    """Return the fewest seeds that find an effect with the target power.

    Arguments are those of `power`. The result is None if 10,000 seeds are too few.
    """
    if not effect:
        return None
    return _fewest(lambda seeds: power(effect, seeds, alpha, sign_flip=sign_flip) >= target_power, 2)


def equivalence_power(mean: float, sd: float, seeds: int, margin: float) -> float:
    """Return the probability that Student's 95 % interval comes to lie inside -margin..margin.

    Each bound of the interval lies outside with a probability of the noncentral t distribution, with
    noncentrality (margin -+ mean) / (sd / sqrt(n)), as for two one-sided tests (K. F. Phillips, J.
    Pharmacokinet. Biopharm. 18, 1990). Their sum is subtracted from 1; the result is exact unless it is
    small.

    The interval in use is wider than Student's if the samples happen to be skewed: with 10 seeds it lies
    inside in 50 % where this function says 61 %.

    Args:
        mean: The true difference.
        sd: Standard deviation of the per-seed differences, above 0.
        seeds: Number of differences n, at least 2.
        margin: Half the width of the range, in the same unit.
    """
    if abs(mean) >= margin:
        return 0.0
    standard_error, t = sd / math.sqrt(seeds), float(stdtrit(seeds - 1, UPPER_QUANTILE))
    bounds_outside = (
        _noncentral_t_below((margin + side * mean) / standard_error, seeds, t) for side in (-1, 1)
    )
    return max(0.0, 1 - sum(bounds_outside))


def seeds_for_equivalence(
    mean: float, sd: float, margin: float, target_power: float = TARGET_POWER
) -> int | None:
    """Return the fewest seeds whose interval lies inside the margin with the target power.

    Arguments are those of `equivalence_power`. The result is None if 10,000 seeds are too few.
    """
    return _fewest(lambda seeds: equivalence_power(mean, sd, seeds, margin) >= target_power, 2)


def seeds_to_settle(
    mean: float,
    sd: float,
    seeds: int,
    margin: float,
    alpha: float,
    *,
    beyond: float = 0.0,
    sign_flip: bool = True,
) -> int | None:
    """Estimate how many seeds would likely turn an INCONCLUSIVE comparison into a verdict.

    The difference and the spread seen are taken for the true ones, which they are not: the result is a rough
    guide. It is the smaller of the seeds that find the difference and those that show equivalence.

    Args:
        mean: The difference seen.
        sd: Standard deviation of the per-seed differences seen, above 0.
        seeds: Number of seeds so far.
        margin: Differences from -margin to margin do not matter.
        alpha: Level of this single test, such as 0.05 over the number of comparisons.
        beyond: How far from 0 an interval must stay for BETTER or WORSE.
        sign_flip: Whether the difference is found by the sign-flip test, not the t test.

    Returns:
        The total number of seeds, more than `seeds`; None if 10,000 are too few.
    """
    excess = max(0.0, abs(mean) - beyond)
    needed = (
        seeds_for_effect(excess / sd, alpha, sign_flip=sign_flip),
        seeds_for_equivalence(mean, sd, margin),
    )
    found = [count for count in needed if count is not None]
    return max(seeds + 1, min(found)) if found else None


def _noncentral_t_below(noncentrality: float, seeds: int, critical: float) -> float:
    """Return the probability that a noncentral t variable stays below the critical value."""
    below = float(nctdtr(seeds - 1, noncentrality, critical))
    return 0.0 if math.isnan(below) else below  # SciPy 1.15 to 1.17 return NaN where it is below 1e-200


def _fewest(enough: Callable[[int], bool], start: int) -> int | None:
    """Return the smallest number of seeds that is enough, given that more are never less so."""
    high = start
    while not enough(high):
        if high >= MOST_SEEDS:
            return None
        high = min(2 * high, MOST_SEEDS)
    low = max(start - 1, high // 2)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
