import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from actbench.stats.intervals import Interval, MeanEstimate, mean_over_blocks, student_mean, welch_difference
from tests.stats.test_intervals import MAIZE, accuracies, bounds, samples_of

# "Student", The probable error of a mean, Biometrika 6, 1908: hours of sleep gained by ten patients with each
# of two drugs; R's data set `sleep`.
FIRST_DRUG = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND_DRUG = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


class TestMean:
    def test_one_degree_of_freedom_by_hand(self) -> None:
        # Student's t with 1 degree is Cauchy's: tan(0.475 pi) = 12.7062; p of t = 1 is 1 - 2 atan(1) / pi.
        mean = MeanEstimate(2.0, 2.0, 1.0)
        assert mean.interval.ci_high == pytest.approx(2 + 2 * math.tan(0.475 * math.pi))
        assert mean.p == pytest.approx(0.5)

    def test_two_degrees_of_freedom_by_hand(self) -> None:
        # With 2 degrees the two-sided p is 1 - t / sqrt(2 + t**2).
        assert MeanEstimate(3.0, 1.0, 2.0).p == pytest.approx(1 - 3 / math.sqrt(11))
        assert MeanEstimate(-3.0, 1.0, 2.0).p == pytest.approx(1 - 3 / math.sqrt(11))
        assert MeanEstimate(0.0, 1.0, 2.0).p == pytest.approx(1.0)

    @given(st.floats(-4, 4), st.floats(0.1, 4), st.floats(1, 60))
    def test_p_and_interval_say_the_same(
        self, estimate: float, standard_error: float, degrees: float
    ) -> None:
        mean = MeanEstimate(estimate, standard_error, degrees)
        assert mean.p is not None
        if abs(mean.p - 0.05) > 1e-9:
            assert mean.interval.excludes(0.0) is (mean.p < 0.05)

    def test_without_a_standard_error_nothing_is_claimed(self) -> None:
        assert MeanEstimate(2.0, None).interval == Interval(2.0, None, None)
        assert MeanEstimate(2.0, None).p is None


class TestStudent:
    def test_darwins_maize(self) -> None:
        # Fisher, The Design of Experiments (1935), section 17: t = 2.148; R, t.test: p = 0.0497.
        mean = student_mean(np.array(MAIZE) / 8)
        assert mean.standard_error is not None
        assert mean.estimate / mean.standard_error == pytest.approx(2.148, abs=5e-4)
        assert mean.degrees_of_freedom == 14
        assert mean.p == pytest.approx(0.0497, abs=5e-5)
        assert bounds(mean.interval) == pytest.approx((0.003899165, 5.229434169), abs=1e-9)

    def test_students_own_patients(self) -> None:
        # R, t.test(paired = TRUE): t = 4.0621, p = 0.002833, interval 0.7001142 to 2.4598858.
        mean = student_mean([second - first for first, second in zip(FIRST_DRUG, SECOND_DRUG, strict=True)])
        assert mean.p == pytest.approx(0.002833, abs=5e-7)
        assert bounds(mean.interval) == pytest.approx((0.7001142, 2.4598858), abs=5e-8)

    @given(samples_of)
    def test_agrees_with_scipy(self, values: list[float]) -> None:
        mean, expected = student_mean(values), stats.ttest_1samp(values, 0.0)
        assert bounds(mean.interval) == pytest.approx(tuple(expected.confidence_interval(0.95)), abs=1e-12)
        assert mean.p == pytest.approx(expected.pvalue, rel=1e-6)

    @given(st.lists(accuracies, min_size=1, max_size=12), st.randoms(use_true_random=False))
    def test_order_is_irrelevant_to_the_last_bit(self, values: list[float], shuffler: random.Random) -> None:
        assert student_mean(shuffler.sample(values, len(values))) == student_mean(values)

    @pytest.mark.parametrize("values", [[0.97], [0.97] * 10])
    def test_one_sample_or_equal_ones_say_nothing_about_the_error(self, values: list[float]) -> None:
        assert student_mean(values) == MeanEstimate(0.97, None)


