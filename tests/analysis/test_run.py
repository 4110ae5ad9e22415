import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.analysis.figures import Estimates, InferenceEstimate, PlaceboCheck, Row
from actbench.analysis.run import estimate_run
from actbench.analysis.verdicts import Comparison
from actbench.config.schema.measurement import VerdictConfig
from actbench.errors import ConfigError, NothingMeasuredError
from actbench.records.block import BlockRecord, Cell, pack
from actbench.stats.intervals import Interval, exact_interval
from tests.analysis.rows import blocks_of, interval, one_setting, ratio_interval, row
from tests.factories import SyntheticRun, make_block, make_cell, make_failed_block, make_info, make_run


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
        assert tanh.score is not None
        assert tanh.score.estimate == pytest.approx(0.8)

    def test_pairs_need_both(self) -> None:
        difference = row("tanh", self.BLOCKS).score_diff
        assert interval(difference) == Interval(pytest.approx(-0.1), None, None)  # type: ignore[arg-type]
        assert difference is not None
        assert (difference.p, difference.verdict) == (None, "INCONCLUSIVE")

    def test_an_activation_that_always_diverged_has_a_row_without_figures(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(latency_s={1: [1.0]})], tanh=[make_cell("tanh", accuracy=None, slice_s=())]
        )
        tanh = row("tanh", blocks, generalise=True)
        assert (tanh.seeds, tanh.pairs, tanh.diverged, tanh.status) == (0, 0, 1, "diverged 1 of 1")
        assert (tanh.score, tanh.score_diff, tanh.accuracy_new_data, tanh.accuracy_diff_new_data) == (
            None,
        ) * 4
        assert (tanh.epoch_s, tanh.train_time_ratio, tanh.marginal_step_s, tanh.non_dominated) == (None,) * 4
        assert [(entry.seeds, entry.value, entry.difference) for entry in tanh.metrics] == [
            (0, None, None)
        ] * 2
        assert (tanh.compile_s, tanh.inference) == (None, ())

    def test_without_a_baseline_there_is_nothing_to_compare_with(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(accuracy=None, slice_s=())], tanh=[make_cell("tanh", latency_s={1: [1.0]})]
        )
        tanh = row("tanh", blocks)
        assert (tanh.seeds, tanh.pairs) == (1, 0)
        assert (tanh.score_diff, tanh.train_time_ratio) == (None, None)
        assert tanh.inference == (InferenceEstimate(1, 1.0, 1.0, 1.0, 1.0, None),)


class TestPlacebo:
    def blocks(self, placebo: list[Cell]) -> list[BlockRecord]:
        relu = [make_cell(slice_s=(1.0, 1.0), latency_s={1: (1.0, 1.0)}) for _ in placebo]
        tanh = [make_cell("tanh", slice_s=(3.0, 3.0), latency_s={1: (1.0, 1.0)}) for _ in placebo]
        return blocks_of(relu, tanh, placebo)

    def check(self, placebo: list[Cell], **options: Any) -> PlaceboCheck:
        check = one_setting(self.blocks(placebo), **options).placebo
        assert check is not None
        return check

    def test_equal(self) -> None:
        placebo = self.check(
            [make_cell("placebo", slice_s=(x, x), latency_s={1: (x, x)}) for x in (0.9, 1.2)]
        )
        assert placebo.score_equal
        assert placebo.flagged == {}

    @pytest.mark.parametrize(
        ("placebo", "difference"),
        [((0.9, 0.9), exact_interval(0.0)), ((0.9, None), Interval(0.0, None, None))],
    )
    def test_only_an_equal_placebo_differs_by_exactly_nothing(
        self, placebo: tuple[float | None, ...], difference: Interval
    ) -> None:
        cells = [make_cell("placebo", accuracy=value, latency_s={1: (1.0, 1.0)}) for value in placebo]
        assert interval(row("placebo", self.blocks(cells)).score_diff) == difference

    def test_another_accuracy_in_one_block(self) -> None:
        cells = [
            make_cell("placebo", accuracy=value, latency_s={1: (1.0, 1.0)}) for value in (0.9, 0.9000001)
        ]
        placebo = self.check(cells)
        assert not placebo.score_equal

    def test_time_ratios_that_exclude_one_are_flagged(self) -> None:
        cells = [
            make_cell("placebo", slice_s=(2.0, 2.0), latency_s={1: (0.9, 0.9)}),
            make_cell("placebo", slice_s=(2.1, 2.1), latency_s={1: (1.2, 1.2)}),
        ]
        placebo = self.check(cells)
        assert placebo.flagged == {"train_time_ratio": ratio_interval([2.0, 2.1])}
        assert set(placebo.tested) == {"train_time_ratio", "inference_1_time_ratio"}
        assert placebo.chance == pytest.approx(0.0975)

    def test_what_has_no_interval_is_not_tested(self) -> None:
        cells = [make_cell("placebo", slice_s=(2.0, 2.0), latency_s={1: (0.5, 0.5)})] * 2
        placebo = self.check(cells)
        assert (placebo.tested, placebo.flagged, placebo.chance) == ({}, {}, 0.0)

    def test_is_checked_against_what_it_copies_whatever_the_others_are_compared_with(self) -> None:
        cells = [make_cell("placebo", slice_s=(x, x), latency_s={1: (x, x)}) for x in (2.0, 2.1)]
        assert self.check(cells, against="tanh") == self.check(cells)
        # Its row, as any other, is compared with tanh.
        ratio = row("placebo", self.blocks(cells), against="tanh").train_time_ratio
        assert interval(ratio) == ratio_interval([2.0 / 3, 2.1 / 3])

    def test_switched_off(self) -> None:
        blocks = [make_block([make_cell(), make_cell("tanh")])]
        assert one_setting(blocks, activations=("relu", "tanh"), placebo=None).placebo is None


