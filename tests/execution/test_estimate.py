import pytest

from actbench.execution import estimate
from actbench.execution.estimate import estimate_s
from actbench.plan import Plan
from actbench.planned_data import describe_data
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


def seconds(seeds, **values):
    planned = plan(seeds, **values)
    return estimate_s(planned, planned.blocks, describe_data(planned))


def test_this_machine_can_tell():
    assert 0 < seconds(1) < 3600


def test_what_is_finished_takes_no_time(steady):
    planned = plan(3)
    data = describe_data(planned)
    assert estimate_s(planned, (), data) == 0.0
    assert estimate_s(planned, planned.blocks[:1], data) < estimate_s(planned, planned.blocks, data)


def test_the_budget_of_timing_only_rounds_is_left_to_the_caller(steady):
    assert seconds(3, target_ci=0.01, budget_s=10_000) == seconds(3)


def test_more_work_takes_longer(steady):
    small = {"hidden_units": (256,), "train_samples": 50_000, "epochs": 10}
    few = seconds(2, **small)
    assert seconds(20, **small) > 2 * few
    assert seconds(2, **(small | {"hidden_units": (4096,)})) > 2 * few
    assert seconds(2, **small, engine="keras") > few
