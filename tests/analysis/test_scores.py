import math

import pytest

from actbench.analysis.scores import epochs_to_target
from actbench.analysis.verdicts import Comparison
from actbench.records.block import BlockRecord, Cell
from actbench.stats.intervals import Interval, exact_interval, mean_interval
from tests.analysis.rows import blocks_of, interval, metric, row
from tests.factories import make_block, make_cell

# Student's t with 2 degrees of freedom at 97.5 %, from a printed table.
T_2 = 4.302653


def losses(label: str, values: list[float]) -> list[Cell]:
    return [make_cell(label, test_loss=value) for value in values]


class TestAccuracy:
    BLOCKS = blocks_of(
        relu=[make_cell("relu", accuracy=value) for value in (0.90, 0.92, 0.94)],
        tanh=[make_cell("tanh", accuracy=value) for value in (0.91, 0.94, 0.97)],
    )

    def test_mean_over_seeds(self) -> None:
        # Standard deviation 0.02, so half the width is t / sqrt(3) * 0.02.
        accuracy = row("relu", self.BLOCKS).score
        assert accuracy is not None
        assert accuracy.estimate == pytest.approx(0.92)
        assert accuracy.ci_high == pytest.approx(0.92 + T_2 / math.sqrt(3) * 0.02, abs=1e-7)

    def test_difference_is_paired_by_seed(self) -> None:
        # Differences 0.01, 0.02, 0.03: standard deviation 0.01, though each activation's own is larger.
        difference = row("tanh", self.BLOCKS).score_diff
        assert interval(difference).estimate == pytest.approx(0.02)
        assert interval(difference).ci_low == pytest.approx(0.02 - T_2 / math.sqrt(3) * 0.01, abs=1e-7)

    def test_three_seeds_decide_nothing(self) -> None:
        # The interval excludes 0, but the smallest p of three seeds is 2/8.
        difference = row("tanh", self.BLOCKS).score_diff
        assert difference is not None
        assert (difference.p, difference.verdict) == (2 / 8, "INCONCLUSIVE")
        assert difference.seeds_needed is not None
        assert difference.seeds_needed > 3

    def test_the_baseline_has_no_difference_to_itself(self) -> None:
        assert row("relu", self.BLOCKS).score_diff is None

    def test_six_seeds_on_one_side_do(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(accuracy=0.9) for _ in range(6)],
            tanh=[make_cell("tanh", accuracy=0.91 + step / 1000) for step in range(6)],
        )
        better, worse = row("tanh", blocks).score_diff, row("relu", blocks, against="tanh").score_diff
        assert better is not None
        assert worse is not None
        assert (better.p, better.p_adjusted, better.verdict) == (2 / 64, 2 / 64, "BETTER")
        assert (worse.p, worse.verdict) == (2 / 64, "WORSE")

    def test_the_config_says_what_matters(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(accuracy=0.9) for _ in range(6)],
            tanh=[make_cell("tanh", accuracy=0.905 + step / 10_000) for step in range(6)],
        )
        found = [
            difference.verdict
            for verdict in ({}, {"margin": 0.01}, {"alpha": 0.01})
            if (difference := row("tanh", blocks, config={"verdict": verdict}).score_diff)
        ]
        assert found == ["BETTER", "EQUIVALENT", "INCONCLUSIVE"]


class TestTies:
    def test_a_tie_in_every_seed_is_no_certainty(self) -> None:
        blocks = blocks_of(
            relu=[make_cell("relu", accuracy=value, test_loss=0.4) for value in (0.90, 0.92)],
            tanh=[make_cell("tanh", accuracy=value, test_loss=0.5) for value in (0.90, 0.92)],
        )
        assert row("tanh", blocks).score_diff == Comparison(
            Interval(0.0, None, None), p=1.0, p_adjusted=1.0, verdict="INCONCLUSIVE"
        )

    @pytest.mark.parametrize("seeds", [1, 5])
    def test_what_computed_the_same_is_equivalent(self, seeds: int) -> None:
        # Losses are equal, too: leaky_relu with slope 0, say, against relu.
        values = [0.90 + seed / 100 for seed in range(seeds)]
        blocks = blocks_of(
            relu=[make_cell("relu", accuracy=value) for value in values],
            tanh=[make_cell("tanh", accuracy=value) for value in values],
        )
        same = Comparison(exact_interval(0.0), p=1.0, p_adjusted=1.0, verdict="EQUIVALENT")
        tanh = row("tanh", blocks)
        assert tanh.score_diff == same
        assert metric("test_loss", tanh).difference == same
        assert row("placebo", blocks).score_diff == same


