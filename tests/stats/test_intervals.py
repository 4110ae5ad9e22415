import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from actbench.stats.intervals import Interval, exact_interval, mean_interval, sorted_samples

# Student's t at 97.5 % with 2, 7 and 9 degrees of freedom, from a printed table.
T_2, T_7, T_9 = 4.302653, 2.364624, 2.262157

# Heights of Darwin's cross-fertilised maize less those of its self-fertilised partners, in eighths of an inch
# (The Effects of Cross and Self Fertilisation, 1876, table 97).
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]

# Accuracies move in steps, so ties are common.
accuracies = st.integers(0, 10_000).map(lambda right: right / 10_000)
samples_of = st.lists(accuracies, min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1)


def bounds(interval: Interval) -> tuple[float, float]:
    assert interval.ci_low is not None
    assert interval.ci_high is not None
    return interval.ci_low, interval.ci_high


def students(values: list[float]) -> tuple[float, float]:
    interval = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    return float(interval.low), float(interval.high)


class TestMeanInterval:
    def test_three_samples_by_hand(self) -> None:
        # Mean 2, standard deviation 1, standard error 1 / sqrt(3).
        interval = mean_interval([1.0, 2.0, 3.0])
        assert interval.estimate == 2.0
        assert bounds(interval) == pytest.approx((2 - T_2 / math.sqrt(3), 2 + T_2 / math.sqrt(3)), abs=1e-6)

    def test_symmetric_samples_by_hand(self) -> None:
        # Mean 0, squares 2 * (1 + 4 + 9 + 16) = 60, standard error sqrt(60 / 7 / 8).
        half = T_7 * math.sqrt(60 / 7 / 8)
        interval = mean_interval([-4, -3, -2, -1, 1, 2, 3, 4])
        assert bounds(interval) == pytest.approx((-half, half), abs=1e-6)

    def test_the_bound_on_the_longer_tail_solves_halls_equation(self) -> None:
        # Of 0 to 3, counted 4, 3, 2, 1: mean 1, variance 1, third moment (-4 + 2 + 8) / 10 = 0.6.
        values, n, skewness = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 10, 0.6
        spread = math.sqrt(10 / 9)
        low, high = bounds(mean_interval(values))
        assert low == pytest.approx(1 - T_9 * spread / math.sqrt(n), abs=1e-6)
        # Hall (1992), g: what is normal in large samples, at the bound.
        w = (1 - high) / spread
        g = w + skewness * w**2 / 3 + skewness**2 * w**3 / 27 + skewness / (6 * n)
        assert math.sqrt(n) * g == pytest.approx(-T_9, abs=1e-6)

    @pytest.mark.parametrize("n", [2, 3, 5])
    def test_fewer_than_six_samples_get_students_interval_however_skewed(self, n: int) -> None:
        values = [0.0] * (n - 1) + [1.0]
        assert bounds(mean_interval(values)) == pytest.approx(students(values))

    def test_the_sixth_sample_brings_in_the_skewness(self) -> None:
        values = [0.0] * 5 + [1.0]
        low, high = bounds(mean_interval(values))
        assert low == pytest.approx(students(values)[0])
        assert high > 1.3 * students(values)[1]

    @given(samples_of)
    def test_no_bound_is_inside_students_nor_far_outside(self, values: list[float]) -> None:
        low, high = bounds(mean_interval(values))
        t_low, t_high = students(values)
        assert t_low - 0.4 * (t_high - t_low) <= low <= t_low + 1e-12
        assert t_high - 1e-12 <= high <= t_high + 0.4 * (t_high - t_low)
        # Samples are skewed to one side only.
        assert low == pytest.approx(t_low, abs=1e-12) or high == pytest.approx(t_high, abs=1e-12)

    @given(samples_of, st.floats(-100, 100), st.floats(0.01, 100))
    def test_another_unit_changes_nothing_but_the_unit(
        self, values: list[float], shift: float, scale: float
    ) -> None:
        interval = mean_interval(values)
        moved = mean_interval([shift + scale * value for value in values])
        expected = interval.map(lambda value: shift + scale * value)
        tolerance = 1e-9 * (abs(shift) + scale)
        assert moved.estimate == pytest.approx(expected.estimate, abs=tolerance)
        assert bounds(moved) == pytest.approx(bounds(expected), rel=1e-6, abs=tolerance)

    @given(samples_of)
    def test_the_other_sign_swaps_the_bounds(self, values: list[float]) -> None:
        low, high = bounds(mean_interval(values))
        assert bounds(mean_interval([-value for value in values])) == pytest.approx((-high, -low), abs=1e-12)

    @given(st.lists(accuracies, min_size=1, max_size=12), st.randoms(use_true_random=False))
    def test_order_is_irrelevant_to_the_last_bit(self, values: list[float], shuffler: random.Random) -> None:
        assert mean_interval(shuffler.sample(values, len(values))) == mean_interval(values)

    def test_one_sample_has_no_bounds(self) -> None:
        assert mean_interval([0.97]) == Interval(0.97, None, None)

    @pytest.mark.parametrize("n", [2, 10, 30])
    def test_equal_samples_have_no_bounds(self, n: int) -> None:
        # The float mean of ten times 0.97 is 0.9700000000000001.
        assert mean_interval([0.97] * n) == Interval(0.97, None, None)

    def test_darwins_maize(self) -> None:
        # R, t.test of the 15 differences in inches: 0.003899165 to 5.229434169. They are skewed to the left.
        low, high = bounds(mean_interval(np.array(MAIZE) / 8))
        assert high == pytest.approx(5.229434169, abs=1e-9)
        assert low < 0.0039

    @pytest.mark.parametrize("values", [[], [[1.0, 2.0]], 1.0])
    def test_refuses_other_shapes(self, values: list[float]) -> None:
        with pytest.raises(ValueError, match=r"expected samples of shape \(n,\)"):
            mean_interval(values)