class TestWelch:
    def test_students_patients_as_if_they_were_twenty(self) -> None:
        # R, t.test(extra ~ group): t = -1.8608, df = 17.776, p = 0.07939, interval -3.3654832 to 0.2054832.
        mean = welch_difference(FIRST_DRUG, SECOND_DRUG)
        assert mean.standard_error is not None
        assert mean.estimate / mean.standard_error == pytest.approx(-1.8608, abs=5e-5)
        assert mean.degrees_of_freedom == pytest.approx(17.776, abs=5e-4)
        assert mean.p == pytest.approx(0.07939, abs=5e-6)
        assert bounds(mean.interval) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)

    @given(samples_of, samples_of)
    def test_agrees_with_scipy(self, new: list[float], old: list[float]) -> None:
        mean, expected = welch_difference(new, old), stats.ttest_ind(new, old, equal_var=False)
        assert bounds(mean.interval) == pytest.approx(tuple(expected.confidence_interval(0.95)), abs=1e-9)
        assert mean.p == pytest.approx(expected.pvalue, rel=1e-6)

    @given(samples_of, samples_of, st.randoms(use_true_random=False))
    def test_order_is_irrelevant_and_the_direction_is_a_sign(
        self, new: list[float], old: list[float], shuffler: random.Random
    ) -> None:
        forth = welch_difference(new, old)
        assert welch_difference(shuffler.sample(new, len(new)), shuffler.sample(old, len(old))) == forth
        back = welch_difference(old, new)
        assert (back.estimate, back.p) == (-forth.estimate, pytest.approx(forth.p))

    def test_a_side_without_spread_leaves_the_others(self) -> None:
        # 1, 2, 3 against three times 5: the error and its degrees are those of the first alone.
        assert welch_difference([1.0, 2.0, 3.0], [5.0] * 3) == MeanEstimate(
            -3.0, math.sqrt(1 / 3), pytest.approx(2.0)
        )  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("new", "old"), [([2.0], [1.0, 1.5]), ([2.0, 1.0], [1.25]), ([2.0, 2.0], [1.0, 1.0, 1.0])]
    )
    def test_too_little_to_know_the_error(self, new: list[float], old: list[float]) -> None:
        assert welch_difference(new, old) == MeanEstimate(float(np.mean(new) - np.mean(old)), None)


class TestBlocksMean:
    def test_is_students_mean_of_the_blocks_medians(self) -> None:
        blocks = [[1.0, 1.0, 9.0], [0.0, 2.0, 7.0], [3.0, 3.0, 3.0]]
        assert mean_over_blocks(blocks, rng()) == student_mean([1.0, 2.0, 3.0])

    def test_blocks_may_have_different_numbers_of_rounds(self) -> None:
        assert mean_over_blocks([[1.0], [5.0, 1.0, 2.0], [4.0, 2.0]], rng()) == student_mean([1.0, 2.0, 3.0])

    @given(
        st.lists(st.lists(accuracies, min_size=1, max_size=9), min_size=2, max_size=6),
        st.randoms(use_true_random=False),
    )
    def test_neither_the_order_of_blocks_nor_of_rounds_matters(
        self, blocks: list[list[float]], shuffler: random.Random
    ) -> None:
        shuffled = [shuffler.sample(rounds, len(rounds)) for rounds in shuffler.sample(blocks, len(blocks))]
        assert mean_over_blocks(shuffled, rng()) == mean_over_blocks(blocks, rng())

    def test_a_single_block_speaks_through_its_rounds(self) -> None:
        # 100 independent rounds: the median's standard error is 1.2533 / 10 of their standard deviation. The
        # stretches are of 15 rounds.
        errors = []
        for seed in range(100):
            mean = mean_over_blocks([np.random.default_rng(seed).normal(size=100)], rng())
            assert mean.standard_error is not None
            assert mean.degrees_of_freedom == pytest.approx(100 / 15 - 1)
            errors.append(mean.standard_error)
        assert np.mean(errors) == pytest.approx(0.1253, rel=0.15)

    def test_six_rounds_are_the_fewest_with_bounds(self) -> None:
        rounds = [6.0, 1.0, 5.0, 2.0, 4.0, 3.0]
        assert mean_over_blocks([rounds], rng()).interval.bounded
        assert mean_over_blocks([rounds[:5]], rng()) == MeanEstimate(4.0, None)
        assert mean_over_blocks([[2.0]], rng()) == MeanEstimate(2.0, None)

    @pytest.mark.parametrize("rounds", [[0.1] * 9, [0.1] * 8 + [0.2]])
    def test_rounds_that_tie_claim_no_certainty(self, rounds: list[float]) -> None:
        mean = mean_over_blocks([rounds], rng())
        assert (mean.interval, mean.p) == (Interval(0.1, None, None), None)

    def test_the_same_rng_gives_the_same_interval_whatever_the_global_one(self) -> None:
        rounds = [np.random.default_rng(1).normal(size=30)]
        first = mean_over_blocks(rounds, rng())
        np.random.seed(123)  # noqa: NPY002 - what must not matter
        assert mean_over_blocks(rounds, rng()) == first
        assert mean_over_blocks(rounds, np.random.default_rng(7)) != first

    @given(st.floats(-10, 10), st.floats(0.01, 100))
    def test_another_unit_changes_nothing_but_the_unit(self, shift: float, scale: float) -> None:
        rounds = np.random.default_rng(1).normal(size=30)
        interval = mean_over_blocks([rounds], rng()).interval
        moved = mean_over_blocks([shift + scale * rounds], rng()).interval
        assert bounds(moved) == pytest.approx(bounds(interval.map(lambda value: shift + scale * value)))

    @pytest.mark.parametrize("blocks", [[], [[]], [[1.0], []]])
    def test_refuses_nothing(self, blocks: list[list[float]]) -> None:
        with pytest.raises(ValueError, match="shape"):
            mean_over_blocks(blocks, rng())
