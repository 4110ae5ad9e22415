"""Is there a difference at all? The permutation test of paired differences, and Holm's adjustment."""

from collections.abc import Sequence

import numpy as np

from actbench.analysis.intervals import Floats, sorted_samples
from actbench.analysis.power import MOST_EXACT, SAMPLED_FLIPS


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
