import json
from typing import Any

import pytest

from actbench.report import build
from tests.factories import SyntheticRun, make_block, make_cell, make_failed_block, make_info, make_run

JUDGED = ("p", "p_adjusted", "verdict", "seeds_needed")


@pytest.fixture
def run() -> SyntheticRun:
    return make_run(("relu", "tanh", "elu", "placebo"), diverges=lambda label, _: label == "elu")


def read_json(run: SyntheticRun, table: str = "all") -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = build.render(build.build(run.info, run.records), "json", table)
    return json.loads(text, parse_constant=refuse)


def test_json_has_the_names_of_the_contract(run: SyntheticRun) -> None:
    content = read_json(run)
    assert list(content) == ["run", "placebo", "summary", "settings"]
    (setting,) = content["settings"]
    assert list(setting) == ["setting", "score", "activations", "timing_target", "tuning", "rows"]
    assert setting["timing_target"] is None
    tanh = next(row for row in setting["rows"] if row["activation"] == "tanh")
    assert {name: sorted(value) if isinstance(value, dict) else None for name, value in tanh.items()} == {
        "activation": None,
        "seeds": None,
        "pairs": None,
        "element_wise": None,
        "parameters": None,
        "accuracy": ["ci_high", "ci_low", "mean"],
        "accuracy_diff": sorted(["ci_high", "ci_low", "mean", *JUDGED]),
        "epoch_s": ["ci_high", "ci_low", "geometric_mean", "median"],
        "train_time_ratio": sorted(["ci_high", "ci_low", "estimate", *JUDGED]),
        "marginal_step_s": None,
        "compile_s": None,
        "non_dominated": None,
        "inference": None,
        "why": None,
        "probes": None,
        "test_loss": ["ci_high", "ci_low", "mean", "pairs", "seeds"],
        "test_loss_diff": sorted(["ci_high", "ci_low", "mean", *JUDGED]),
        "train_accuracy": ["ci_high", "ci_low", "mean", "pairs", "seeds"],
        "train_accuracy_diff": sorted(["ci_high", "ci_low", "mean", *JUDGED]),
        "status": None,
    }
    assert [sorted(entry) for entry in tanh["inference"]] == [
        ["batch_size", "items_per_s", "latency_p95_s", "latency_p99_s", "latency_s", "time_ratio"]
    ] * 2


def test_what_does_not_exist_is_null(run: SyntheticRun) -> None:
    rows = {row["activation"]: row for row in read_json(run)["settings"][0]["rows"]}
    assert rows["relu"]["accuracy_diff"] is None
    assert rows["elu"] == {
        "activation": "elu",
        "seeds": 0,
        "pairs": 0,
        "element_wise": None,
        "parameters": 118_282,
        "accuracy": None,
        "accuracy_diff": None,
        "epoch_s": None,
        "train_time_ratio": None,
        "marginal_step_s": None,
        "compile_s": 0.7,
        "non_dominated": None,
        "inference": [],
        "why": None,
        "probes": [],
        "test_loss": {"mean": None, "ci_low": None, "ci_high": None, "seeds": 0, "pairs": 0},
        "test_loss_diff": None,
        "train_accuracy": {"mean": None, "ci_low": None, "ci_high": None, "seeds": 0, "pairs": 0},
        "train_accuracy_diff": None,
        "status": "diverged 6 of 6",
    }


def test_json_says_what_the_run_was_and_what_failed(run: SyntheticRun) -> None:
    content = read_json(
        SyntheticRun(run.info, [*run.records[:-1], make_failed_block(seed=5, error="killed\nTraceback")])
    )
    assert content["run"]["run_id"] == "0123456789ab"
    assert content["run"]["blocks"] == {
        "planned": 6,
        "finished": 5,
        "failed": [{"block": "11111111-5", "error": "killed\nTraceback"}],
    }
    assert content["run"]["environment"]["packages"]["tensorflow"] == "2.21.0"
    assert content["placebo"]["settings"][0]["accuracy_equal"] is True


def test_json_says_how_far_the_timing_rounds_have_come(run: SyntheticRun) -> None:
    [setting] = run.info.settings
    timing = {**setting.description["timing"], "target_ci": 0.02, "budget_s": 120.0}
    timed = setting.model_copy(update={"description": {**setting.description, "timing": timing}})
    content = read_json(SyntheticRun(run.info.model_copy(update={"settings": (timed,)}), run.records))
    target = content["settings"][0]["timing_target"]
    assert list(target) == ["target_ci", "met", "ratios", "unknown", "widest"]
    # tanh and the placebo, training and two batch sizes; elu has none
    assert (target["target_ci"], target["ratios"], target["unknown"]) == (0.02, 6, 0)
    assert 0 < target["met"] < 6
    assert target["widest"] > 0.02


def test_a_placebo_that_diverged_with_its_original_has_no_accuracy_to_be_equal() -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=2, diverges=lambda label, _: label != "tanh")
    assert read_json(run)["placebo"]["settings"][0]["accuracy_equal"] is None


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_a_clock_that_stood_still_gives_null_and_not_nan() -> None:
    blocks = [
        make_block([make_cell("relu"), make_cell("tanh", slice_s=slice_s)], seed=seed)
        for seed, slice_s in enumerate([(0.0, 0.0), (0.1, 0.1)])
    ]
    run = SyntheticRun(make_info(("relu", "tanh"), placebo=None), blocks)
    tanh = next(row for row in read_json(run)["settings"][0]["rows"] if row["activation"] == "tanh")
    assert tanh["train_time_ratio"]["ci_low"] is None


def test_without_a_placebo_it_is_null() -> None:
    assert read_json(make_run(("relu", "tanh"), seeds=2))["placebo"] is None


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("accuracy", ["accuracy", "accuracy_diff"]),
        ("time", ["epoch_s", "train_time_ratio", "marginal_step_s", "compile_s"]),
        ("inference", ["inference"]),
        ("metrics", ["test_loss", "test_loss_diff", "train_accuracy", "train_accuracy_diff"]),
        ("pareto", ["accuracy", "train_time_ratio", "non_dominated"]),
    ],
)
def test_json_of_one_table(run: SyntheticRun, table: str, names: list[str]) -> None:
    row = read_json(run, table)["settings"][0]["rows"][0]
    assert list(row) == ["activation", "seeds", "pairs", "element_wise", "parameters", *names, "status"]
