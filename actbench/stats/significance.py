"""How many seeds it takes: the power of the tests that give the verdicts.

Only `scipy.special` is used: `scipy.stats` would add half a second to every report.
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

MOST_EXACT = 16

# Random sign patterns, where all 2**n are too many: so many that more seeds never reach a larger p.
SAMPLED_FLIPS = 2 ** (MOST_EXACT - 1) - 1

POWER = 0.8

MOST_SEEDS = 10_000


def smallest_p(seeds: int) -> float:
    """The smallest p that the two-sided sign-flip test can reach: 2/2**n, or 1 over the patterns sampled."""
    return 2.0 ** (1 - seeds) if seeds <= MOST_EXACT else 1 / (SAMPLED_FLIPS + 1)


def seeds_to_decide(comparisons: int, alpha: float) -> int | None:
    """The fewest seeds with which the first of so many comparisons can be decided after Holm's adjustment.

    None where that is more comparisons than the sampled sign patterns can tell apart.
    """
    candidates = range(2, MOST_EXACT + 1)  # from there on, more seeds reach no smaller p
    return next((seeds for seeds in candidates if smallest_p(seeds) * max(1, comparisons) <= alpha), None)


def power(effect: float, seeds: int, alpha: float, *, signs: bool = True) -> float:
    """The probability that a paired difference is found, on its right side.

    Of the sign-flip test the smaller of two: the power of the two-sided t test (noncentral t distribution),
    which it follows, and a bound that matters with few seeds. With m differences of the wrong sign, flipping
    any of these gives a sum no smaller than the observed one, so p is at least 2**(m + 1) / 2**n. Where all
    signs must agree for a p that is small enough, the bound is the power itself.

    Args:
        effect: The true difference in standard deviations of the per-seed differences; its sign is ignored.
        seeds: At least 1.
        alpha: Of that single test.
        signs: Whether it is the sign-flip test; the t test itself otherwise.
    """
    if seeds < 2 or (signs and smallest_p(seeds) > alpha):
        return 0.0
    critical = float(stdtrit(seeds - 1, 1 - alpha / 2))
    by_t = 1 - _missed(abs(effect) * math.sqrt(seeds), seeds, critical)
    if not signs:
        return by_t
    wrong_signs = math.floor(seeds - 1 + math.log2(alpha))
    by_signs = float(bdtr(wrong_signs, seeds, ndtr(-abs(effect))))
    return min(by_t, by_signs)


def _missed(shift: float, seeds: int, critical: float) -> float:
    """The probability that a noncentral t variable stays below the critical value; a shift is at least 0."""
    missed = float(nctdtr(seeds - 1, shift, critical))
    return 0.0 if math.isnan(missed) else missed  # SciPy 1.15 to 1.17, where it is below 1e-200


def detectable_effect(seeds: int, alpha: float, wanted: float = POWER) -> float | None:
    """The smallest true difference, in standard deviations, that is found so often; None where none is."""
    if smallest_p(seeds) > alpha or seeds < 2:
        return None
    low, high = 0.0, 1.0
    while power(high, seeds, alpha) < wanted:
        low, high = high, 2 * high
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, seeds, alpha) >= wanted else (middle, high)
    return high


def seeds_for_effect(effect: float, alpha: float, wanted: float = POWER, *, signs: bool = True) -> int | None:
    """The fewest seeds that find a true difference of so many standard deviations; None beyond 10,000."""
    return _fewest(lambda seeds: power(effect, seeds, alpha, signs=signs) >= wanted, 2) if effect else None


def equivalence_power(mean: float, sd: float, seeds: int, margin: float) -> float:
    """The probability that the 95 % t interval comes to lie inside -margin..margin.

    By the noncentral t distributions of its two bounds, as for two one-sided tests (K. F. Phillips, J.
    Pharmacokinet. Biopharm. 18, 1990); exact but where it is small. The interval in use is wider where the
    samples happen to be skewed: at 10 seeds it lies inside for 50 % where this says 61 %.

    Args:
        mean: The true difference.
        sd: Standard deviation of the per-seed differences, above 0.
        seeds: At least 2.
        margin: In the same unit.
    """
    if abs(mean) >= margin:
        return 0.0
    standard_error, t = sd / math.sqrt(seeds), float(stdtrit(seeds - 1, UPPER_QUANTILE))
    bounds_outside = (_missed((margin + way * mean) / standard_error, seeds, t) for way in (-1, 1))
    return max(0.0, 1 - sum(bounds_outside))


def seeds_for_equivalence(mean: float, sd: float, margin: float, wanted: float = POWER) -> int | None:
    """The fewest seeds whose interval likely lies inside the margin; None where 10,000 are too few."""
    return _fewest(lambda seeds: equivalence_power(mean, sd, seeds, margin) >= wanted, 2)


def seeds_to_settle(
    mean: float,
    sd: float,
    seeds: int,
    margin: float,
    alpha: float,
    *,
    beyond: float = 0.0,
    signs: bool = True,
) -> int | None:
    """How many seeds would likely turn an INCONCLUSIVE comparison into a verdict.

    It takes the difference and the spread seen for the true ones, which they are not: an estimate.

    Args:
        mean: The difference seen.
        sd: Standard deviation of the per-seed differences seen, above 0.
        seeds: How many there were.
        margin: Differences from -margin to margin do not matter.
        alpha: Of that single test, such as 0.05 over the number of comparisons.
        beyond: How far from 0 an interval must stay to be a difference.
        signs: Whether it is found by the sign-flip test, or by the t test.

    Returns:
        More than `seeds`; None beyond 10,000.
    """
    excess = max(0.0, abs(mean) - beyond)
    ways = (seeds_for_effect(excess / sd, alpha, signs=signs), seeds_for_equivalence(mean, sd, margin))
    found = [way for way in ways if way is not None]
    return max(seeds + 1, min(found)) if found else None


def _fewest(enough: Callable[[int], bool], start: int) -> int | None:
    """The smallest number of seeds that is enough, where more are never less so."""
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


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values (S. Holm, Scand. J. Statist. 6, 1979); a missing one counts as 1, stays missing."""
    order = sorted(range(len(p_values)), key=lambda index: 1.0 if (p := p_values[index]) is None else p)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        p = p_values[index]
        if p is not None:
            largest = max(largest, min(1.0, (len(p_values) - rank) * p))
            adjusted[index] = largest
    return adjusted


