import pytest

from actbench.datasets import describe
from actbench.execution import estimate
from actbench.execution.estimate import estimate_s, weights
from actbench.planned import Plan
from tests.blocks import block, cell


@pytest.fixture
def steady(monkeypatch):
    """A machine whose speed does not change between two estimates; a busy one may halve."""
    monkeypatch.setattr(estimate, "_product_flops_per_s", lambda: 1e11)


def plan(seeds, **values):
    blocks = tuple(block(cell("relu"), cell("tanh"), seed=seed, **values) for seed in range(seeds))
    return Plan(
        run_id="0" * 12, name="t", settings=(blocks[0].setting,), blocks=blocks, baseline="relu", placebo=None
    )


def describe_data(planned):
    return {setting.id: describe(setting.dataset.wanted()) for setting in planned.settings}


def seconds(seeds, **values):
    planned = plan(seeds, **values)
    return sum(estimate_s(planned.blocks, describe_data(planned)).values())


def test_this_machine_can_tell():
    assert 0 < seconds(1) < 3600


def test_what_is_finished_takes_no_time(steady):
    planned = plan(3)
    data = describe_data(planned)
    assert estimate_s((), data) == {}
    pending = planned.blocks[:1], planned.blocks
    [few], [all_of_it] = (estimate_s(blocks, data).values() for blocks in pending)
    assert few < all_of_it


def test_the_budget_of_timing_only_rounds_is_left_to_the_caller(steady):
    assert seconds(3, target_ci=0.01, budget_s=10_000) == seconds(3)


def test_more_work_takes_longer(steady):
    small = {"hidden_units": (256,), "train_samples": 50_000, "epochs": 10}
    few = seconds(2, **small)
    assert seconds(20, **small) > 2 * few
    assert seconds(2, **(small | {"hidden_units": (4096,)})) > 2 * few
    assert seconds(2, **small, engine="keras") > few


def test_each_setting_has_its_own_estimate(steady):
    small = plan(2).blocks
    wider = block(cell("relu"), cell("tanh"), hidden_units=(4096,), epochs=2000)
    other = wider.setting.model_copy(update={"id": "1a59e5e7"})
    large = wider.model_copy(update={"setting": other, "id": "1a59e5e7-0"})
    data = describe_data(plan(1))[small[0].setting.id]
    found = estimate_s((*small, large), {small[0].setting.id: data, "1a59e5e7": data})
    assert found.keys() == {small[0].setting.id, "1a59e5e7"}
    assert found["1a59e5e7"] > 2 * found[small[0].setting.id]


def test_blocks_weigh_as_much_as_there_is_to_do():
    first, second = (block(cell("relu"), seed=seed) for seed in (0, 1))
    longer = block(cell("relu"), seed=2, epochs=20)
    found = weights([first, second, longer], describe_data(plan(1)))
    assert 2 < found[longer.id] / found[second.id] < 20
    assert found[first.id] > found[second.id] + 8  # it starts the worker
