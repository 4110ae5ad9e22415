"""The tests behind the verdicts: the sign-flip test of paired differences, and Holm's adjustment.

Only `scipy.special` is used here and in `power`: `scipy.stats` would add half a second to every report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from actbench.stats.intervals import sorted_samples

if TYPE_CHECKING:
    from actbench.stats.intervals import Floats

MOST_SEEDS_EXACT = 16
"""Largest number of seeds for which all 2**n sign patterns are tried."""

SAMPLED_FLIPS = 2 ** (MOST_SEEDS_EXACT - 1) - 1
"""Number of random sign patterns beyond; with so many, more seeds never reach a larger p."""


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