def sign_flip_p(differences: Sequence[float] | Floats, rng: np.random.Generator) -> float | None:
    """Two-sided p of the paired permutation test: were there no difference, each sign would be a coin's toss.

    Exact, over all 2**n sign patterns, up to n = 16; beyond, over `SAMPLED_FLIPS` random ones and the one
    observed (R. A. Fisher, The Design of Experiments, 1935, section 21).

    Args:
        differences: Shape (n,), n >= 1.
        rng: For the random patterns.

    Returns:
        At least 2/2**n; 1 where all differences are 0; None for a single seed.
    """
    samples = sorted_samples(differences)
    n = len(samples)
    if n == 1:
        return None
    # A float sum depends on its order: what is equal on paper must count as such.
    observed = abs(float(samples.sum())) - 1e-9 * float(np.abs(samples).sum())
    if n <= MOST_EXACT:
        patterns = (np.arange(2**n)[:, np.newaxis] >> np.arange(n)) & 1
        return float(np.mean(np.abs((2.0 * patterns - 1.0) @ samples) >= observed))
    bits = np.unpackbits(rng.integers(256, size=(SAMPLED_FLIPS, -(-n // 8)), dtype=np.uint8), axis=1, count=n)
    sums = 2.0 * (bits @ samples) - samples.sum()
    return float((1 + np.sum(np.abs(sums) >= observed)) / (SAMPLED_FLIPS + 1))
