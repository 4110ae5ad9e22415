import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from actbench.analysis.figures import TimingTarget
from actbench.analysis.run import estimate_run
from actbench.analysis.verdicts import Comparison
from actbench.records.block import BlockRecord, Cell
from actbench.records.run import RunInfo
from actbench.stats.intervals import Interval, exact_interval, student_mean
from tests.analysis.rows import blocks_of, interval, ratio_interval, row
from tests.factories import make_block, make_cell, make_info


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
        expected = ratio_interval([math.sqrt(3 * 30), 5.0])
        assert row("relu", self.BLOCKS).epoch_s == expected
        assert expected.estimate == pytest.approx(math.sqrt(math.sqrt(90) * 5))

    def test_ratio_pairs_slices_of_the_same_round(self) -> None:
        ratio = interval(row("tanh", self.BLOCKS).train_time_ratio)
        assert ratio == ratio_interval([2.0, 4.0])
        assert ratio.estimate == pytest.approx(math.sqrt(8))

    def test_p_is_of_the_t_test_over_seeds(self) -> None:
        ratio = row("tanh", self.BLOCKS).train_time_ratio
        assert ratio is not None
        assert ratio.p == student_mean([math.log(2), math.log(4)]).p

    def test_the_baseline_is_exactly_one(self) -> None:
        one = Comparison(exact_interval(1.0), p=None, p_adjusted=None, verdict=None)
        assert row("relu", self.BLOCKS).train_time_ratio == one
        assert row("relu", self.BLOCKS[:1]).train_time_ratio == one

    def test_compile_time_is_the_median_where_it_compiled(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(compile_s=value) for value in (0.7, None, 0.9, 2.0)],
            tanh=[make_cell("tanh")] * 4,
        )
        assert row("relu", blocks).compile_s == 0.9
        assert row("tanh", blocks).compile_s is None

    @pytest.mark.parametrize(
        ("ratio", "verdict", "with_a_margin_of_5_percent"),
        [
            (1.100, "WORSE", "WORSE"),
            (1.030, "WORSE", "EQUIVALENT"),
            (1.0105, "INCONCLUSIVE", "EQUIVALENT"),  # slower for sure, but a process may cost 1 %
            (1.005, "EQUIVALENT", "EQUIVALENT"),
            (0.995, "EQUIVALENT", "EQUIVALENT"),
            (0.900, "BETTER", "BETTER"),
        ],
    )
    def test_verdicts(self, ratio: float, verdict: str, with_a_margin_of_5_percent: str) -> None:
        noise = (0.998, 0.999, 1.000, 1.000, 1.001, 1.002)
        blocks = blocks_of(
            relu=[make_cell() for _ in noise],
            tanh=[make_cell("tanh", slice_s=(0.1 * ratio * factor,) * 2) for factor in noise],
        )
        config = {"verdict": {"time_margin": 0.05}}
        found = [row("tanh", blocks, **options).train_time_ratio for options in ({}, {"config": config})]
        assert [entry and entry.verdict for entry in found] == [verdict, with_a_margin_of_5_percent]

    @pytest.mark.parametrize(("alpha", "verdict"), [(0.05, "WORSE"), (0.01, "INCONCLUSIVE")])
    def test_p_must_be_at_most_alpha(self, alpha: float, verdict: str) -> None:
        # 4 % slower, standard error 0.6 %: p is 0.02 with 2 degrees of freedom.
        tanh = [make_cell("tanh", slice_s=(0.104 * factor,) * 2) for factor in (0.99, 1.0, 1.01)]
        blocks = blocks_of(relu=[make_cell() for _ in tanh], tanh=tanh)
        ratio = row("tanh", blocks, config={"verdict": {"alpha": alpha}}).train_time_ratio
        assert ratio is not None
        assert (ratio.p, ratio.verdict) == (pytest.approx(0.02, abs=0.005), verdict)

    def test_the_margin_is_a_ratio(self) -> None:
        # 1.55 is beyond 1.5, though log(1.55) is 0.44; the margin's other end is 1 / 1.5.
        for ratio, verdict in ((1.55, "WORSE"), (1.45, "EQUIVALENT"), (0.69, "EQUIVALENT"), (0.64, "BETTER")):
            tanh = [make_cell("tanh", slice_s=(0.1 * ratio * factor,) * 2) for factor in (0.999, 1.0, 1.001)]
            blocks = blocks_of(relu=[make_cell() for _ in tanh], tanh=tanh)
            found = row("tanh", blocks, config={"verdict": {"time_margin": 0.5}}).train_time_ratio
            assert found is not None
            assert found.verdict == verdict

    def test_a_single_seed_speaks_through_its_rounds(self) -> None:
        noise = np.exp(np.random.default_rng(0).normal(0, 0.01, 40))
        blocks = blocks_of(
            relu=[make_cell(slice_s=(1.0,) * 40)], tanh=[make_cell("tanh", slice_s=tuple(2 * noise))]
        )
        ratio = row("tanh", blocks).train_time_ratio
        assert ratio is not None
        assert ratio.interval.ci_low is not None
        assert 1.9 < ratio.interval.ci_low < 2 < (ratio.interval.ci_high or 0) < 2.1
        assert (ratio.verdict, ratio.seeds_needed) == ("WORSE", None)


