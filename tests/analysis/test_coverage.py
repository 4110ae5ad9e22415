"""Intervals say 95 %: simulations with a known truth count how often they hold it.

With 4,000 experiments the count's standard error is 0.35 points, so the bounds lie five of them from 95 %;
with 1,000 it is 0.7, and they lie four away.
"""

import math

import numpy as np
import pytest

from actbench.analysis.intervals import Interval, clustered_interval, median_interval, t_interval

TRUTH = 0.3


def holds(interval: Interval) -> bool:
    return not interval.excludes(TRUTH)


@pytest.mark.parametrize("n", [2, 6, 10])
def test_paired_accuracy_differences(n: int) -> None:
    rng = np.random.default_rng(n)
    hits = 0
    for _ in range(4000):
        seed_effect = rng.normal(0, 0.5, n)  # what pairing takes out
        baseline = 97 + seed_effect + rng.normal(0, 0.1, n)
        other = 97 + TRUTH + seed_effect + rng.normal(0, 0.1, n)
        hits += holds(t_interval(other - baseline))
    assert 0.93 <= hits / 4000 <= 0.97


@pytest.mark.parametrize("blocks", [3, 10])
@pytest.mark.parametrize(
    ("between", "within", "heavy_tails"),
    [(0.01, 0.01, False), (0.0, 0.03, False), (0.02, 0.003, False), (0.005, 0.02, True)],
)
def test_time_ratios_with_noise_of_blocks_and_of_rounds(
    blocks: int, between: float, within: float, heavy_tails: bool
) -> None:
    rng = np.random.default_rng(blocks)
    hits = 0
    for _ in range(1000):
        size = (blocks, 20)
        rounds = rng.standard_t(2, size) if heavy_tails else rng.normal(size=size)
        hits += holds(clustered_interval(TRUTH + between * rng.normal(size=(blocks, 1)) + within * rounds))
    assert 0.92 <= hits / 1000 <= 0.98


@pytest.mark.parametrize("rounds", [8, 21])
def test_a_single_block_with_skewed_rounds(rounds: int) -> None:
    # The sign test is exact but in steps, so it holds at least what it says.
    rng = np.random.default_rng(rounds)
    skewed = (rng.exponential(size=(2000, rounds)) - math.log(2)) + TRUTH
    assert 0.94 <= np.mean([holds(median_interval(values)) for values in skewed]) <= 1.0


def test_a_null_ratio_is_centred_on_one() -> None:
    # Two copies of one thing: slices with common drift and independent heavy-tailed delays.
    rng = np.random.default_rng(0)
    estimates = []
    for _ in range(500):
        drift = rng.normal(0, 0.2, (6, 20))
        first, second = (np.exp(drift + 0.02 * np.abs(rng.standard_t(2, (6, 20)))) for _ in range(2))
        estimates.append(clustered_interval(np.log(first / second)).map(math.exp).estimate)
    assert np.mean(estimates) == pytest.approx(1.0, abs=4 * float(np.std(estimates)) / math.sqrt(500))
    assert np.std(estimates) < 0.005
