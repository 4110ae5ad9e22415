from typing import Any

from actbench.report import build
from tests.factories import SyntheticRun, make_info, make_run


def shown(run: SyntheticRun, form: str = "terminal", **options: Any) -> str:
    return build.render(build.build(run.info, run.records), form, **options)


def test_what_a_non_linearity_costs_is_explained_where_it_is_told() -> None:
    run = make_run(("relu", "linear", "placebo"), seeds=2)
    named = [{"name": name, "label": name} for name in ("relu", "linear")]
    beside_linear = make_info(("relu", "linear", "placebo"), seeds=2, config={"activations": named})
    assert "Cost: microseconds" not in shown(run, table="time")
    text = shown(SyntheticRun(beside_linear, run.records), table="time")
    assert "cost, µs per step" in text
    assert "Cost: microseconds" in text


def test_a_single_seed_warns_about_its_time_intervals() -> None:
    assert "With a single seed" in shown(make_run(("relu", "placebo"), seeds=1))
    assert "With a single seed" not in shown(make_run(("relu", "placebo"), seeds=2))
