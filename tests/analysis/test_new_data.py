import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import stdtrit

from actbench.analysis.scores import NewDataBootstrap
from actbench.records.block import Cell
from actbench.stats.intervals import Interval, mean_interval
from tests.analysis.rows import blocks_of, row
from tests.factories import make_cell

EXAMPLES = 200
NEW_DATA = NewDataBootstrap(EXAMPLES)


def cells_of(table: npt.NDArray[np.bool_]) -> list[Cell]:
    """One seed a row."""
    return [make_cell(accuracy=float(right.mean()), test_correct=right.tolist()) for right in table]


def noise(seeds: int, share: float = 0.8, seed: int = 0) -> npt.NDArray[np.bool_]:
    """Which examples are right is new luck in every seed."""
    return np.random.default_rng(seed).random((seeds, EXAMPLES)) < share


def half_width(interval: Interval | None) -> float:
    assert interval is not None
    assert interval.ci_low is not None
    assert interval.ci_high is not None
    half = interval.estimate - interval.ci_low
    assert interval.ci_high == pytest.approx(min(1.0, interval.estimate + half))  # of an accuracy
    return half


class TestAccuracy:
    def test_where_all_seeds_agree_only_the_examples_are_drawn(self) -> None:
        # 160 of 200 right: standard error sqrt(0.8 * 0.2 / 200); t with 9 degrees of freedom.
        table = np.repeat(np.arange(EXAMPLES)[np.newaxis] < 160, 10, axis=0)
        interval = NEW_DATA.accuracy(cells_of(table))
        assert interval is not None
        assert interval.estimate == pytest.approx(0.8)
        # Of 1,000 draws, the standard deviation is known to 2 %.
        assert half_width(interval) == pytest.approx(2.262157 * math.sqrt(0.8 * 0.2 / EXAMPLES), rel=0.1)
        assert mean_interval(table.mean(axis=1)) == Interval(0.8, None, None)

    def test_where_all_examples_agree_only_the_seeds_are_drawn(self) -> None:
        # Half of the ten seeds learn everything, half nothing: what is left is Student's interval.
        table = np.repeat(np.arange(10)[:, np.newaxis] % 2 == 0, EXAMPLES, axis=1)
        students = mean_interval(table.mean(axis=1))
        assert half_width(NEW_DATA.accuracy(cells_of(table))) == pytest.approx(half_width(students), rel=0.1)

    @pytest.mark.parametrize("seeds", [2, 3, 10])
    def test_errs_on_the_wide_side(self, seeds: int) -> None:
        # Nothing is shared by a seed or an example: the mean of all rests on seeds * examples coin tosses.
        exact = float(stdtrit(seeds - 1, 0.975)) * math.sqrt(0.8 * 0.2 / (seeds * EXAMPLES))
        widths = [half_width(NEW_DATA.accuracy(cells_of(noise(seeds, seed=seed)))) for seed in range(20)]
        assert exact < np.mean(widths) < 2 * exact

    def test_a_single_seed_cannot_speak_of_others(self) -> None:
        assert NEW_DATA.accuracy(cells_of(np.arange(EXAMPLES)[np.newaxis] < 160)) is None

    def test_25_times_the_examples_say_5_times_as_much(self) -> None:
        table = np.repeat(np.arange(EXAMPLES)[np.newaxis] < 160, 5, axis=0)
        large = cells_of(np.tile(table, (1, 25)))
        wide, narrow = NEW_DATA.accuracy(cells_of(table)), NewDataBootstrap(25 * EXAMPLES).accuracy(large)
        assert half_width(narrow) == pytest.approx(half_width(wide) / 5, rel=0.1)

    def test_the_estimate_is_the_mean_over_seeds(self) -> None:
        cells = cells_of(noise(7, 0.97))
        interval = NEW_DATA.accuracy(cells)
        assert interval is not None
        assert interval.estimate == pytest.approx(np.mean([cell.test_score for cell in cells]), abs=1e-12)

    @pytest.mark.parametrize("right", [True, False])
    def test_nothing_to_draw_from(self, right: bool) -> None:
        assert NEW_DATA.accuracy([]) is None
        assert NEW_DATA.accuracy(cells_of(np.full((3, EXAMPLES), right))) is None

    def test_older_runs_did_not_record_it(self) -> None:
        assert NEW_DATA.accuracy([make_cell(), make_cell()]) is None
        assert NEW_DATA.accuracy([*cells_of(noise(2)), make_cell()]) is None


