import pytest

from actbench.config.schema.train import EarlyStoppingConfig
from actbench.datasets.dataset import describe
from actbench.execution.estimate import (
    OTHER_MACHINE,
    REFERENCE,
    SAME_MACHINE,
    Basis,
    Costs,
    block_weights,
    derive_costs,
    estimate_times,
    reference_basis,
    step_flops,
)
from actbench.plan.models import Plan
from actbench.records.block import Inference
from tests.blocks import block, cell
from tests.fake_worker import record_of
from tools.reference_costs import reference_costs

COSTS = Costs(
    start_s=10.0,
    compile_s=2.0,
    call_compile_s=0.5,
    step_s=0.01,
    step_flops=1e6,
    call_s=0.001,
    evaluation_share=0.5,
    rest_s=0.25,
)


def plan(seeds, **values):
    blocks = tuple(block(cell("relu"), cell("tanh"), seed=seed, **values) for seed in range(seeds))
    return Plan(
        run_id="0" * 12, name="t", settings=(blocks[0].setting,), blocks=blocks, baseline="relu", placebo=None
    )


def describe_data(planned):
    return {setting.id: describe(setting.dataset.spec()) for setting in planned.settings}


def estimated(planned, basis=None, blocks=None):
    bases = {setting.id: basis or reference_basis(setting) for setting in planned.settings}
    return estimate_times(planned.blocks if blocks is None else blocks, describe_data(planned), bases)


def seconds(seeds, **values):
    [found] = estimated(plan(seeds, **values)).values()
    return found.seconds


def measured(planned, **changes):
    """Return records of the planned blocks; only the first has started a worker and compiled."""
    records = [record_of(each) for each in planned.blocks]
    first = records[0]
    phases = first.phases.model_copy(
        update={"wall_s": 13.0, "import_s": 4.0, "data_s": 1.0, "compile_s": 5.0}
    )
    cells = tuple(
        own.model_copy(
            update={
                "compile_s": 2.0,
                "inference": (
                    Inference(batch_size=1, latency_s=(0.001, 0.003), compile_s=0.25),
                    Inference(batch_size=8, latency_s=(0.1, 0.1), compile_s=0.75),
                ),
            }
        )
        for own in first.cells
    )
    return [first.model_copy(update={"phases": phases, "cells": cells, **changes}), *records[1:]]


def test_the_constants_are_those_of_the_shipped_reference_run():
    assert REFERENCE["compiled"] == reference_costs()


def test_the_reference_run_is_estimated_as_long_as_it_took():
    # 1:53 without the compilation and the start: ten blocks of fourteen activations
    wide = {"hidden_units": (128, 128), "train_samples": 55_000, "validation": 5000, "batch_size": 128}
    [found] = estimated(plan(10, **wide, epochs=5, inference_rounds=50)).values()
    assert found.lower_s < 2 / 14 * 240 < found.upper_s


def test_what_is_finished_takes_no_time():
    planned = plan(3)
    assert estimated(planned, blocks=()) == {}
    few, all_of_it = (estimated(planned, blocks=blocks) for blocks in (planned.blocks[:1], planned.blocks))
    [first], [second] = few.values(), all_of_it.values()
    assert first.seconds < second.seconds


