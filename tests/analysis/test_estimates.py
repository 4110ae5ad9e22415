import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.analysis.estimates import estimate
from actbench.analysis.figures import Estimates, InferenceEstimate, Row, SettingEstimates
from actbench.analysis.intervals import Interval, t_interval
from actbench.records import BlockRecord, Cell
from tests.factories import SyntheticRun, make_block, make_cell, make_failed_block, make_info, make_run


def one_setting(blocks: list[BlockRecord], **info: object) -> SettingEstimates:
    estimates = estimate(make_info(seeds=len(blocks), **info), blocks)  # type: ignore[arg-type]
    return estimates.settings[0]


def row(label: str, blocks: list[BlockRecord], **info: object) -> Row:
    return next(entry for entry in one_setting(blocks, **info).rows if entry.activation == label)


def blocks_of(relu: list[Cell], tanh: list[Cell], placebo: list[Cell] | None = None) -> list[BlockRecord]:
    placebo = placebo or [cell.model_copy(update={"activation": "placebo"}) for cell in relu]
    return [make_block(cells, seed=seed) for seed, cells in enumerate(zip(relu, tanh, placebo, strict=True))]


def log_interval(values: list[float]) -> Interval:
    return t_interval([math.log(value) for value in values]).map(math.exp)


class TestAccuracy:
    BLOCKS = blocks_of(
        relu=[make_cell("relu", accuracy=value) for value in (0.90, 0.92, 0.94)],
        tanh=[make_cell("tanh", accuracy=value) for value in (0.91, 0.94, 0.97)],
    )

    def test_mean_over_seeds(self) -> None:
        # Standard deviation 0.02, so half the width is t / sqrt(3) * 0.02.
        accuracy = row("relu", self.BLOCKS).accuracy
        assert accuracy is not None
        assert accuracy.estimate == pytest.approx(0.92)
        assert accuracy.ci_high == pytest.approx(0.92 + 4.302653 / math.sqrt(3) * 0.02, abs=1e-7)

    def test_difference_is_paired_by_seed(self) -> None:
        # Differences 0.01, 0.02, 0.03: standard deviation 0.01, though each activation's own is larger.
        difference = row("tanh", self.BLOCKS).accuracy_diff
        assert difference is not None
        assert difference.estimate == pytest.approx(0.02)
        assert difference.ci_low == pytest.approx(0.02 - 4.302653 / math.sqrt(3) * 0.01, abs=1e-7)

    def test_a_tie_in_every_seed_is_no_certainty(self) -> None:
        blocks = blocks_of(
            relu=[make_cell("relu", accuracy=value) for value in (0.90, 0.92)],
            tanh=[make_cell("tanh", accuracy=value) for value in (0.90, 0.92)],
        )
        assert row("tanh", blocks).accuracy_diff == Interval(0.0, None, None)

    def test_the_baseline_has_no_difference_to_itself(self) -> None:
        assert row("relu", self.BLOCKS).accuracy_diff is None


class TestTrainingTime:
    BLOCKS = blocks_of(
        # Epochs of 3 and 30 seconds, then of 5 and 5: medians 16.5 and 5.
        relu=[make_cell(slice_s=(1.0, 2.0, 10.0, 20.0)), make_cell(slice_s=(2.0, 3.0, 4.0, 1.0))],
        # Ratios 2, 2, 3, 2 and 4, 4, 0.5, 4: medians 2 and 4.
        tanh=[
            make_cell("tanh", slice_s=(2.0, 4.0, 30.0, 40.0)),
            make_cell("tanh", slice_s=(8.0, 12.0, 2.0, 4.0)),
        ],
    )

    def test_an_epoch_is_the_sum_of_its_slices(self) -> None:
        # The interval is that of the logarithms; the median of an even number lies between them.
        expected = log_interval([math.sqrt(3 * 30), 5.0])
        assert row("relu", self.BLOCKS).epoch_s == expected
        assert expected.estimate == pytest.approx(math.sqrt(math.sqrt(90) * 5))

    def test_ratio_pairs_slices_of_the_same_round(self) -> None:
        ratio = row("tanh", self.BLOCKS).train_time_ratio
        assert ratio is not None
        assert ratio == log_interval([2.0, 4.0])
        assert ratio.estimate == pytest.approx(math.sqrt(8))

    def test_the_baseline_is_exactly_one(self) -> None:
        assert row("relu", self.BLOCKS).train_time_ratio == Interval(1.0, 1.0, 1.0)
        assert row("relu", self.BLOCKS[:1]).train_time_ratio == Interval(1.0, 1.0, 1.0)

    def test_compile_time_is_the_median_where_it_compiled(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(compile_s=value) for value in (0.7, None, 0.9, 2.0)],
            tanh=[make_cell("tanh")] * 4,
        )
        assert row("relu", blocks).compile_s == 0.9
        assert row("tanh", blocks).compile_s is None


