import math

import pytest
from scipy import stats

from actbench.analysis.comparison.changes import Changes, RowChange, ScoreChange, TimeChange, Timed
from actbench.errors import EnvironmentMismatchError, NothingMeasuredError
from actbench.rng import generator
from actbench.stats.intervals import exact_interval, mean_interval
from actbench.stats.significance import sign_flip_p
from tests.analysis.comparison.two_runs import (
    LABELS,
    WOBBLE,
    compared,
    joined,
    small_run,
    with_timing,
    with_training,
)
from tests.factories import SyntheticRun, make_environment, make_run


def row(changes: Changes, label: str) -> RowChange:
    [setting] = changes.settings
    return next(entry for entry in setting.rows if entry.activation == label)


def accuracy(changes: Changes, label: str = "tanh") -> ScoreChange:
    found = row(changes, label).score
    assert found is not None
    return found


def time(changes: Changes, label: str = "tanh", timed: Timed = None) -> TimeChange:
    return next(change for change in row(changes, label).times if change.timed == timed)


def test_a_run_and_itself_are_identical_bit_for_bit() -> None:
    run = make_run(LABELS)
    changes = compared(run, run)
    for label in ("relu", "tanh"):
        assert accuracy(changes, label).identical
        assert accuracy(changes, label).comparison.interval == exact_interval(0.0)
        assert accuracy(changes, label).comparison.verdict == "EQUIVALENT"
        assert time(changes, label).comparison.interval.estimate == 1.0
    assert changes.left_out == ()
    assert changes.software == {}


def test_equal_accuracies_with_other_losses_are_a_tie_and_no_identity() -> None:
    old = small_run()
    cells = [
        record.model_copy(
            update={"cells": tuple(cell.model_copy(update={"test_loss": 0.3}) for cell in record.cells)}
        )
        for record in old.records
    ]
    change = accuracy(compared(old, SyntheticRun(old.info, cells)))
    assert not change.identical
    assert not change.comparison.interval.bounded
    assert change.comparison.verdict == "INCONCLUSIVE"


def test_accuracies_are_paired_by_seed() -> None:
    gains = (0.010, 0.012, 0.009, 0.011, 0.013, 0.008)
    old = small_run(accuracy=lambda _, seed: 0.80 + 0.02 * seed)
    new = small_run(accuracy=lambda label, seed: 0.80 + 0.02 * seed + (gains[seed] if label == "tanh" else 0))
    change = accuracy(compared(old, new))
    rounded = [0.80 + 0.02 * seed + gain - (0.80 + 0.02 * seed) for seed, gain in enumerate(gains)]
    assert change.pairs == 6
    assert change.comparison.interval == mean_interval(rounded)
    assert change.comparison.p == sign_flip_p(rounded, generator(0, "any")) == 2 / 2**6
    # Holm over two activations, of which the other is identical (p = 1)
    assert change.comparison.p_adjusted == 2 * 2 / 2**6
    assert change.comparison.verdict == "INCONCLUSIVE"


def test_only_seeds_that_ended_well_in_both_are_pairs() -> None:
    old = small_run(seeds=range(6), accuracy=lambda _, seed: None if seed == 5 else 0.9 + 0.001 * seed)
    new = small_run(seeds=range(2, 9), accuracy=lambda _, seed: 0.9 + 0.0011 * seed)
    changes = compared(old, new)
    assert accuracy(changes).pairs == 3
    assert accuracy(changes).comparison.interval.estimate == pytest.approx(0.0001 * (2 + 3 + 4) / 3)
    assert [(entry.side, entry.what) for entry in changes.left_out] == [
        ("old", "seeds 0, 1"),
        ("new", "seeds 6, 7, 8"),
    ]


def test_without_a_common_seed_the_samples_are_independent() -> None:
    old = small_run(seeds=range(6), accuracy=lambda _, seed: 0.90 + 0.001 * (seed % 3))
    new = small_run(seeds=range(6, 14), accuracy=lambda _, seed: 0.92 + 0.002 * (seed % 3))
    change = accuracy(compared(old, new))
    samples = [
        [0.92 + 0.002 * (seed % 3) for seed in range(6, 14)],
        [0.90 + 0.001 * (seed % 3) for seed in range(6)],
    ]
    expected = stats.ttest_ind(*samples, equal_var=False)
    low, high = expected.confidence_interval(0.95)
    assert change.pairs == 0
    assert change.comparison.p == pytest.approx(expected.pvalue)
    assert change.comparison.interval.ci_low == pytest.approx(low)
    assert change.comparison.interval.ci_high == pytest.approx(high)
    assert change.comparison.verdict == "BETTER"