def test_the_time_is_that_of_starts_compilations_steps_calls_and_the_rest():
    planned = plan(2, inference_batch_sizes=(1,), inference_rounds=3, epochs=2, batch_size=64)
    [setting] = planned.settings
    data = describe_data(planned)[setting.id]
    same = Costs(**{**vars(COSTS), "step_flops": step_flops(setting, data)})
    [found] = estimated(planned, Basis(same, "here", SAME_MACHINE)).values()
    steps = 2 * -(-500 // 64)
    training_s = steps * 0.01
    call_s = 0.001 + 0.009 * 2 / 6 / (500 / 8)  # two of six operations, for one example of a step's 62.5
    block_s = 2 * (1.5 * training_s + 3 * call_s + 0.25)
    assert found.seconds == pytest.approx(10 + 2 * (2.0 + 0.5) + 2 * block_s)
    assert found.lower_s == pytest.approx(found.seconds / SAME_MACHINE)
    assert found.upper_s == pytest.approx(found.seconds * SAME_MACHINE)
    assert found.source == "here"


def test_the_range_is_wider_for_another_machine_and_for_steps_of_another_size():
    [far] = estimated(plan(1)).values()
    [small] = estimated(plan(1), Basis(COSTS, "here", SAME_MACHINE)).values()
    assert far.upper_s / far.seconds >= OTHER_MACHINE
    assert far.source == "the reference run of another machine"
    assert SAME_MACHINE < small.upper_s / small.seconds <= 2 * SAME_MACHINE
    assert small.upper_s / small.seconds == pytest.approx(small.seconds / small.lower_s)


def test_early_stopping_lowers_the_least_time_only():
    plain, stopped = (
        estimated(plan(1, epochs=50, early_stopping=stopping))
        for stopping in (None, EarlyStoppingConfig(patience=3))
    )
    [all_epochs], [fewer] = plain.values(), stopped.values()
    assert (fewer.seconds, fewer.upper_s) == (all_epochs.seconds, all_epochs.upper_s)
    assert fewer.lower_s < all_epochs.lower_s


def test_the_budget_of_timing_only_rounds_is_left_to_the_caller():
    assert seconds(3, target_ci=0.01, budget_s=10_000) == seconds(3)


def test_what_only_trains_is_spared_the_inference():
    planned = plan(2)
    alone = tuple(each.model_copy(update={"training_only": True}) for each in planned.blocks)
    [whole], [fewer] = estimated(planned).values(), estimated(planned, blocks=alone).values()
    assert fewer.seconds < whole.seconds


def test_more_work_takes_longer():
    small = {"hidden_units": (256,), "train_samples": 50_000, "epochs": 10}
    few = seconds(2, **small)
    assert seconds(20, **small) > 2 * few
    assert seconds(2, **(small | {"hidden_units": (4096,)})) > 2 * few
    assert seconds(2, **small, engine="keras") > few


def test_each_setting_has_its_own_estimate():
    small = plan(2).blocks
    wider = block(cell("relu"), cell("tanh"), hidden_units=(4096,), epochs=2000)
    other = wider.setting.model_copy(update={"id": "1a59e5e7"})
    large = wider.model_copy(update={"setting": other, "id": "1a59e5e7-0"})
    data = describe_data(plan(1))[small[0].setting.id]
    bases = {setting.id: reference_basis(setting) for setting in (small[0].setting, other)}
    found = estimate_times((*small, large), {small[0].setting.id: data, "1a59e5e7": data}, bases)
    assert found.keys() == {small[0].setting.id, "1a59e5e7"}
    assert found["1a59e5e7"].seconds > 2 * found[small[0].setting.id].seconds


def test_costs_are_those_of_the_records():
    planned = plan(2)
    [setting] = planned.settings
    data = describe_data(planned)[setting.id]
    costs = derive_costs(setting, data, measured(planned))
    assert costs == Costs(
        start_s=5.0,
        compile_s=2.0,
        call_compile_s=0.5,
        step_s=0.125,  # half a second for four steps
        step_flops=step_flops(setting, data),
        call_s=0.002,  # of the smallest batch size
        evaluation_share=pytest.approx((0.2 + 0.2) / 4.0),
        rest_s=pytest.approx((0.3 + 0.3) / 4),  # four trainings
    )


def test_the_harness_of_a_short_run_is_not_multiplied_by_the_length_of_the_training():
    planned, longer = plan(2), plan(2, epochs=100)
    [setting] = planned.settings
    records = []
    for record in measured(planned):
        phases = record.phases.model_copy(update={"wall_s": record.phases.wall_s + 30.0})
        records.append(record.model_copy(update={"phases": phases}))
    data = describe_data(planned)[setting.id]
    plain, slow = (derive_costs(setting, data, found) for found in (measured(planned), records))
    [quick], [found] = (estimated(longer, Basis(costs, "here", 2.0)).values() for costs in (plain, slow))
    assert found.seconds == pytest.approx(quick.seconds + 2 * 30.0)


def test_what_the_records_do_not_tell_is_that_of_the_reference():
    planned = plan(1)
    [setting] = planned.settings
    data = describe_data(planned)[setting.id]
    costs, other = derive_costs(setting, data, [record_of(planned.blocks[0])]), REFERENCE["compiled"]
    assert costs is not None
    told = (costs.start_s, costs.compile_s, costs.call_compile_s, costs.call_s)
    assert told == (other.start_s, other.compile_s, other.call_compile_s, other.call_s)
    assert derive_costs(setting, data, []) is None
    assert derive_costs(setting.model_copy(update={"id": "another"}), data, measured(planned)) is None


def test_blocks_weigh_as_much_as_there_is_to_do():
    first, second = (block(cell("relu"), seed=seed) for seed in (0, 1))
    longer = block(cell("relu"), seed=2, epochs=200)
    found = block_weights([first, second, longer], describe_data(plan(1)))
    assert 2 < found[longer.id] / found[second.id] < 200
    start_s = REFERENCE["compiled"].start_s + REFERENCE["compiled"].compile_s
    assert found[first.id] > found[second.id] + start_s  # it starts the worker