class TestAgainst:
    BLOCKS = blocks_of(
        relu=[make_cell(accuracy=0.90, slice_s=(1.0, 1.0)), make_cell(accuracy=0.92, slice_s=(1.0, 1.0))],
        tanh=[
            make_cell("tanh", accuracy=0.91, slice_s=(2.0, 2.0)),
            make_cell("tanh", accuracy=0.95, slice_s=(3.0, 3.0)),
        ],
    )

    def test_compares_with_another_label(self) -> None:
        relu, tanh = (row(label, self.BLOCKS, against="tanh") for label in ("relu", "tanh"))
        assert interval(relu.score_diff).estimate == pytest.approx(-0.02)
        assert interval(relu.train_time_ratio) == ratio_interval([1 / 2, 1 / 3])
        assert tanh.score_diff is None
        assert interval(tanh.train_time_ratio) == exact_interval(1.0)

    def test_moves_no_figure_that_is_no_comparison(self) -> None:
        for label in ("relu", "tanh", "placebo"):
            plain, against = row(label, self.BLOCKS), row(label, self.BLOCKS, against="tanh")
            for name in ("seeds", "score", "epoch_s", "non_dominated", "compile_s"):
                assert getattr(plain, name) == getattr(against, name)

    def test_the_copy_may_be_compared_with(self) -> None:
        relu = row("relu", self.BLOCKS, against="placebo")
        assert relu.score_diff is not None
        assert (relu.score_diff.interval, relu.score_diff.verdict) == (exact_interval(0.0), "EQUIVALENT")

    def test_the_report_says_with_what(self) -> None:
        info = make_info(seeds=2)
        assert estimate_run(info, self.BLOCKS).baseline == "relu"
        assert estimate_run(info, self.BLOCKS, against="tanh").baseline == "tanh"

    def test_an_unknown_label_is_refused(self) -> None:
        with pytest.raises(ConfigError) as caught:
            estimate_run(make_info(seeds=2), self.BLOCKS, against="tahn")
        assert str(caught.value) == (
            "against: 'tahn' is no activation of the run; allowed: relu, tanh, placebo; did you mean 'tanh'?"
        )


def test_the_margins_are_the_configs() -> None:
    blocks = blocks_of([make_cell()], [make_cell("tanh")])
    assert estimate_run(make_info(), blocks).verdict == VerdictConfig()
    config = {"verdict": {"margin": 0.02, "alpha": 0.01}}
    assert estimate_run(make_info(config=config), blocks).verdict == VerdictConfig(margin=0.02, alpha=0.01)


def test_the_first_linear_is_what_marginal_cost_is_beyond() -> None:
    entries = [{"name": name, "label": label} for name, label in (("relu", "relu"), ("linear", "tanh"))]
    blocks = blocks_of([make_cell()], [make_cell("tanh")])
    assert one_setting(blocks, config={"activations": entries}).linear == "tanh"
    assert one_setting(blocks).linear is None
    elsewhere = [{"name": "linear", "label": "linear"}, *entries]
    assert one_setting(blocks, config={"activations": elsewhere}).linear == "tanh"


def test_nothing_measured() -> None:
    with pytest.raises(NothingMeasuredError):
        estimate_run(make_info(), [make_failed_block()])


def test_settings_are_kept_apart_and_may_be_unfinished() -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=2, settings=("11111111", "22222222"))
    both = estimate_run(run.info, [*run.records, make_failed_block(seed=7)])
    alone = estimate_run(run.info, [record for record in run.records if record.setting == "22222222"])
    assert both.settings[1] == alone.settings[1]
    assert (alone.settings[0].finished, alone.settings[0].rows, alone.settings[0].placebo) == (0, (), None)
    assert (both.finished, [block.block for block in both.failed]) == (4, ["11111111-7"])