class TestEarlyStopping:
    """One of the two trained for fewer epochs."""

    def test_a_ratio_is_taken_in_the_rounds_that_both_ran(self) -> None:
        # ratios 2, 2, then rounds that relu no longer ran, then 3, 3, 3 in timing-only rounds
        stopped = make_cell(slice_s=(1.0, 1.0), extra_slice_s=(1.0, 1.0, 1.0))
        longer = make_cell("tanh", slice_s=(2.0, 2.0, 50.0, 50.0), extra_slice_s=(3.0, 3.0, 3.0))
        blocks = blocks_of(relu=[stopped] * 2, tanh=[longer] * 2)
        tanh = row("tanh", blocks)
        assert interval(tanh.train_time_ratio).estimate == pytest.approx(3.0)
        assert interval(row("relu", blocks, against="tanh").train_time_ratio).estimate == pytest.approx(1 / 3)
        assert tanh.epoch_s is not None
        assert tanh.epoch_s.estimate == pytest.approx((4.0 * 100.0) ** 0.5)


class TestExtraRounds:
    """Timing-only slices after the training."""

    BLOCKS = blocks_of(
        relu=[make_cell(slice_s=(1.0, 1.0), extra_slice_s=(1.0, 2.0, 4.0)) for _ in range(2)],
        # Ratios 9, 9 while training, then 2, 3, 5: median 5; without the extra ones 9.
        tanh=[make_cell("tanh", slice_s=(9.0, 9.0), extra_slice_s=(2.0, 6.0, 20.0)) for _ in range(2)],
    )

    def test_enter_the_ratio(self) -> None:
        assert interval(row("tanh", self.BLOCKS).train_time_ratio).estimate == pytest.approx(5.0)

    def test_are_no_part_of_an_epoch(self) -> None:
        epoch_s = row("tanh", self.BLOCKS).epoch_s
        assert epoch_s is not None
        assert epoch_s.estimate == pytest.approx(18.0)

    def test_blocks_may_have_different_numbers_of_them(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(extra_slice_s=(0.1,) * extra) for extra in (0, 1, 3)],
            tanh=[make_cell("tanh", extra_slice_s=(0.4,) * extra) for extra in (0, 1, 3)],
        )
        # Ratios 1, 1, then 1, 1, 4, then 1, 1, 4, 4, 4.
        assert interval(row("tanh", blocks).train_time_ratio) == ratio_interval([1.0, 1.0, 4.0])

    def test_of_inference_lie_beside_the_others(self) -> None:
        latencies = ([1.0, 1.0], [1.0, 1.0, 3.0, 3.0, 3.0])
        blocks = blocks_of(
            relu=[make_cell(latency_s={1: [1.0] * len(values)}) for values in latencies],
            tanh=[make_cell("tanh", latency_s={1: values}) for values in latencies],
        )
        (entry,) = row("tanh", blocks).inference
        assert interval(entry.time_ratio) == ratio_interval([1.0, 3.0])
        assert entry.latency_s == 1.0  # of seven

    def test_a_training_that_diverged_has_none(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(extra_slice_s=(0.1, 0.1)), make_cell(extra_slice_s=(0.1, 0.1))],
            tanh=[
                make_cell("tanh", accuracy=None, slice_s=(0.1,)),
                make_cell("tanh", slice_s=(0.2, 0.2), extra_slice_s=(0.2, 0.2)),
            ],
        )
        assert interval(row("tanh", blocks).train_time_ratio).estimate == pytest.approx(2.0)


