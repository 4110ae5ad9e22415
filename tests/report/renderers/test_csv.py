"""The CSV format: the names of the JSON object, flattened."""

import csv
import io
import json

import pytest

from actbench.report import build
from tests.factories import (
    SyntheticRun,
    make_run,
)

SETTING = [
    "setting",
    "setting_id",
    "setting_dataset_name",
    "setting_dataset_validation",
    "setting_dataset_train_samples",
    "setting_dataset_test_samples",
    "setting_model_hidden_units",
    "setting_train_optimizer",
    "setting_train_learning_rate",
    "setting_train_batch_size",
    "setting_train_epochs",
    "setting_timing_engine",
    "setting_timing_slices_per_epoch",
    "setting_timing_inference_batch_sizes",
    "setting_timing_inference_rounds",
]


JUDGED = ("p", "p_adjusted", "verdict", "seeds_needed")


def figure(name: str, estimate: str, *more: str) -> list[str]:
    return [f"{name}_{part}" for part in (estimate, "ci_low", "ci_high", *more)]


ACCURACY = [*figure("accuracy", "mean"), *figure("accuracy_diff", "mean", *JUDGED)]


TIME = [
    "epoch_s_geometric_mean",
    *figure("epoch_s", "median"),
    *figure("train_time_ratio", "estimate", *JUDGED),
    "marginal_step_s_mean",
    *figure("marginal_step_s", "median"),
    "compile_s",
]


INFERENCE = [
    *("latency_s", "latency_p95_s", "latency_p99_s", "items_per_s"),
    *figure("time_ratio", "estimate", *JUDGED),
]


METRICS = [
    *figure("test_loss", "mean", "seeds", "pairs"),
    *figure("test_loss_diff", "mean", *JUDGED),
    *figure("train_accuracy", "mean", "seeds", "pairs"),
    *figure("train_accuracy_diff", "mean", *JUDGED),
]


@pytest.fixture
def run() -> SyntheticRun:
    return make_run(("relu", "tanh", "elu", "placebo"), diverges=lambda label, _: label == "elu")


def read_csv(run: SyntheticRun, table: str) -> list[dict[str, str]]:
    text = build.render(build.build(run.info, run.records), "csv", table)
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("accuracy", ["activation", "seeds", "pairs", "element_wise", "parameters", *ACCURACY, "status"]),
        ("time", ["activation", "seeds", "pairs", "element_wise", "parameters", *TIME, "status"]),
        (
            "inference",
            [
                "activation",
                "seeds",
                "pairs",
                "element_wise",
                "parameters",
                "batch_size",
                *INFERENCE,
                "status",
            ],
        ),
        ("metrics", ["activation", "seeds", "pairs", "element_wise", "parameters", *METRICS, "status"]),
        (
            "all",
            [
                *(
                    "activation",
                    "seeds",
                    "pairs",
                    "element_wise",
                    "parameters",
                    *ACCURACY,
                    *TIME,
                    "non_dominated",
                    "why",
                    *METRICS,
                ),
                *(f"inference_{size}_{name}" for size in (1, 128) for name in INFERENCE),
                "status",
            ],
        ),
    ],
)
def test_csv_flattens_the_same_names(run: SyntheticRun, table: str, names: list[str]) -> None:
    assert list(read_csv(run, table)[0]) == [*SETTING, *names]


def test_csv_and_json_hold_the_same_figures_unrounded(run: SyntheticRun) -> None:
    content = json.loads(build.render(build.build(run.info, run.records), "json"))
    rows = content["settings"][0]["rows"]
    accuracy, inference, flat = (read_csv(run, table) for table in ("accuracy", "inference", "all"))
    assert [float(row["accuracy_mean"]) for row in accuracy[:3]] == [
        row["accuracy"]["mean"] for row in rows[:3]
    ]
    assert [(row["activation"], row["batch_size"]) for row in inference] == [
        (row["activation"], size) for row in rows for size in ("1", "128")
    ]
    assert float(inference[1]["latency_s"]) == rows[0]["inference"][1]["latency_s"]
    assert float(flat[0]["inference_128_latency_s"]) == rows[0]["inference"][1]["latency_s"]
    assert float(flat[1]["train_time_ratio_ci_low"]) == rows[1]["train_time_ratio"]["ci_low"]


def test_csv_leaves_empty_what_does_not_exist(run: SyntheticRun) -> None:
    rows = {row["activation"]: row for row in read_csv(run, "all")}
    assert {rows["relu"][name] for name in ACCURACY[3:]} == {""}
    missing = [*ACCURACY, *TIME[:-1], "inference_1_items_per_s", "test_loss_mean", "test_loss_diff_verdict"]
    assert {rows["elu"][name] for name in missing} == {""}
    assert rows["elu"]["status"] == "diverged 6 of 6"


def test_csv_has_a_row_per_setting_and_activation() -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=2, settings=("22222222", "11111111"))
    assert [(row["setting_id"], row["setting_model_hidden_units"]) for row in read_csv(run, "time")] == [
        *[("22222222", "[128, 128]")] * 3,
        *[("11111111", "[128, 128]")] * 3,
    ]


def test_the_files_of_a_run_are_what_csv_prints() -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=2, probed=True)
    built = build.build(run.info, run.records)
    assert build.table_files(run.info, run.records) == {
        "accuracy.csv": build.render(built, "csv", "accuracy"),
        "time.csv": build.render(built, "csv", "time"),
        "inference.csv": build.render(built, "csv", "inference"),
        "metrics.csv": build.render(built, "csv", "metrics"),
        "pareto.csv": build.render(built, "csv", "pareto"),
        "why.csv": build.render(built, "csv", "why"),
    }