def test_no_bound_of_a_score_lies_where_no_score_can() -> None:
    blocks = blocks_of([make_cell(accuracy=value) for value in (0.95, 1.0)], [make_cell("tanh")] * 2)
    score = row("relu", blocks).score
    assert score is not None
    assert (score.estimate, score.ci_high) == (pytest.approx(0.975), 1.0)
    assert score.ci_low == pytest.approx(0.975 - 12.7062 * 0.025, abs=1e-5)


class TestOtherMetrics:
    def test_a_smaller_loss_is_better(self) -> None:
        blocks = blocks_of(losses("relu", [0.40] * 6), losses("tanh", [0.30, 0.31, 0.32, 0.33, 0.34, 0.35]))
        loss = metric("test_loss", row("tanh", blocks))
        assert (loss.seeds, loss.pairs, loss.is_ratio) == (6, 6, False)
        assert loss.value == mean_interval([0.30, 0.31, 0.32, 0.33, 0.34, 0.35])
        assert loss.difference is not None
        assert loss.difference.interval.estimate == pytest.approx(-0.075)
        assert loss.difference.verdict == "BETTER"

    def test_loss_has_a_margin_of_its_own(self) -> None:
        # Differences of 0.001 to 0.0035 nats: beyond accuracy's 0.001, within loss's 0.005.
        blocks = blocks_of(
            losses("relu", [0.4] * 6), losses("tanh", [0.4 + 0.0005 * step for step in range(2, 8)])
        )
        difference = metric("test_loss", row("tanh", blocks)).difference
        assert difference is not None
        assert difference.verdict == "EQUIVALENT"
        tighter = {"verdict": {"loss_margin": 0.001}}
        difference = metric("test_loss", row("tanh", blocks, config=tighter)).difference
        assert difference is not None
        assert difference.verdict == "WORSE"

    def test_train_accuracy_is_the_last_epochs(self) -> None:
        def cells(label: str, last: list[float]) -> list[Cell]:
            return [make_cell(label).model_copy(update={"train_score": (0.1, value)}) for value in last]

        blocks = blocks_of(cells("relu", [0.90, 0.92]), cells("tanh", [0.92, 0.96]))
        train = metric("train_accuracy", row("tanh", blocks))
        assert train.value == mean_interval([0.92, 0.96]).clip(0.0, 1.0)
        assert interval(train.difference).estimate == pytest.approx(0.03)

    def test_the_baseline_has_values_only(self) -> None:
        blocks = blocks_of(losses("relu", [0.4, 0.5]), losses("tanh", [0.3, 0.3]))
        loss = metric("test_loss", row("relu", blocks))
        assert loss.difference is None
        assert loss.value == mean_interval([0.4, 0.5]).clip(0.0, math.inf)

    def test_targets_only_where_there_is_one(self) -> None:
        blocks = blocks_of([make_cell()], [make_cell("tanh")])
        assert [entry.name for entry in row("relu", blocks).metrics] == ["test_loss", "train_accuracy"]


TARGET = {"verdict": {"target_accuracy": 0.9}}