CONFIG = {"activations": [{"name": "relu", "label": "relu"}, {"name": "linear", "label": "identity"}]}


class TestMarginalCost:
    def marginal(self, label: str, blocks: list[BlockRecord], **options: Any) -> Interval | None:
        given = {"activations": ("relu", "identity", "placebo"), "config": CONFIG, **options}
        return row(label, blocks, **given).marginal_step_s

    def blocks(self) -> list[BlockRecord]:
        """Ten steps a slice: relu's take 0.1, 0.3 and 0.2 s longer than linear's, then 0.4 s each."""
        return blocks_of(
            relu=[make_cell(slice_s=(1.1, 2.3, 3.2, 4.2)), make_cell(slice_s=(1.4, 1.4, 1.4, 1.4))],
            tanh=[
                make_cell("identity", slice_s=(1.0, 2.0, 3.0, 4.0)),
                make_cell("identity", slice_s=(1.0,) * 4),
            ],
        )

    def test_is_per_step_and_beyond_linear_in_the_same_round(self) -> None:
        marginal = self.marginal("relu", self.blocks())
        assert marginal is not None
        assert marginal.estimate == pytest.approx((0.02 + 0.04) / 2)
        # Student's t with 1 degree, of two seeds' medians.
        assert marginal.ci_high == pytest.approx(0.03 + 12.7062 * 0.01, abs=1e-6)

    def test_whatever_the_others_are_compared_with(self) -> None:
        blocks = self.blocks()
        assert self.marginal("relu", blocks, against="identity") == self.marginal("relu", blocks)

    def test_linear_has_none_beyond_itself(self) -> None:
        assert self.marginal("identity", self.blocks()) is None

    def test_none_without_a_linear(self) -> None:
        config = {"activations": [{"name": "relu", "label": "relu"}, {"name": "tanh", "label": "identity"}]}
        assert self.marginal("relu", self.blocks(), config=config) is None
        assert self.marginal("relu", self.blocks(), config={}) is None

    def test_slices_and_extra_rounds_may_have_other_numbers_of_steps(self) -> None:
        cells: list[Cell] = [
            make_cell(slice_s=(2.0, 3.0), extra_slice_s=(4.0,)),
            make_cell("identity", slice_s=(1.0, 1.0), extra_slice_s=(1.0,)),
            make_cell("placebo", slice_s=(2.0, 3.0), extra_slice_s=(4.0,)),
        ]
        block = make_block(cells).model_copy(update={"slice_steps": (10, 40), "extra_slice_steps": (50,)})
        # 1 s of 10 steps, 2 of 40, 3 of 50: 0.1, 0.05 and 0.06.
        assert self.marginal("relu", [block]) == Interval(pytest.approx(0.06), None, None)  # type: ignore[arg-type]

    def test_needs_a_seed_in_which_both_ended_well(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(), make_cell(accuracy=None, slice_s=(0.1,))],
            tanh=[make_cell("identity", accuracy=None, slice_s=()), make_cell("identity")],
        )
        assert self.marginal("relu", blocks) is None


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
        assert interval(entry.time_ratio) == exact_interval(1.0)
        (entry,) = row("tanh", blocks).inference
        assert interval(entry.time_ratio).estimate == pytest.approx(2.0)

    def test_a_seed_that_was_timed_longer_has_no_more_say_in_the_percentiles(self) -> None:
        latencies = [[0.001] * 10, [0.003] * 100]
        blocks = blocks_of(
            relu=[make_cell(latency_s={4: latency}) for latency in latencies],
            tanh=[make_cell("tanh", latency_s={4: latency}) for latency in latencies],
        )
        (entry,) = row("relu", blocks).inference
        assert entry.latency_s == pytest.approx(0.002)

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
        assert [interval(entry.time_ratio).estimate for entry in entries] == pytest.approx([3.0, 2.0])

    def test_batch_sizes_have_verdicts_of_their_own(self) -> None:
        blocks = blocks_of(
            relu=[make_cell(latency_s={1: [1.0], 8: [1.0]}) for _ in range(4)],
            tanh=[make_cell("tanh", latency_s={1: [2.0 + i / 100], 8: [1 + i / 1000]}) for i in range(4)],
        )
        entries = row("tanh", blocks).inference
        assert [entry.time_ratio and entry.time_ratio.verdict for entry in entries] == ["WORSE", "EQUIVALENT"]


