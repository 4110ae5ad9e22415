import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actbench.analysis.intervals import Interval, clustered_interval, median_interval, t_interval

# Student's t with 2 degrees of freedom at 97.5 %, from a printed table.
T_2 = 4.302653


class TestTInterval:
    def test_known_answer(self) -> None:
        # Mean 2, standard deviation 1, standard error 1 / sqrt(3).
        interval = t_interval([1.0, 2.0, 3.0])
        assert interval.estimate == 2.0
        assert interval.ci_low == pytest.approx(2 - T_2 / math.sqrt(3), abs=1e-6)
        assert interval.ci_high == pytest.approx(2 + T_2 / math.sqrt(3), abs=1e-6)

    def test_one_sample_has_no_bounds(self) -> None:
        assert t_interval([0.97]) == Interval(0.97, None, None)

    def test_equal_samples_have_no_bounds(self) -> None:
        # The float mean of ten times 0.97 is 0.9700000000000001.
        assert t_interval([0.97] * 10) == Interval(0.97, None, None)

    @pytest.mark.parametrize("values", [[], [[1.0, 2.0]]])
    def test_refuses_other_shapes(self, values: list[float]) -> None:
        with pytest.raises(ValueError, match="shape"):
            t_interval(values)

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.randoms())
    def test_order_is_irrelevant_to_the_last_bit(self, values: list[float], shuffler: random.Random) -> None:
        shuffled = shuffler.sample(values, len(values))
        assert t_interval(shuffled) == t_interval(values)


class TestMedianInterval:
    def test_known_answer(self) -> None:
        # Binomial(10, 1/2): P(at most 1) = 11/1024 = 1.1 %, P(at most 2) = 56/1024 = 5.5 %; so 2nd and 9th.
        assert median_interval(list(range(1, 11))) == Interval(5.5, 2.0, 9.0)

    def test_six_samples_are_the_fewest_with_bounds(self) -> None:
        # P(all six on one side) = 2/64 = 3.1 %; of five 2/32 = 6.3 %.
        assert median_interval([6, 1, 5, 2, 4, 3]) == Interval(3.5, 1.0, 6.0)
        assert median_interval([5, 1, 2, 4, 3]) == Interval(3.0, None, None)

    def test_refuses_nothing(self) -> None:
        with pytest.raises(ValueError, match="shape"):
            median_interval([])


class TestClusteredInterval:
    def test_is_the_t_interval_of_the_blocks_medians(self) -> None:
        blocks = [[1.0, 1.0, 9.0], [0.0, 2.0, 7.0], [3.0, 3.0, 3.0]]
        assert clustered_interval(blocks) == t_interval([1.0, 2.0, 3.0])

    def test_a_single_block_speaks_through_its_rounds(self) -> None:
        assert clustered_interval([[1, 2, 3, 4, 5, 6]]) == Interval(3.5, 1.0, 6.0)

    def test_one_block_of_one_round_has_no_bounds(self) -> None:
        assert clustered_interval([[2.0]]) == Interval(2.0, None, None)

    def test_refuses_blocks_of_different_lengths(self) -> None:
        with pytest.raises(ValueError, match="inhomogeneous"):
            clustered_interval([[1.0, 2.0], [1.0]])


class TestInterval:
    def test_maps_estimate_and_bounds(self) -> None:
        assert Interval(0.0, -1.0, 1.0).map(math.exp) == Interval(1.0, math.exp(-1), math.e)
        assert Interval(0.0, None, None).map(math.exp) == Interval(1.0, None, None)

    @pytest.mark.parametrize(
        ("interval", "excluded"),
        [
            (Interval(1.1, 1.01, 1.2), True),
            (Interval(0.9, 0.8, 0.99), True),
            (Interval(1.1, 1.0, 1.2), False),
            (Interval(1.0, 1.0, 1.0), False),
            (Interval(1.1, None, None), False),
        ],
    )
    def test_excludes(self, interval: Interval, excluded: bool) -> None:
        assert interval.excludes(1.0) is excluded
