from collections.abc import Callable

import pytest

from actbench.analysis.cells import CellPair, SettingCells, results_equal
from actbench.analysis.verdicts import Difference
from actbench.stats.intervals import Interval
from tests.factories import make_block, make_cell

LABELS = ("relu", "tanh", "elu", "placebo")
BLOCKS = (
    make_block([make_cell(label, accuracy=0.90) for label in LABELS], seed=0),
    # As a worker may write them: the order of cells is not that of the config.
    make_block(
        [make_cell(label, accuracy=None if label == "tanh" else 0.91) for label in reversed(LABELS)], seed=1
    ),
    make_block([make_cell(label, accuracy=None if label == "relu" else 0.92) for label in LABELS], seed=2),
)
CELLS = SettingCells(BLOCKS, LABELS, "relu", "placebo")


def accuracies(pairs: list[CellPair]) -> list[tuple[str, float | None, str, float | None]]:
    return [(cell.activation, cell.test_score, base.activation, base.test_score) for cell, base in pairs]


def test_cells_come_seed_by_seed() -> None:
    assert [cell.test_score for cell in CELLS.of("tanh")] == [0.90, None, 0.92]
    assert [cell.test_score for cell in CELLS.ended_well("tanh")] == [0.90, 0.92]


def test_a_pair_needs_both_trainings_of_a_seed() -> None:
    assert accuracies(CELLS.pairs("tanh")) == [("tanh", 0.90, "relu", 0.90)]
    assert accuracies(CELLS.pairs("elu")) == [("elu", 0.90, "relu", 0.90), ("elu", 0.91, "relu", 0.91)]
    assert accuracies(CELLS.pairs("elu", "tanh")) == [
        ("elu", 0.90, "tanh", 0.90),
        ("elu", 0.92, "tanh", 0.92),
    ]


DIFFERENCE = Difference(Interval(0.2, 0.1, 0.3), p=0.02, spread=0.1, seeds=6)
LIMITS = {"margin": 0.01, "alpha": 0.05}


def test_the_baseline_is_not_compared_with_itself() -> None:
    compared = CELLS.compare_with_baseline(lambda _: DIFFERENCE, larger_is_better=True, **LIMITS)
    assert list(compared) == ["tanh", "elu", "placebo"]


def test_the_placebo_takes_nothing_away_from_the_others() -> None:
    # Two rivals share what may be false, the placebo has its own.
    compared = CELLS.compare_with_baseline(lambda _: DIFFERENCE, larger_is_better=True, **LIMITS)
    assert {label: comparison.p_adjusted for label, comparison in compared.items()} == {
        "tanh": 0.04,
        "elu": 0.04,
        "placebo": 0.02,
    }


def test_against_the_placebo_its_original_is_no_rival_either() -> None:
    cells = SettingCells(BLOCKS, LABELS, "placebo", "placebo", "relu")
    compared = cells.compare_with_baseline(lambda _: DIFFERENCE, larger_is_better=True, **LIMITS)
    assert {label: comparison.p_adjusted for label, comparison in compared.items()} == {
        "relu": 0.02,
        "tanh": 0.04,
        "elu": 0.04,
    }


def test_against_a_rival_the_config_s_baseline_is_one_and_its_copy_gets_what_it_gets() -> None:
    cells = SettingCells(BLOCKS, LABELS, "tanh", "placebo", "relu")
    compared = cells.compare_with_baseline(lambda _: DIFFERENCE, larger_is_better=True, **LIMITS)
    assert {label: comparison.p_adjusted for label, comparison in compared.items()} == {
        "relu": 0.04,
        "elu": 0.04,
        "placebo": 0.04,
    }


def test_what_no_seed_has_is_left_out_of_the_family() -> None:
    compared = CELLS.compare_with_baseline(
        lambda label: None if label == "elu" else DIFFERENCE, larger_is_better=False, **LIMITS
    )
    assert {label: (entry.p_adjusted, entry.verdict) for label, entry in compared.items()} == {
        "tanh": (0.02, "WORSE"),
        "placebo": (0.02, "WORSE"),
    }


def test_beyond_is_passed_on() -> None:
    compared = CELLS.compare_with_baseline(lambda _: DIFFERENCE, larger_is_better=True, beyond=0.15, **LIMITS)
    assert {entry.verdict for entry in compared.values()} == {"INCONCLUSIVE"}


def differing(placebo: Interval) -> Callable[[str], Difference]:
    """Rivals that are surely 0.2 away, and a placebo."""
    sure = Interval(0.2, 0.15, 0.25)
    return lambda label: Difference(placebo if label == "placebo" else sure, p=0.001, spread=0.1, seeds=6)


@pytest.mark.parametrize(
    ("placebo", "verdict"),
    [
        (Interval(-0.12, -0.2, -0.04), "BETTER"),
        (Interval(-0.16, -0.3, -0.02), "INCONCLUSIVE"),
        (Interval(0.16, 0.02, 0.3), "INCONCLUSIVE"),
        (Interval(0.16, -0.02, 0.3), "BETTER"),  # chance may have done that
        (Interval(0.16, None, None), "BETTER"),
    ],
)
def test_no_smaller_difference_is_believed_than_that_of_two_copies_said_to_differ(
    placebo: Interval, verdict: str
) -> None:
    limits = {"larger_is_better": True, "beyond": 0.01, **LIMITS}
    compared = CELLS.compare_with_baseline(differing(placebo), **limits)
    assert {compared[label].verdict for label in ("tanh", "elu")} == {verdict}
    assert compared["placebo"].verdict == "INCONCLUSIVE"


def test_against_another_the_placebo_s_difference_is_no_offset() -> None:
    limits = {"larger_is_better": True, "beyond": 0.01, **LIMITS}
    cells = SettingCells(BLOCKS, LABELS, "tanh", "placebo", "relu")
    compared = cells.compare_with_baseline(differing(Interval(-0.3, -0.4, -0.2)), **limits)
    assert {label: entry.verdict for label, entry in compared.items()} == {
        "relu": "BETTER",
        "elu": "BETTER",
        "placebo": "WORSE",
    }
    quantity_of_seeds = CELLS.compare_with_baseline(
        differing(Interval(-0.16, -0.3, -0.02)), **(limits | {"beyond": 0.0})
    )
    assert quantity_of_seeds["elu"].verdict == "BETTER"


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (make_cell(accuracy=0.9), True),
        (make_cell("tanh", accuracy=0.9, slice_s=(7.0, 7.0)), True),  # times are not what it computed
        (make_cell(accuracy=0.9000001), False),
        (make_cell(accuracy=0.9, test_loss=0.4000001), False),
        (make_cell(accuracy=None), False),
    ],
)
def test_equal_accuracies_and_losses_in_every_pair(other: object, equal: bool) -> None:
    same = (make_cell(accuracy=0.9), make_cell(accuracy=0.9))
    assert results_equal([same, (same[0], other)]) is equal  # type: ignore[list-item]