def make_full_run() -> SyntheticRun:
    """All that a report can show: timing-only rounds, linear, which examples were right."""
    run = make_run(("relu", "tanh", "linear", "placebo"), seeds=4, epochs=3, inference_rounds=7)
    noise = np.random.default_rng(0)
    records = [
        block.model_copy(
            update={
                "extra_slice_steps": (10,) * 5,
                "cells": tuple(
                    cell.model_copy(
                        update={
                            "extra_slice_s": tuple(0.05 * np.exp(noise.normal(0, 0.01, 5))),
                            "test_correct": pack(noise.random(200) < 0.9),
                            "validation_score": tuple(noise.uniform(0.9, 1.0, 3)),
                        }
                    )
                    for cell in block.cells
                ),
            }
        )
        for block in run.records
    ]
    config = {
        "activations": [{"name": label, "label": label} for label in ("relu", "tanh", "linear")],
        "verdict": {"target_accuracy": 0.95},
    }
    dataset = {
        setting: dataset.model_copy(update={"test": 200}) for setting, dataset in run.info.dataset.items()
    }
    return SyntheticRun(run.info.model_copy(update={"config": config, "dataset": dataset}), records)


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_order_changes_any_number(shuffler: random.Random) -> None:
    """Blocks and activations may come in any order."""
    run = make_full_run()
    blocks = [
        block.model_copy(update={"cells": tuple(shuffler.sample(block.cells, len(block.cells)))})
        for block in shuffler.sample(run.records, len(run.records))
    ]
    labels = shuffler.sample(run.info.activations, len(run.info.activations))
    info = run.info.model_copy(update={"activations": tuple(labels)})
    assert by_label(estimate_run(info, blocks, generalise=True)) == by_label(
        estimate_run(run.info, run.records, generalise=True)
    )


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_order_of_rounds_changes_any_number(shuffler: random.Random) -> None:
    """Epochs, timing-only and inference rounds may come in any order, the same one within a block."""
    run = make_full_run()
    info = run.info.model_copy(update={"config": {**run.info.config, "verdict": {}}})
    shuffled = [shuffle_rounds(block, shuffler) for block in run.records]
    assert by_label(estimate_run(info, shuffled)) == by_label(estimate_run(info, run.records))


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(4)))
def test_which_seed_is_called_which_is_irrelevant(names: list[int]) -> None:
    run = make_full_run()
    renamed = [
        block.model_copy(update={"seed": name}) for block, name in zip(run.records, names, strict=True)
    ]
    before, after = by_label(estimate_run(run.info, run.records)), by_label(estimate_run(run.info, renamed))
    for label, row_before in before.items():
        share = row_before.non_dominated  # a bootstrap over seeds: the same up to its draws
        assert after[label].non_dominated == (share if share is None else pytest.approx(share, abs=0.05))
        assert replace(after[label], non_dominated=share) == row_before


def test_the_global_rng_is_never_asked() -> None:
    run = make_full_run()
    alone = SyntheticRun(run.info, run.records[:1])  # where time ratios rest on a bootstrap
    for some in (run, alone):
        first = estimate_run(some.info, some.records, generalise=True)
        np.random.seed(123)  # noqa: NPY002 - what must not matter
        assert estimate_run(some.info, some.records, generalise=True) == first


def shuffle_rounds(block: BlockRecord, shuffler: random.Random) -> BlockRecord:
    epochs = np.arange(len(block.slice_steps)).reshape(-1, block.slices_per_epoch)
    slices = [int(i) for epoch in shuffler.sample(range(len(epochs)), len(epochs)) for i in epochs[epoch]]
    rounds = shuffler.sample(range(7), 7)
    extra = shuffler.sample(range(5), 5)
    cells = [
        cell.model_copy(
            update={
                "slice_s": tuple(cell.slice_s[i] for i in slices),
                "extra_slice_s": tuple(cell.extra_slice_s[i] for i in extra),
                "inference": tuple(
                    entry.model_copy(update={"latency_s": tuple(entry.latency_s[i] for i in rounds)})
                    for entry in cell.inference
                ),
            }
        )
        for cell in block.cells
    ]
    return block.model_copy(update={"cells": tuple(cells)})


def by_label(estimates: Estimates) -> dict[str, Row]:
    return {entry.activation: entry for entry in estimates.settings[0].rows}


def test_an_added_activation_changes_no_other_measured_figure() -> None:
    """It joins the family over which p is adjusted, and the front's rivals; all else stays, to the bit."""
    run = make_full_run()
    fewer = [
        block.model_copy(update={"cells": tuple(cell for cell in block.cells if cell.activation != "tanh")})
        for block in run.records
    ]
    info = run.info.model_copy(update={"activations": ("relu", "linear", "placebo")})
    with_it = by_label(estimate_run(run.info, run.records, generalise=True))
    without = by_label(estimate_run(info, fewer, generalise=True))
    assert set(with_it) - set(without) == {"tanh"}
    for label, found in without.items():
        assert unadjusted(found) == unadjusted(with_it[label])
    assert without["placebo"] == with_it["placebo"]  # a family of its own


def unadjusted(found: Row) -> Row:
    def alone(comparison: Comparison | None) -> Comparison | None:
        return comparison and replace(comparison, p_adjusted=None, verdict=None, seeds_needed=None)

    return replace(
        found,
        score_diff=alone(found.score_diff),
        train_time_ratio=alone(found.train_time_ratio),
        metrics=tuple(replace(entry, difference=alone(entry.difference)) for entry in found.metrics),
        inference=tuple(replace(entry, time_ratio=alone(entry.time_ratio)) for entry in found.inference),
        non_dominated=None,
    )