class TestInference:
    def test_known_answers(self) -> None:
        first = [0.001 * (i + 1) for i in range(50)]
        second = [0.001 * (i + 51) for i in range(50)]
        blocks = blocks_of(
            relu=[make_cell(latency_s={4: first}), make_cell(latency_s={4: second})],
            tanh=[
                make_cell("tanh", latency_s={4: [2 * value for value in first]}),
                make_cell("tanh", latency_s={4: [2 * value for value in second]}),
            ],
        )
        (entry,) = row("relu", blocks).inference
        # Over both seeds 1, 2, ... 100 ms; percentiles are linear between order statistics.
        assert entry.latency_s == pytest.approx(0.0505)
        assert entry.latency_p95_s == pytest.approx(0.09505)
        assert entry.latency_p99_s == pytest.approx(0.09901)
        assert entry.items_per_s == pytest.approx(4 / 0.0505)
        (entry,) = row("tanh", blocks).inference
        assert entry.time_ratio is not None
        assert entry.time_ratio.estimate == pytest.approx(2.0)

    def test_batch_sizes_are_kept_apart(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(latency_s={1: [1.0], 8: [2.0]})],
            tanh=[make_cell("tanh", latency_s={1: [3.0], 8: [4.0]})],
        )
        entries = row("tanh", blocks).inference
        assert [(entry.batch_size, entry.latency_s, entry.items_per_s) for entry in entries] == [
            (1, 3.0, 1 / 3),
            (8, 4.0, 2.0),
        ]
        assert [entry.time_ratio.estimate for entry in entries if entry.time_ratio] == pytest.approx(
            [3.0, 2.0]
        )


class TestDivergence:
    BLOCKS = blocks_of(
        relu=[make_cell(accuracy=0.9), make_cell(accuracy=0.8), make_cell(accuracy=None, slice_s=(0.1,))],
        tanh=[
            make_cell("tanh", accuracy=None, slice_s=()),
            make_cell("tanh", accuracy=0.7),
            make_cell("tanh"),
        ],
    )

    def test_only_trainings_that_ended_well_count(self) -> None:
        tanh = row("tanh", self.BLOCKS)
        assert (tanh.seeds, tanh.pairs, tanh.status) == (2, 1, "diverged 1 of 3")
        assert row("relu", self.BLOCKS).pairs == 2
        assert tanh.accuracy is not None
        assert tanh.accuracy.estimate == pytest.approx(0.8)

    def test_pairs_need_both(self) -> None:
        difference = row("tanh", self.BLOCKS).accuracy_diff
        assert difference == Interval(pytest.approx(-0.1), None, None)  # type: ignore[arg-type]

    def test_an_activation_that_always_diverged_has_a_row_without_figures(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(latency_s={1: [1.0]})], tanh=[make_cell("tanh", accuracy=None, slice_s=())]
        )
        assert row("tanh", blocks) == Row("tanh", 0, 0, 1, None, None, None, None, None, ())

    def test_without_a_baseline_there_is_nothing_to_compare_with(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(accuracy=None, slice_s=())], tanh=[make_cell("tanh", latency_s={1: [1.0]})]
        )
        tanh = row("tanh", blocks)
        assert (tanh.seeds, tanh.pairs) == (1, 0)
        assert (tanh.accuracy_diff, tanh.train_time_ratio) == (None, None)
        assert tanh.inference == (InferenceEstimate(1, 1.0, 1.0, 1.0, 1.0, None),)


