"""How many seeds it takes: the power of the tests that give the verdicts.

Only `scipy.special` is used: `scipy.stats` would add half a second to every report.
"""

import math
from collections.abc import Callable

from scipy.special import nctdtr, stdtr, stdtrit

from actbench.analysis.intervals import UPPER_QUANTILE

# Random sign patterns, where all 2**n are too many.
SAMPLED_FLIPS = 9_999
MOST_EXACT = 16
POWER = 0.8
MOST_SEEDS = 10_000
_CERTAIN = 10.0


def smallest_p(seeds: int) -> float:
    """The smallest p that the two-sided sign-flip test can reach: 2/2**n, or 1 over the patterns sampled."""
    return 2.0 ** (1 - seeds) if seeds <= MOST_EXACT else 1 / (SAMPLED_FLIPS + 1)


def seeds_to_decide(comparisons: int, alpha: float) -> int:
    """The fewest seeds with which the first of so many comparisons can be decided after Holm's adjustment."""
    return _fewest(lambda seeds: smallest_p(seeds) * max(1, comparisons) <= alpha, 2) or MOST_SEEDS


def power(effect: float, seeds: int, alpha: float) -> float:
    """The probability that a paired difference is found.

    That of the two-sided one-sample t test (noncentral t distribution), which the sign-flip test comes close
    to where it can reach alpha at all.

    Args:
        effect: The true difference in standard deviations of the per-seed differences; its sign is ignored.
        seeds: At least 1.
        alpha: Of that single test.
    """
    if seeds < 2 or smallest_p(seeds) > alpha:
        return 0.0
    critical = float(stdtrit(seeds - 1, 1 - alpha / 2))
    shift = abs(effect) * math.sqrt(seeds)
    if shift > critical + _CERTAIN:  # where the distribution function gives NaN
        return 1.0
    missed = float(nctdtr(seeds - 1, shift, critical))
    # Found with the wrong sign: likely only for small differences, and NaN for large ones.
    reversed_ = float(nctdtr(seeds - 1, shift, -critical)) if shift < critical else 0.0
    return min(1.0, max(0.0, 1 - missed + reversed_))


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


def seeds_for_effect(effect: float, alpha: float, wanted: float = POWER) -> int | None:
    """The fewest seeds that find a true difference of so many standard deviations; None beyond 10,000."""
    return _fewest(lambda seeds: power(effect, seeds, alpha) >= wanted, 2) if effect else None


def equivalence_power(mean: float, sd: float, seeds: int, margin: float) -> float:
    """The probability that the 95 % t interval comes to lie inside -margin..margin (normal approximation).

    Args:
        mean: The true difference.
        sd: Standard deviation of the per-seed differences, above 0.
        seeds: At least 2.
        margin: In the same unit.
    """
    standard_error = sd / math.sqrt(seeds)
    reach = margin / standard_error - float(stdtrit(seeds - 1, UPPER_QUANTILE))
    if reach <= 0:
        return 0.0
    shift, degrees = mean / standard_error, seeds - 1
    return max(0.0, float(stdtr(degrees, reach - shift) - stdtr(degrees, -reach - shift)))


def seeds_for_equivalence(mean: float, sd: float, margin: float, wanted: float = POWER) -> int | None:
    """The fewest seeds whose interval likely lies inside the margin; None where 10,000 are too few."""
    if abs(mean) >= margin:
        return None
    return _fewest(lambda seeds: equivalence_power(mean, sd, seeds, margin) >= wanted, 2)


def seeds_to_settle(
    mean: float, sd: float, seeds: int, margin: float, alpha: float, beyond: float = 0.0
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

    Returns:
        More than `seeds`; None beyond 10,000.
    """
    excess = max(0.0, abs(mean) - beyond)
    ways = (seeds_for_effect(excess / sd, alpha), seeds_for_equivalence(mean, sd, margin))
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
