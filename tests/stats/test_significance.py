import itertools
import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from actbench.stats.significance import holm, sign_flip_p
from tests.stats.test_intervals import MAIZE

# Differences of accuracies in steps of 0.01 points.
steps = st.integers(-40, 40)
differences_of = st.lists(steps, min_size=2, max_size=9)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def as_accuracies(values: Sequence[int]) -> list[float]:
    """Return steps of 0.01 points as differences of floats near 0.97, whose sums are not exact."""
    return [(9700 + index + value) / 10_000 - (9700 + index) / 10_000 for index, value in enumerate(values)]


def p_of_all_flips(values: Sequence[int]) -> float:
    """Return p by its definition, in whole numbers."""
    flips = list(itertools.product((-1, 1), repeat=len(values)))
    sums = [abs(sum(sign * value for sign, value in zip(signs, values, strict=True))) for signs in flips]
    return sum(total >= abs(sum(values)) for total in sums) / len(flips)


def p_of_many_flips(values: Sequence[int]) -> float:
    """Return p for many values, by counting the sign patterns that give each sum."""
    counts = np.array([1.0])
    for value in values:
        counts = np.convolve(
            counts, np.eye(1, 2 * abs(value) + 1)[0] + np.eye(1, 2 * abs(value) + 1)[0][::-1]
        )
    sums = np.arange(len(counts)) - len(counts) // 2
    return float(counts[np.abs(sums) >= abs(sum(values))].sum() / counts.sum())


class TestSignFlip:
    @pytest.mark.parametrize(
        ("differences", "p"),
        [
            ([0.3, 0.1, 0.2], 2 / 8),  # all on one side: as it is, and mirrored
            ([-0.3, -0.1, -0.2], 2 / 8),
            ([3, 2, -1], 4 / 8),  # |sum| 4; of 6, 4, 2, 0, twice each, the first two
            ([0.1, 0.2, -0.3], 1.0),  # the sum is 0, though not that of the floats
            ([0.1, 0.1], 2 / 4),
            ([0.1, 0.0], 1.0),
            ([0.0, 0.0, 0.0], 1.0),
        ],
    )
    def test_by_hand(self, differences: list[float], p: float) -> None:
        assert sign_flip_p(differences, rng()) == p

    def test_darwins_maize(self) -> None:
        # Fisher, The Design of Experiments (1935), section 21: 863 of the 32,768 sums reach the one observed,
        # as many its negative: 5.267 %.
        assert sign_flip_p(np.array(MAIZE) / 8, rng()) == 1726 / 32768

    def test_one_seed_says_nothing(self) -> None:
        assert sign_flip_p([0.1], rng()) is None

    @pytest.mark.parametrize("n", [2, 5, 10, 16])
    def test_the_smallest_p_is_two_patterns(self, n: int) -> None:
        assert sign_flip_p(rng().uniform(0.1, 0.2, n), rng()) == 2 / 2**n

    @given(differences_of)
    def test_ties_on_paper_are_ties(self, values: list[int]) -> None:
        assert sign_flip_p(as_accuracies(values), rng()) == p_of_all_flips(values)

    @given(differences_of, st.randoms(use_true_random=False))
    def test_order_and_direction_are_irrelevant(self, values: list[int], shuffler: random.Random) -> None:
        differences = as_accuracies(values)
        p = sign_flip_p(differences, rng())
        assert sign_flip_p(shuffler.sample(differences, len(differences)), rng()) == p
        assert sign_flip_p([-value for value in differences], rng()) == p

    @pytest.mark.parametrize(("n", "shift"), [(6, 0.0), (6, 1.0), (10, 0.5), (13, 1.0)])
    def test_agrees_with_scipy(self, n: int, shift: float) -> None:
        differences = rng(n).normal(shift, 1.0, n)
        expected = stats.permutation_test(
            (differences,),
            lambda values, axis: values.sum(axis),
            vectorized=True,
            permutation_type="samples",
            n_resamples=math.inf,
        )
        assert sign_flip_p(differences, rng()) == pytest.approx(expected.pvalue, abs=1e-12)

    @pytest.mark.parametrize("shift", [0, 15, 30, 60])
    def test_random_flips_come_near_all_of_them(self, shift: int) -> None:
        values = [int(value) for value in rng(1).integers(-50, 51, 20) + shift]
        exact = p_of_many_flips(values)
        p = sign_flip_p(as_accuracies(values), rng())
        assert p == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 10_000) + 1e-4)

    def test_random_flips_never_say_that_it_is_impossible(self) -> None:
        # The pattern observed is one of them, and more seeds never reach a larger p than sixteen.
        assert sign_flip_p([1.0] * 40, rng()) == 1 / 32_768 == sign_flip_p([1.0] * 16, rng())

    def test_random_flips_rest_on_the_given_rng_alone(self) -> None:
        differences = rng(3).normal(0.3, 1.0, 20)
        p = sign_flip_p(differences, rng())
        np.random.seed(123)  # noqa: NPY002 - what must not matter
        assert sign_flip_p(differences, rng()) == p
        assert sign_flip_p(differences, rng(1)) != p


p_values = st.lists(st.none() | st.floats(0, 1), max_size=12)


class TestHolm:
    @pytest.mark.parametrize(
        ("raw", "adjusted"),
        [
            ([0.01], [0.01]),
            ([0.01, 0.04], [0.02, 0.04]),
            ([0.03, 0.02], [0.04, 0.04]),  # 2 * 0.02 is above 1 * 0.03
            ([0.4, 0.3, 0.6], [0.9, 0.9, 0.9]),
            ([0.6, 0.7], [1.0, 1.0]),
            # The example in the documentation of pingouin.holm, which agrees with R's p.adjust.
            ([0.50, 0.003, 0.32, 0.054, 0.0003], [0.64, 0.012, 0.64, 0.162, 0.0015]),
            ([0.02, None, 0.01], [0.04, None, 0.03]),  # a missing value still counts
            ([None, None], [None, None]),
            ([], []),
        ],
    )
    def test_by_hand(self, raw: list[float | None], adjusted: list[float | None]) -> None:
        assert holm(raw) == [None if p is None else pytest.approx(p) for p in adjusted]

    @given(p_values)
    def test_lies_between_the_raw_p_and_bonferronis(self, raw: list[float | None]) -> None:
        for p, adjusted in zip(raw, holm(raw), strict=True):
            if p is None:
                assert adjusted is None
            else:
                assert adjusted is not None
                assert p <= adjusted <= min(1.0, len(raw) * p)

    @given(p_values)
    def test_keeps_the_order(self, raw: list[float | None]) -> None:
        known = sorted((p, adjusted) for p, adjusted in zip(raw, holm(raw), strict=True) if p is not None)
        assert [adjusted for _, adjusted in known] == sorted(adjusted for _, adjusted in known)

    @given(p_values, st.randoms(use_true_random=False))
    def test_positions_are_irrelevant(self, raw: list[float | None], shuffler: random.Random) -> None:
        positions = shuffler.sample(range(len(raw)), len(raw))
        adjusted = holm(raw)
        assert holm([raw[position] for position in positions]) == [
            adjusted[position] for position in positions
        ]