class TestPlacebo:
    def check(self, placebo: list[Cell]) -> SettingEstimates:
        relu = [make_cell(slice_s=(1.0, 1.0), latency_s={1: (1.0, 1.0)}) for _ in placebo]
        tanh = [make_cell("tanh", latency_s={1: (1.0, 1.0)}) for _ in placebo]
        return one_setting(blocks_of(relu, tanh, placebo))

    def test_equal(self) -> None:
        placebo = self.check(
            [make_cell("placebo", slice_s=(x, x), latency_s={1: (x, x)}) for x in (0.9, 1.2)]
        ).placebo
        assert placebo is not None
        assert placebo.accuracy_equal
        assert placebo.flagged == {}

    @pytest.mark.parametrize(
        ("placebo", "difference"),
        [((0.9, 0.9), Interval(0.0, 0.0, 0.0)), ((0.9, None), Interval(0.0, None, None))],
    )
    def test_only_an_equal_placebo_differs_by_exactly_nothing(
        self, placebo: tuple[float | None, ...], difference: Interval
    ) -> None:
        cells = [make_cell("placebo", accuracy=value, latency_s={1: (1.0, 1.0)}) for value in placebo]
        assert self.check(cells).rows[-1].accuracy_diff == difference

    def test_another_accuracy_in_one_block(self) -> None:
        cells = [
            make_cell("placebo", accuracy=value, latency_s={1: (1.0, 1.0)}) for value in (0.9, 0.9000001)
        ]
        placebo = self.check(cells).placebo
        assert placebo is not None
        assert not placebo.accuracy_equal

    def test_time_ratios_that_exclude_one_are_flagged(self) -> None:
        cells = [
            make_cell("placebo", slice_s=(2.0, 2.0), latency_s={1: (0.9, 0.9)}),
            make_cell("placebo", slice_s=(2.1, 2.1), latency_s={1: (1.2, 1.2)}),
        ]
        placebo = self.check(cells).placebo
        assert placebo is not None
        assert placebo.flagged == {"train_time_ratio": log_interval([2.0, 2.1])}
        assert set(placebo.tested) == {"train_time_ratio", "inference_1_time_ratio"}
        assert placebo.chance == pytest.approx(0.0975)

    def test_what_has_no_interval_is_not_tested(self) -> None:
        cells = [make_cell("placebo", slice_s=(2.0, 2.0), latency_s={1: (0.5, 0.5)})] * 2
        placebo = self.check(cells).placebo
        assert placebo is not None
        assert (placebo.tested, placebo.flagged, placebo.chance) == ({}, {}, 0.0)

    def test_switched_off(self) -> None:
        blocks = [make_block([make_cell(), make_cell("tanh")])]
        assert one_setting(blocks, activations=("relu", "tanh"), placebo=None).placebo is None


def test_settings_are_kept_apart_and_may_be_unfinished() -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=2, settings=("11111111", "22222222"))
    both = estimate(run.info, [*run.records, make_failed_block(seed=7)])
    alone = estimate(run.info, [record for record in run.records if record.setting == "22222222"])
    assert both.settings[1] == alone.settings[1]
    assert (alone.settings[0].finished, alone.settings[0].rows, alone.settings[0].placebo) == (0, (), None)
    assert (both.finished, [block.block for block in both.failed]) == (4, ["11111111-7"])


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_order_changes_any_number(shuffler: random.Random) -> None:
    """Blocks, activations, epochs and inference rounds may come in any order, the same one within a block."""
    run = make_run(("relu", "tanh", "elu", "placebo"), seeds=4, epochs=3, inference_rounds=7)
    blocks = [shuffle_rounds(block, shuffler) for block in run.records]
    shuffler.shuffle(blocks)
    labels = shuffler.sample(run.info.activations, len(run.info.activations))
    assert by_label(estimate(run.info.model_copy(update={"activations": tuple(labels)}), blocks)) == by_label(
        estimate(run.info, run.records)
    )


def shuffle_rounds(block: BlockRecord, shuffler: random.Random) -> BlockRecord:
    epochs = np.arange(len(block.slice_steps)).reshape(-1, block.slices_per_epoch)
    slices = [int(i) for epoch in shuffler.sample(range(len(epochs)), len(epochs)) for i in epochs[epoch]]
    rounds = shuffler.sample(range(7), 7)
    cells = [
        cell.model_copy(
            update={
                "slice_s": tuple(cell.slice_s[i] for i in slices),
                "inference": tuple(
                    entry.model_copy(update={"latency_s": tuple(entry.latency_s[i] for i in rounds)})
                    for entry in cell.inference
                ),
            }
        )
        for cell in block.cells
    ]
    return block.model_copy(update={"cells": tuple(shuffler.sample(cells, len(cells)))})


def by_label(estimates: Estimates) -> dict[str, Row]:
    return {entry.activation: entry for entry in estimates.settings[0].rows}


def test_an_added_activation_changes_no_other_figure() -> None:
    run = make_run(("relu", "tanh", "elu", "placebo"), seeds=3)
    fewer = SyntheticRun(
        run.info.model_copy(update={"activations": ("relu", "tanh", "placebo")}),
        [
            block.model_copy(
                update={"cells": tuple(cell for cell in block.cells if cell.activation != "elu")}
            )
            for block in run.records
        ],
    )
    with_it = by_label(estimate(run.info, run.records))
    del with_it["elu"]
    assert by_label(estimate(fewer.info, fewer.records)) == with_it
