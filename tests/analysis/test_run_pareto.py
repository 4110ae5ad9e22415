from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from actbench.analysis.cells import SettingCells
from actbench.analysis.run import non_dominated
from tests.analysis.rows import blocks_of, one_setting
from tests.factories import make_block, make_cell

# Of a share of 4,000 draws, at most 0.8 points each.
NOISE = 0.03


def front(
    measured: Mapping[str, tuple[Sequence[float | None], Sequence[Sequence[float]]]],
    placebo: str | None = None,
) -> dict[str, float]:
    """By label: accuracies of the seeds, and each seed's slices."""
    labels = tuple(measured)
    seeds = len(measured[labels[0]][0])
    blocks = tuple(
        make_block(
            [
                make_cell(label, accuracy=accuracies[seed], slice_s=slices[seed])
                for label, (accuracies, slices) in measured.items()
            ],
            seed=seed,
        )
        for seed in range(seeds)
    )
    return non_dominated(SettingCells(blocks, labels, labels[0], placebo), np.random.default_rng(0))


ONE, TWO = [[1.0, 1.0]] * 2, [[2.0, 2.0]] * 2


def test_what_is_worse_in_both_is_dominated() -> None:
    assert front({"best": ([0.9, 0.91], ONE), "worst": ([0.8, 0.81], TWO)}) == {"best": 1.0, "worst": 0.0}


def test_what_is_best_in_one_is_on_the_front() -> None:
    found = front({"accurate": ([0.9, 0.9], TWO), "fast": ([0.8, 0.8], ONE), "neither": ([0.8, 0.8], TWO)})
    assert found == {"accurate": 1.0, "fast": 1.0, "neither": 0.0}


@pytest.mark.parametrize("worse", [([0.9, 0.9], TWO), ([0.8, 0.8], ONE)])
def test_equal_in_one_and_worse_in_the_other_is_dominated(
    worse: tuple[list[float], list[list[float]]],
) -> None:
    assert front({"best": ([0.9, 0.9], ONE), "worse": worse}) == {"best": 1.0, "worse": 0.0}


@pytest.mark.parametrize("copies", [2, 7])
def test_exact_twins_do_not_dominate_each_other(copies: int) -> None:
    accuracies, slices = [0.9713, 0.9708, 0.9741], [[1.1, 1.2], [1.3, 1.1], [1.2, 1.7]]
    twins = {f"twin {index}": (accuracies, slices) for index in range(copies)}
    found = front({**twins, "slow": (accuracies, [[2.0, 2.0]] * 3)})
    assert found == {**dict.fromkeys(twins, 1.0), "slow": 0.0}


def test_mirrored_twins_share() -> None:
    # Of two drawn seeds, both are the first in 1/4, when a dominates, both the second in 1/4, when b does.
    found = front({"a": ([0.9, 0.8], ONE), "b": ([0.8, 0.9], ONE)})
    assert found == {"a": pytest.approx(0.75, abs=NOISE), "b": pytest.approx(0.75, abs=NOISE)}


def test_a_tie_on_paper_is_a_tie() -> None:
    # Three seeds; with the first drawn once (4/9) both are equal, never (8/27) b is better, else (7/27) a.
    slices = [[1.0, 1.0]] * 3
    found = front({"a": ([0.9, 0.8, 0.85], slices), "b": ([0.8, 0.85, 0.9], slices)})
    assert found == {"a": pytest.approx(19 / 27, abs=NOISE), "b": pytest.approx(20 / 27, abs=NOISE)}


def test_what_a_round_does_to_all_of_them_is_no_difference() -> None:
    # Rounds take 1, 2 and 4 s. b is 10 % slower in two of three, though the median of its times is smaller.
    found = front({"a": ([0.9, 0.8], [[1.0, 2.0, 4.0]] * 2), "b": ([0.9, 0.8], [[1.1, 1.6, 4.4]] * 2)})
    assert found == {"a": 1.0, "b": 0.0}


def test_seeds_are_drawn_for_all_of_them_together() -> None:
    # Seeds differ by far more than activations, but b is behind in each.
    seeds = np.linspace(0.1, 0.9, 5)
    slices = [[1.0, 1.0]] * 5
    assert front({"a": (list(seeds), slices), "b": (list(seeds - 0.001), slices)}) == {"a": 1.0, "b": 0.0}


def test_blocks_may_have_different_numbers_of_rounds() -> None:
    slices = [[1.0] * 2, [1.0] * 6]
    slower = [[1.1] * 2, [1.1] * 6]
    assert front({"a": ([0.9, 0.9], slices), "b": ([0.9, 0.9], slower)}) == {"a": 1.0, "b": 0.0}


def test_the_placebo_is_no_rival() -> None:
    found = front({"a": ([0.8, 0.8], TWO), "placebo": ([0.9, 0.9], ONE)}, placebo="placebo")
    assert found == {"a": 1.0}


def test_what_diverged_in_a_seed_is_left_out() -> None:
    found = front({"a": ([0.8, 0.8], TWO), "b": ([0.9, None], ONE), "c": ([0.7, 0.7], TWO)})
    assert found == {"a": 1.0, "c": 0.0}
    assert front({"a": ([None, 0.9], ONE)}) == {}


def test_a_single_block_says_nothing_about_the_spread() -> None:
    assert front({"a": ([0.9], ONE), "b": ([0.8], TWO)}) == {}
    rows = one_setting(blocks_of([make_cell()], [make_cell("tanh")])).rows
    assert [row.non_dominated for row in rows] == [None, None, None]


def test_stands_in_the_row() -> None:
    rows = one_setting(
        blocks_of(
            relu=[make_cell(accuracy=0.9), make_cell(accuracy=0.91)],
            tanh=[make_cell("tanh", accuracy=0.8, slice_s=(0.2, 0.2))] * 2,
        )
    ).rows
    assert [row.non_dominated for row in rows] == [1.0, 0.0, None]