class TestDifference:
    def pairs(self, gain: float, seeds: int = 5) -> list[tuple[Cell, Cell]]:
        base = noise(seeds)
        own = base | (np.random.default_rng(9).random(base.shape) < gain)
        return list(zip(cells_of(own), cells_of(base), strict=True))

    def test_is_the_mean_over_seeds_and_examples(self) -> None:
        pairs = self.pairs(0.3)
        expected = np.mean([(cell.test_score or 0) - (base.test_score or 0) for cell, base in pairs])
        interval = NEW_DATA.difference(pairs)
        assert interval is not None
        assert interval.estimate == pytest.approx(float(expected), abs=1e-12)
        assert interval.excludes(0.0)

    def test_examples_are_paired(self) -> None:
        # The same examples are hard for both, and half of the rest is lost by one of them in every seed.
        hard = np.arange(EXAMPLES) < 100
        base = np.repeat(~hard[np.newaxis], 5, axis=0)
        own = base & (noise(5, 0.98))
        pairs = list(zip(cells_of(own), cells_of(base), strict=True))
        apart = half_width(NEW_DATA.accuracy(cells_of(own)))
        assert half_width(NEW_DATA.difference(pairs)) < 0.5 * apart

    def test_the_other_direction_is_the_mirror_image(self) -> None:
        forth = NEW_DATA.difference(self.pairs(0.3))
        back = NEW_DATA.difference([(base, cell) for cell, base in self.pairs(0.3)])
        assert forth is not None
        assert back is not None
        assert (back.estimate, back.ci_low) == pytest.approx(
            (-forth.estimate, -(forth.ci_high or 0)), abs=1e-7
        )

    def test_the_order_of_seeds_matters_no_more_than_the_draws(self) -> None:
        pairs = self.pairs(0.3)
        assert half_width(NEW_DATA.difference(pairs[::-1])) == pytest.approx(
            half_width(NEW_DATA.difference(pairs)), rel=0.1
        )

    def test_trainings_that_computed_the_same_leave_nothing_to_draw(self) -> None:
        cells = cells_of(noise(3))
        assert NEW_DATA.difference(list(zip(cells, cells, strict=True))) is None

    def test_older_runs_did_not_record_it(self) -> None:
        new, old = cells_of(noise(1))[0], make_cell()
        assert NEW_DATA.difference([(new, old)]) is None
        assert NEW_DATA.difference([(old, new)]) is None
        assert NEW_DATA.difference([]) is None


def test_the_same_numbers_every_time_whatever_the_global_rng() -> None:
    cells = cells_of(noise(3))
    first = NewDataBootstrap(EXAMPLES).accuracy(cells)
    np.random.seed(123)  # noqa: NPY002 - what must not matter
    assert NewDataBootstrap(EXAMPLES).accuracy(cells) == first


def test_rows_have_it_only_when_asked() -> None:
    relu, tanh = cells_of(noise(3)), cells_of(noise(3, 0.9, seed=1))
    tanh = [cell.model_copy(update={"activation": "tanh"}) for cell in tanh]
    blocks = blocks_of(relu, tanh)
    asked = {"generalise": True, "test_examples": EXAMPLES}
    assert row("tanh", blocks, **asked).accuracy_new_data == NEW_DATA.accuracy(tanh)
    assert row("tanh", blocks, **asked).accuracy_diff_new_data == NEW_DATA.difference(
        list(zip(tanh, relu, strict=True))
    )
    assert row("relu", blocks, **asked).accuracy_new_data == NEW_DATA.accuracy(relu)
    assert row("relu", blocks, **asked).accuracy_diff_new_data is None
    unasked = row("tanh", blocks)
    assert (unasked.accuracy_new_data, unasked.accuracy_diff_new_data) == (None, None)