# Seconds, a seed each; their ratios to relu's 1 s are known to about 0.6, 13 and 0.06 %.
NARROW, WIDE, NARROWEST = (1.0, 1.001), (1.0, 1.02), (1.0, 1.0001)


def info_with_target(target: Mapping[str, Any], labels: Sequence[str], sizes: Sequence[int]) -> RunInfo:
    plain = make_info(labels, seeds=2, inference_batch_sizes=sizes)
    description = plain.settings[0].description
    timed = {**description, "timing": {**description["timing"], **target}}
    return plain.model_copy(
        update={"settings": (plain.settings[0].model_copy(update={"description": timed}),)}
    )


def reached(
    seconds: Mapping[str, Sequence[float | None]],
    calls: Mapping[str, Sequence[float]] | None = None,
    target: Mapping[str, Any] | None = None,
    against: str | None = None,
) -> TimingTarget | None:
    """By label: seconds of each seed's slices (None: it diverged), and of its calls at one batch size."""
    blocks = [
        make_block(
            [
                make_cell(
                    label,
                    accuracy=None if own[seed] is None else 0.9,
                    slice_s=[own[seed] or 0.1] * 2,
                    latency_s={8: [calls[label][seed]]} if calls else {},
                )
                for label, own in seconds.items()
            ],
            seed=seed,
        )
        for seed in (0, 1)
    ]
    asked = {"target_ci": 0.01, "budget_s": 120.0} if target is None else target
    run = info_with_target(asked, tuple(seconds), [8] if calls else [])
    return estimate_run(run, blocks, against=against).settings[0].timing_target


def half_width(ratios: Sequence[float]) -> float:
    interval = ratio_interval(ratios)
    assert interval.ci_low is not None
    return math.exp(math.log(interval.estimate) - math.log(interval.ci_low)) - 1


def test_half_widths_of_all_ratios_are_counted_the_placebo_s_too() -> None:
    found = reached(
        {"relu": (1.0, 1.0), "tanh": NARROW, "placebo": NARROW},
        {"relu": (1.0, 1.0), "tanh": WIDE, "placebo": NARROWEST},
    )
    assert found == TimingTarget(0.01, met=3, ratios=4, unknown=0, widest=pytest.approx(half_width(WIDE)))  # type: ignore[arg-type]


def test_a_ratio_without_an_interval_has_not_met_it() -> None:
    found = reached({"relu": (1.0, 1.0), "tanh": (1.5, 1.5), "placebo": NARROW})
    assert found == TimingTarget(0.01, met=1, ratios=2, unknown=1, widest=pytest.approx(half_width(NARROW)))  # type: ignore[arg-type]


def test_what_always_diverged_has_no_ratio() -> None:
    found = reached({"relu": (1.0, 1.0), "tanh": (None, None), "placebo": NARROW})
    assert found is not None
    assert (found.met, found.ratios) == (1, 1)


def test_without_the_baseline_there_is_none_at_all() -> None:
    found = reached({"relu": (None, None), "tanh": NARROW, "placebo": NARROW})
    assert found == TimingTarget(0.01, met=0, ratios=0, unknown=0, widest=None)


def test_it_is_about_the_config_s_baseline_whatever_is_compared_with() -> None:
    seconds = {"relu": (1.0, 1.0), "tanh": WIDE, "placebo": NARROW}
    assert reached(seconds, against="tanh") == reached(seconds)


@pytest.mark.parametrize("target", [{}, {"target_ci": None, "budget_s": None}])
def test_without_a_target_there_is_nothing_to_reach(target: Mapping[str, Any]) -> None:
    assert reached({"relu": (1.0, 1.0), "tanh": NARROW, "placebo": NARROW}, target=target) is None
