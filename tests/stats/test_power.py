"""The power of the tests behind the verdicts agrees with tables, SciPy, and simulations of the tests."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from actbench.stats.intervals import mean_interval
from actbench.stats.significance import (
    MOST_SEEDS,
    SAMPLED_FLIPS,
    detectable_effect,
    equivalence_power,
    power,
    seeds_for_effect,
    seeds_for_equivalence,
    seeds_to_decide,
    seeds_to_settle,
    sign_flip_p,
    smallest_p,
)

EXPERIMENTS = 4000
ERROR = 4 * math.sqrt(0.25 / EXPERIMENTS)  # four standard errors of a simulated probability, at most


@pytest.mark.parametrize(
    ("seeds", "p"), [(1, 1.0), (2, 0.5), (5, 0.0625), (6, 0.03125), (10, 2 / 1024), (16, 2 / 65536)]
)
def test_the_smallest_p_is_that_of_two_sign_patterns(seeds, p):
    assert smallest_p(seeds) == p


@pytest.mark.parametrize("seeds", [2, 9, 16, 30, 40])
def test_equal_signs_reach_the_smallest_p(seeds):
    p = sign_flip_p([1.0 + index for index in range(seeds)], np.random.default_rng(0))
    assert p == smallest_p(seeds)


def test_where_patterns_are_sampled_p_has_a_floor():
    assert smallest_p(17) == smallest_p(10_000) == 1 / (SAMPLED_FLIPS + 1)


@pytest.mark.parametrize(
    # 2/2**n <= alpha / comparisons, by hand: 2/32 > 0.05 >= 2/64; 2/256 > 0.05/12 >= 2/512
    ("comparisons", "alpha", "seeds"),
    [(0, 0.05, 6), (1, 0.05, 6), (2, 0.05, 7), (12, 0.05, 9), (1, 0.5, 2), (1600, 0.05, 16)],
)
def test_seeds_to_decide(comparisons, alpha, seeds):
    assert seeds_to_decide(comparisons, alpha) == seeds


def test_more_comparisons_than_p_can_tell_apart_are_never_decided():
    assert seeds_to_decide(2000, 0.05) is None


@pytest.mark.parametrize(
    # One-sample t test, two-sided, 80 % power: as G*Power 3.1 (Faul et al., Behav. Res. Methods 39, 2007) and
    # R's power.t.test(type = "one.sample") give them.
    ("effect", "alpha", "seeds"),
    [(0.2, 0.05, 199), (0.5, 0.05, 34), (0.8, 0.05, 15), (0.5, 0.01, 51)],
)
def test_published_sample_sizes(effect, alpha, seeds):
    assert seeds_for_effect(effect, alpha) == seeds


@pytest.mark.parametrize("seeds", [12, 34, 100, 2000])
@pytest.mark.parametrize("effect", [0.3, 0.6, 1.0])
def test_power_is_the_upper_tail_of_scipys_noncentral_t(seeds, effect):
    critical = stats.t.isf(0.025, seeds - 1)
    expected = stats.nct.sf(critical, seeds - 1, effect * math.sqrt(seeds))
    assert power(effect, seeds, 0.05) == pytest.approx(expected, abs=1e-4)  # SciPy 1.13's own error


@pytest.mark.parametrize(
    ("seeds", "alpha"), [(6, 0.05), (8, 0.05), (9, 0.05 / 12), (10, 0.05 / 12), (12, 0.05 / 12)]
)
@pytest.mark.parametrize("effect", [1.0, 2.0])
def test_power_is_that_of_the_sign_flip_test(seeds, alpha, effect):
    # If p has few possible values, the t test finds up to 9 points more than the sign-flip test.
    rng = np.random.default_rng(seeds)
    patterns = (np.arange(2**seeds)[:, np.newaxis] >> np.arange(seeds)) & 1
    samples = rng.normal(effect, 1, (EXPERIMENTS, seeds))
    sums = samples @ (2.0 * patterns - 1.0).T
    p = np.mean(np.abs(sums) >= np.abs(samples.sum(axis=1, keepdims=True)) * (1 - 1e-9), axis=1)
    found = np.mean(p <= alpha)
    assert found - ERROR <= power(effect, seeds, alpha) <= found + 0.09 + ERROR


def test_power_is_exact_where_all_signs_must_agree():
    assert power(1.6, 9, 0.05 / 12) == pytest.approx(stats.norm.cdf(1.6) ** 9)


@pytest.mark.parametrize(("seeds", "alpha"), [(1, 0.05), (5, 0.05), (8, 0.05 / 12)])
def test_seeds_that_cannot_reach_alpha_have_no_power(seeds, alpha):
    assert power(100.0, seeds, alpha) == 0.0
    assert detectable_effect(seeds, alpha) is None


effects = st.floats(1e-9, 1e9)
alphas = st.floats(0.001, 0.05)


@given(effects, effects, st.integers(2, 3000), alphas)
def test_a_larger_effect_is_found_more_often(effect, other, seeds, alpha):
    small, large = sorted([effect, other])
    assert 0.0 <= power(small, seeds, alpha) <= power(large, seeds, alpha) + 1e-9
    assert power(large, seeds, alpha) <= 1.0


@given(effects, st.integers(2, 3000), st.integers(1, 3000), alphas)
def test_more_seeds_find_more_often(effect, seeds, more, alpha):
    assert power(effect, seeds, alpha) <= power(effect, seeds + more, alpha) + 1e-9


@given(effects, st.integers(2, 100), alphas)
def test_the_sign_of_an_effect_does_not_matter(effect, seeds, alpha):
    assert power(-effect, seeds, alpha) == power(effect, seeds, alpha)


@given(st.integers(6, 2000), st.floats(0.01, 0.99), alphas)
def test_the_detectable_effect_is_found_as_often_as_wanted(seeds, wanted, alpha):
    effect = detectable_effect(seeds, alpha, wanted)
    if effect is None:
        assert smallest_p(seeds) > alpha
    else:
        assert power(effect, seeds, alpha) >= wanted
        assert power(effect * (1 - 1e-5), seeds, alpha) <= wanted or effect < 1e-3


@given(st.floats(0.01, 1e6), alphas)
def test_seeds_for_an_effect_are_the_fewest(effect, alpha):
    seeds = seeds_for_effect(effect, alpha)
    if seeds is None:
        assert power(effect, MOST_SEEDS, alpha) < 0.8
    else:
        assert power(effect, seeds, alpha) >= 0.8
        assert power(effect, seeds - 1, alpha) < 0.8


@pytest.mark.parametrize(("mean", "margin"), [(0.0, 1.0), (0.4, 1.2), (-0.4, 1.2), (0.0, 2.0)])
@pytest.mark.parametrize("seeds", [10, 30])
def test_equivalence_power_against_simulated_intervals(mean, margin, seeds):
    rng = np.random.default_rng(seeds)
    samples = rng.normal(mean, 1, (EXPERIMENTS, seeds))
    low, high = stats.t.interval(0.95, seeds - 1, samples.mean(axis=1), stats.sem(samples, axis=1))
    inside = np.mean((low >= -margin) & (high <= margin))
    assert equivalence_power(mean, 1.0, seeds, margin) == pytest.approx(inside, abs=ERROR)
    # The interval in use is wider where the samples happen to be skewed.
    judged = np.mean([mean_interval(values).is_inside(-margin, margin) for values in samples])
    assert inside - 0.15 <= judged <= inside


@pytest.mark.parametrize("mean", [0.001, -0.001, 0.5])
def test_what_differs_by_the_margin_or_more_is_never_equivalent(mean):
    assert equivalence_power(mean, 0.01, 100, 0.001) == 0.0
    assert seeds_for_equivalence(mean, 0.01, 0.001) is None


@given(st.floats(-0.99, 0.99), st.floats(0.01, 1e9), st.integers(2, 3000), st.integers(1, 100))
def test_more_seeds_show_equivalence_more_often(mean, sd, seeds, more):
    fewer, later = (equivalence_power(mean, sd, n, 1.0) for n in (seeds, seeds + more))
    assert 0.0 <= fewer <= later + 1e-9 <= 1.0 + 1e-9


@pytest.mark.parametrize(
    ("mean", "sd", "seeds", "expected"),
    [
        (0.5, 1.0, 10, 34),  # Cohen's d of 0.5, found: the published figure above
        (-0.5, 1.0, 10, 34),
        (0.5, 1.0, 33, 34),
        (5.0, 1.0, 10, 11),  # fewer would likely do, but these 10 did not
        (0.5, 0.0001, 40, 41),
        (0.001, 1.0, 10, None),  # more than 10,000
        (0.0, 1.0, 10, None),
    ],
)
def test_seeds_to_settle_by_finding_the_difference(mean, sd, seeds, expected):
    assert seeds_to_settle(mean, sd, seeds, margin=1e-9, alpha=0.05) == expected


def test_seeds_to_settle_by_equivalence():
    # For large n, t is normal: (1.960 + 1.282) ** 2 * 0.3**2 / 0.1**2 = 94.6 for two bounds at 90 % each
    needed = seeds_to_settle(0.0, 0.3, 10, margin=0.1, alpha=0.05)
    assert needed == pytest.approx(95, abs=2.5)
    assert equivalence_power(0.0, 0.3, needed, 0.1) >= 0.8 > equivalence_power(0.0, 0.3, needed - 1, 0.1)


def test_seeds_to_settle_takes_the_shorter_way():
    by_finding, by_equivalence = seeds_for_effect(0.5, 0.01), seeds_for_equivalence(0.5, 1.0, 2.0)
    assert by_equivalence < by_finding
    assert seeds_to_settle(0.5, 1.0, 4, margin=2.0, alpha=0.01) == by_equivalence
    assert seeds_to_settle(0.5, 1.0, 4, margin=0.6, alpha=0.01) == by_finding


def test_what_must_stay_clear_of_a_limit_counts_from_there():
    assert seeds_to_settle(0.7, 1.0, 10, margin=0.2, alpha=0.05, beyond=0.2) == 34
    assert seeds_to_settle(0.1, 1.0, 10, margin=0.1, alpha=0.05, beyond=0.2) is None


@given(st.floats(-1e3, 1e3), st.floats(1e-12, 1e6), st.integers(2, 500), st.floats(1e-6, 1e3), alphas)
def test_seeds_to_settle_are_more_than_there_were(mean, sd, seeds, margin, alpha):
    needed = seeds_to_settle(mean, sd, seeds, margin, alpha)
    assert needed is None or seeds < needed <= MOST_SEEDS


def test_the_t_test_needs_no_signs():
    # Four standard deviations among twelve comparisons: nine seeds for the sign patterns, five for t.
    assert seeds_to_settle(4.0, 1.0, 2, margin=0.001, alpha=0.05 / 12) == 9
    assert seeds_to_settle(4.0, 1.0, 2, margin=0.001, alpha=0.05 / 12, sign_flip=False) == 5
    expected = stats.nct.sf(stats.t.isf(0.05 / 24, 4), 4, 4 * math.sqrt(5))
    assert power(4.0, 5, 0.05 / 12, sign_flip=False) == pytest.approx(expected, abs=1e-4)


def test_more_seeds_are_never_less_decidable():
    assert [smallest_p(seeds) for seeds in range(2, 40)] == sorted(
        map(smallest_p, range(2, 40)), reverse=True
    )