def test_new_margins_decide() -> None:
    def run(margin: float) -> SyntheticRun:
        return small_run(
            accuracy=lambda _, seed: 0.9 + 0.001 * seed + 1e-5 * seed, config={"verdict": {"margin": margin}}
        )

    assert accuracy(compared(small_run(), run(0.001))).comparison.verdict == "EQUIVALENT"
    assert accuracy(compared(small_run(), run(1e-6))).comparison.verdict != "EQUIVALENT"
    assert compared(small_run(), run(0.002)).verdict.margin == 0.002


@pytest.mark.parametrize(("slowdown", "verdict"), [(1.1, "WORSE"), (1 / 1.1, "BETTER"), (1.0, "EQUIVALENT")])
def test_times_are_ratios_of_block_medians_on_the_log_scale(slowdown: float, verdict: str) -> None:
    changes = compared(small_run(), small_run(slowdown={"tanh": slowdown}))
    change = time(changes)
    logs = [math.log(wobble) for wobble in WOBBLE]
    low, high = stats.ttest_ind(
        [math.log(slowdown) + log for log in logs], logs, equal_var=False
    ).confidence_interval(0.95)
    assert change.comparison.interval.estimate == pytest.approx(slowdown)
    assert change.comparison.interval.ci_low == pytest.approx(math.exp(low))
    assert change.comparison.interval.ci_high == pytest.approx(math.exp(high))
    assert change.comparison.verdict == verdict
    assert row(changes, "tanh").new.seconds[None].estimate == pytest.approx(0.01 * slowdown, rel=1e-3)


def test_a_drift_of_the_session_is_in_the_ratio_and_not_relative_to_the_baseline() -> None:
    changes = compared(small_run(), small_run(slowdown={"tanh": 1.1}, drift=1.2))
    assert time(changes).comparison.interval.estimate == pytest.approx(1.32)
    assert time(changes).to_baseline is not None
    assert time(changes).to_baseline.estimate == pytest.approx(1.1)  # type: ignore[union-attr]
    assert time(changes, "relu").comparison.interval.estimate == pytest.approx(1.2)
    assert time(changes, "relu").to_baseline == exact_interval(1.0)
    assert changes.settings[0].placebo[None].estimate == pytest.approx(1.0)


def test_another_baseline_has_nothing_to_be_relative_to() -> None:
    changes = compared(small_run(), small_run(baseline="tanh"))
    assert changes.settings[0].baseline is None
    assert time(changes).to_baseline is None
    assert changes.settings[0].placebo == {}


def test_timing_only_slices_count_in_ratios_within_rounds_alone() -> None:
    old, new = small_run(), small_run()
    slower = [
        record.model_copy(
            update={
                "extra_slice_steps": (5,) * 6,
                "cells": tuple(
                    cell.model_copy(update={"extra_slice_s": (slow * WOBBLE[record.seed],) * 6})
                    for cell, slow in zip(record.cells, (0.1, 0.3, 0.1), strict=True)
                ),
            }
        )
        for record in new.records
    ]
    # two slices at 10 ms a step, then six at 20 (relu) and 60 (tanh), from caches that a put-back emptied
    changes = compared(old, SyntheticRun(new.info, slower))
    change = time(changes)
    assert change.comparison.interval.estimate == pytest.approx(1.0)
    assert change.to_baseline is not None
    assert change.to_baseline.estimate == pytest.approx(3.0)
    assert row(changes, "tanh").new.seconds[None].estimate == pytest.approx(0.01, rel=1e-3)


def test_inference_is_compared_by_batch_size() -> None:
    changes = compared(
        small_run(latency_s={1: 1e-4, 8: 2e-4}), small_run(latency_s={8: 3e-4, 1: 1e-4, 64: 1e-3})
    )
    assert time(changes, timed=1).comparison.interval.estimate == pytest.approx(1.0)
    assert time(changes, timed=8).comparison.interval.estimate == pytest.approx(1.5)
    assert [(entry.side, entry.what) for entry in changes.left_out] == [("new", "inference, batch size 64")]


def test_other_slices_leave_the_training_time_out_and_the_accuracy_in() -> None:
    old = small_run()
    new = with_timing(small_run(latency_s={}), "22222222", slices_per_epoch=1)
    one_slice = [
        record.model_copy(
            update={
                "slices_per_epoch": 1,
                "slice_steps": (20,),
                "cells": tuple(
                    cell.model_copy(update={"slice_s": (sum(cell.slice_s),)}) for cell in record.cells
                ),
            }
        )
        for record in new.records
    ]
    changes = compared(old, SyntheticRun(new.info, one_slice))
    assert accuracy(changes).identical
    assert row(changes, "tanh").times == ()
    [left_out] = changes.left_out
    assert (left_out.side, left_out.what) == ("both", "training step")
    assert "slices_per_epoch differs" in left_out.reason