def test_sorted_samples_leave_the_given_ones_alone() -> None:
    values = np.array([3.0, 1.0, 2.0])
    assert sorted_samples(values).tolist() == [1.0, 2.0, 3.0]
    assert values.tolist() == [3.0, 1.0, 2.0]


class TestInterval:
    def test_maps_estimate_and_bounds(self) -> None:
        assert Interval(0.0, -1.0, 1.0).map(math.exp) == Interval(1.0, math.exp(-1), math.e)
        assert Interval(0.0, None, None).map(math.exp) == Interval(1.0, None, None)

    def test_what_needs_no_measurement_has_bounds(self) -> None:
        assert exact_interval(1.0) == Interval(1.0, 1.0, 1.0)
        assert exact_interval(1.0).bounded
        assert not Interval(1.0, None, None).bounded

    @pytest.mark.parametrize(
        ("interval", "excluded"),
        [
            (Interval(1.1, 1.01, 1.2), True),
            (Interval(0.9, 0.8, 0.99), True),
            (Interval(1.1, 1.0, 1.2), False),
            (Interval(0.9, 0.8, 1.0), False),
            (exact_interval(1.0), False),
            (Interval(1.1, None, None), False),
        ],
    )
    def test_excludes(self, interval: Interval, excluded: bool) -> None:
        assert interval.excludes(1.0) is excluded

    @pytest.mark.parametrize(
        ("interval", "clear", "inside"),
        [
            (Interval(0.0, -0.5, 0.5), False, True),
            (Interval(0.0, -1.0, 1.0), False, True),
            (exact_interval(0.0), False, True),
            (Interval(0.9, 0.7, 1.1), False, False),
            (Interval(0.0, -2.0, 2.0), False, False),
            (Interval(1.5, 1.0, 2.0), False, False),
            (Interval(-1.5, -2.0, -1.0), False, False),
            (Interval(1.5, 1.01, 2.0), True, False),
            (Interval(-1.5, -2.0, -1.01), True, False),
            (Interval(0.0, None, None), False, False),
            (Interval(9.0, None, None), False, False),
        ],
    )
    def test_lies_inside_a_range_or_clear_of_it(self, interval: Interval, clear: bool, inside: bool) -> None:
        assert interval.is_clear_of(-1.0, 1.0) is clear
        assert interval.is_inside(-1.0, 1.0) is inside


def test_a_bound_ends_where_the_quantity_does() -> None:
    share = mean_interval([0.9, 1.0])
    assert bounds(share)[1] > 1
    assert share.clip(0.0, 1.0) == Interval(share.estimate, share.ci_low, 1.0)
    assert mean_interval([0.0, 0.1]).clip(0.0, 1.0).ci_low == 0.0
    assert Interval(0.5, None, None).clip(0.0, 1.0) == Interval(0.5, None, None)