class TestTarget:
    @pytest.mark.parametrize(
        ("validation", "epochs"),
        [
            ((0.95, 0.80), 1),
            ((0.80, 0.90), 2),  # reaching it is enough
            ((0.80, 0.91, 0.70, 0.95), 2),  # the first time counts
            ((0.80, 0.89999), None),
            ((), None),
        ],
    )
    def test_epochs(self, validation: tuple[float, ...], epochs: int | None) -> None:
        assert epochs_to_target(make_cell(validation_accuracy=validation), 0.9) == epochs

    def blocks(self) -> list[BlockRecord]:
        """Two slices an epoch. Epochs needed: relu 2, 1, 3, never; tanh 1, never, 1, 1."""

        def cell(label: str, slice_s: float, reached: int | None) -> Cell:
            validation = [0.9 if reached is not None and epoch >= reached else 0.5 for epoch in (1, 2, 3)]
            return make_cell(label, slice_s=(slice_s,) * 6, validation_accuracy=validation)

        return blocks_of(
            relu=[cell("relu", 1.0, reached) for reached in (2, 1, 3, None)],
            tanh=[cell("tanh", 3.0, reached) for reached in (1, None, 1, 1)],
        )

    def test_epochs_over_the_seeds_that_reached_it(self) -> None:
        relu, tanh = (row(label, self.blocks(), config=TARGET) for label in ("relu", "tanh"))
        assert metric("epochs_to_target", relu).value == mean_interval([2, 1, 3])
        epochs = metric("epochs_to_target", tanh)
        assert (epochs.seeds, epochs.pairs, epochs.is_ratio) == (3, 2, False)
        assert epochs.value == Interval(1.0, None, None)
        assert interval(epochs.difference) == mean_interval([1 - 2, 1 - 3])
        assert (tanh.seeds, tanh.pairs) == (4, 4)

    @pytest.mark.parametrize(
        ("epochs", "verdict"),
        [
            ([1] + 15 * [2], "EQUIVALENT"),  # a sixteenth of an epoch less
            ([2] + 15 * [1], "BETTER"),
            ([2] + 15 * [3], "WORSE"),
            (7 * [3], "WORSE"),
            (7 * [1], "BETTER"),
            (7 * [2], "EQUIVALENT"),
            (5 * [3], "INCONCLUSIVE"),
        ],
    )
    def test_less_than_half_an_epoch_is_no_difference(self, epochs: list[int], verdict: str) -> None:
        def cell(label: str, reached: int) -> Cell:
            validation = [0.9 if epoch >= reached else 0.5 for epoch in (1, 2, 3)]
            return make_cell(label, slice_s=(1.0,) * 6, validation_accuracy=validation)

        blocks = blocks_of([cell("relu", 2) for _ in epochs], [cell("tanh", reached) for reached in epochs])
        difference = metric("epochs_to_target", row("tanh", blocks, config=TARGET)).difference
        assert difference is not None
        assert difference.verdict == verdict

    def test_seconds_are_the_training_slices_until_then(self) -> None:
        # relu 2 s an epoch, tanh 6 s: ratios 6 / 4 and 6 / 6 over the pairs that reached it.
        tanh = metric("seconds_to_target", row("tanh", self.blocks(), config=TARGET))
        assert (tanh.seeds, tanh.pairs, tanh.is_ratio) == (3, 2, True)
        assert tanh.value == Interval(pytest.approx(6.0), None, None)  # type: ignore[arg-type]
        assert interval(tanh.difference).estimate == pytest.approx(math.sqrt(1.5))
        relu = metric("seconds_to_target", row("relu", self.blocks(), config=TARGET))
        assert relu.value is not None
        assert relu.value.estimate == pytest.approx((4 * 2 * 6) ** (1 / 3))

    def test_fewer_seconds_are_better_beyond_the_margin_of_times(self) -> None:
        def cells(label: str, seconds: list[float]) -> list[Cell]:
            return [
                make_cell(label, slice_s=(value / 2,) * 2, validation_accuracy=(0.95,)) for value in seconds
            ]

        found = {}
        for factor in (0.5, 0.9875, 0.995):
            relu, noise = [2.0] * 6, [1.0, 1.001, 1.002, 1.003, 1.004, 1.005]
            blocks = blocks_of(cells("relu", relu), cells("tanh", [2 * factor * value for value in noise]))
            difference = metric("seconds_to_target", row("tanh", blocks, config=TARGET)).difference
            assert difference is not None
            found[factor] = difference.verdict
        # 0.988 to 0.992 is surely faster, but not surely by more than the 1 % that a process may cost.
        assert found == {0.5: "BETTER", 0.9875: "INCONCLUSIVE", 0.995: "EQUIVALENT"}

    def test_a_target_that_nobody_reached(self) -> None:
        blocks = [make_block([make_cell(validation_accuracy=(0.5,)), make_cell("tanh")])]
        relu = row("relu", blocks, activations=("relu", "tanh"), placebo=None, config=TARGET)
        epochs = metric("epochs_to_target", relu)
        assert (epochs.seeds, epochs.pairs, epochs.value, epochs.difference) == (0, 0, None, None)


def test_epochs_trained_are_a_metric_where_trainings_may_stop_early() -> None:
    def cell(label: str, epochs: int) -> Cell:
        return make_cell(label, slice_s=(0.1,) * 2 * epochs).model_copy(update={"epochs_trained": epochs})

    blocks = blocks_of(
        relu=[cell("relu", epochs) for epochs in (4, 5, 7)],
        tanh=[cell("tanh", epochs) for epochs in (6, 6, 6)],
    )
    relu, tanh = row("relu", blocks), row("tanh", blocks)
    assert metric("epochs_trained", relu).value == mean_interval([4, 5, 7])
    assert interval(metric("epochs_trained", tanh).difference) == mean_interval([2, 1, -1])
    plain = blocks_of(relu=[make_cell()] * 2, tanh=[make_cell("tanh")] * 2)
    assert "epochs_trained" not in [entry.name for entry in row("tanh", plain).metrics]