def test_one_block_has_no_interval_and_is_inconclusive() -> None:
    changes = compared(small_run(seeds=[0]), small_run(seeds=[0], slowdown={"tanh": 2.0}))
    assert not time(changes).comparison.interval.bounded
    assert time(changes).comparison.interval.estimate == pytest.approx(2.0)
    assert time(changes).comparison.verdict == "INCONCLUSIVE"


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": "Other CPU"},
        {"cores": 4},
        {"intra_op_threads": 1},
        {"inter_op_threads": 1},
        {"device": "Example GPU"},
    ],
)
def test_times_of_another_machine_are_compared_only_where_that_is_accepted(change: dict[str, object]) -> None:
    old, new = small_run(), small_run(environment=make_environment(**change))
    changes = compared(old, new)
    assert accuracy(changes).identical
    assert row(changes, "tanh").times == ()
    assert changes.settings[0].placebo == {}
    [words] = changes.machines
    assert words.startswith(next(iter(change)))
    assert not changes.two_machines
    accepted = compared(old, new, accept_environment=True)
    assert accepted.two_machines
    assert time(accepted).comparison.interval.estimate == pytest.approx(1.0)


def test_another_engine_is_another_machine() -> None:
    old, new = small_run(), with_timing(small_run(), "22222222", engine="keras")
    changes = compared(old, new)
    assert accuracy(changes).identical
    assert row(changes, "tanh").times == ()
    assert changes.machines == ("engine 'compiled' and 'keras'",)
    accepted = compared(old, new, accept_environment=True)
    assert accepted.two_machines
    assert time(accepted).comparison.interval.estimate == pytest.approx(1.0)


def test_one_setting_with_another_engine_does_not_speak_for_the_others() -> None:
    same, before = with_training(small_run(), "a"), with_training(small_run(), "b", epochs=9)
    old, new = joined(same, before), joined(same, with_timing(before, "c", engine="keras"))
    refused, accepted = compared(old, new), compared(old, new, accept_environment=True)
    assert [bool(setting.rows[0].times) for setting in refused.settings] == [True, False]
    assert not refused.times_compared
    assert [setting.two_machines for setting in accepted.settings] == [False, True]


def test_accepting_changes_nothing_on_the_same_machine() -> None:
    assert compared(small_run(), small_run(), accept_environment=True) == compared(small_run(), small_run())


def test_software_may_differ_and_is_shown() -> None:
    packages = {**make_environment().packages, "tensorflow": "2.22.0"}
    new = small_run(environment=make_environment(packages=packages, variables={"OMP_NUM_THREADS": "1"}))
    changes = compared(small_run(), new)
    assert changes.machines == ()
    assert changes.software == {"tensorflow": ("2.21.0", "2.22.0"), "OMP_NUM_THREADS": ("not set", "1")}
    assert time(changes).comparison.verdict == "EQUIVALENT"


def test_several_settings_and_those_of_one_side() -> None:
    both, only_old, only_new = (
        with_training(small_run(), name, epochs=epochs) for name, epochs in (("a", 1), ("b", 2), ("c", 3))
    )
    changes = compared(joined(both, only_old), joined(only_new, both))
    assert [setting.pair.new.id for setting in changes.settings] == ["a"]
    assert {(entry.side, entry.setting) for entry in changes.left_out} == {("old", "b"), ("new", "c")}
    assert list(changes.new.figures) == ["c", "a"]


def test_divergence_is_counted() -> None:
    old = small_run(accuracy=lambda label, seed: None if (label, seed) == ("tanh", 0) else 0.9)
    new = small_run(accuracy=lambda label, seed: None if label == "tanh" and seed < 2 else 0.9)
    changed = row(compared(old, new), "tanh")
    assert (changed.old.diverged, changed.new.diverged, changed.score and changed.score.pairs) == (
        1,
        2,
        4,
    )
    assert changed.diverges_more
    assert not row(compared(new, old), "tanh").diverges_more


def test_a_setting_that_one_run_has_not_begun() -> None:
    begun, other = with_training(small_run(), "a"), with_training(small_run(), "b", epochs=9)
    planned = joined(begun, other)
    changes = compared(SyntheticRun(planned.info, begun.records), planned)
    assert [change.score is None for setting in changes.settings for change in setting.rows] == [
        False, False, True, True,
    ]  # fmt: skip


def test_nothing_measured() -> None:
    run = small_run()
    with pytest.raises(NothingMeasuredError):
        compared(run, SyntheticRun(run.info, []))


def test_a_run_of_two_machines() -> None:
    run = small_run()
    moved = run.records[1].model_copy(update={"environment": make_environment(cores=4)})
    with pytest.raises(EnvironmentMismatchError):
        compared(run, SyntheticRun(run.info, [run.records[0], moved]))


def test_the_order_of_records_changes_nothing() -> None:
    old, new = make_run(LABELS), make_run(LABELS, seeds=5)
    shuffled = compared(SyntheticRun(old.info, old.records[::-1]), SyntheticRun(new.info, new.records[::-1]))
    assert shuffled == compared(old, new)
