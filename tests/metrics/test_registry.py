"""A metric is one declaration and one registration: the engine measures it, every report shows it."""

import csv
import io
import json
from dataclasses import replace

import pytest

from actbench.errors import DataError
from actbench.execution.protocol import Finished
from actbench.metrics.classification import TOP5_ACCURACY
from actbench.metrics.metric import Metric
from actbench.metrics.registry import (
    METRICS,
    metric_name_clash,
    metrics_for,
    parse_metric_name,
    register,
    score_name,
    unregister,
)
from actbench.metrics.regression import MAE, RMSE
from actbench.records.run import TargetInfo
from actbench.report import build
from actbench.workflows.run import run_benchmark


def within_one(ops, seen):
    return ops.mean(ops.abs(seen.predicted - seen.y) <= 1)


WITHIN_ONE = Metric(
    name="within_one",
    title="within 1",
    target="number",
    unit="share",
    larger_is_better=True,
    range=(0.0, 1.0),
    measure=within_one,
)


def balanced_accuracy(ops, seen):
    """Mean over the classes of the share of their examples that were classified right."""
    return ops.mean(
        ops.stack([ops.mean(seen.predicted[seen.y == each] == each) for each in ops.unique(seen.y)])
    )


BALANCED = replace(
    WITHIN_ONE,
    name="balanced_accuracy",
    title="balanced accuracy",
    target="classes",
    measure=balanced_accuracy,
    fewest_classes=3,
)


@pytest.fixture
def registered():
    for metric in (WITHIN_ONE, BALANCED):
        register(metric)
    yield
    for metric in (WITHIN_ONE, BALANCED):
        unregister(metric.name)


def measure_here(blocks):
    from actbench.engine.runner import Measurer

    measurer = Measurer(import_s=0.0)
    for block in blocks:
        yield Finished(record=measurer.measure(block, lambda _: None))


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("data", "name", "title", "order"),
    [
        ({"name": "friedman1", "samples": 120}, "within_one", "test within 1 %", ["r2", "rmse", "mae"]),
        (
            {"name": "mnist", "train_samples": 200, "validation": 50, "test_samples": 200},
            "balanced_accuracy",
            "test balanced accuracy %",
            ["accuracy", "top5_accuracy"],
        ),
    ],
)
def test_a_new_metric_is_recorded_and_shown_everywhere(registered, tmp_path, data, name, title, order):
    config = {
        "name": "tiny",
        "dataset": data,
        "model": {"hidden_units": [4]},
        "activations": ["relu", "tanh"],
        "baseline": "relu",
        "placebo": False,
        "train": {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": 1},
        "seeds": 2,
        "timing": {"slices_per_epoch": 1, "inference_batch_sizes": []},
        "probes": False,
    }
    run = run_benchmark(config, tmp_path, execute=measure_here)
    figures = [cell.test_metrics[name] for record in run.records for cell in record.cells]
    assert len(figures) == 4
    assert all(0 <= figure <= 1 for figure in figures)
    assert [list(cell.test_metrics) for record in run.records for cell in record.cells] == [
        [*order, name]
    ] * 4

    report = build.build(run.info, run.records)
    assert title in build.render(report, "terminal", "metrics", width=200)
    rows = json.loads(build.render(report, "json", "metrics"))["settings"][0]["rows"]
    relu = next(row for row in rows if row["activation"] == "relu")
    own = [
        cell.test_metrics[name]
        for record in run.records
        for cell in record.cells
        if cell.activation == "relu"
    ]
    assert relu[name]["mean"] == pytest.approx(sum(own) / 2)
    tanh = next(row for row in rows if row["activation"] == "tanh")
    assert "verdict" in tanh[f"{name}_diff"]
    for row in csv.DictReader(io.StringIO(build.render(report, "csv", "metrics"))):
        assert {f"{name}_mean", f"{name}_ci_low", f"{name}_diff_mean", f"{name}_diff_verdict"} <= set(row)


def test_metrics_stand_in_the_order_of_their_registration(registered):
    assert [metric.name for metric in metrics_for(None)] == ["r2", "rmse", "mae", "within_one"]
    assert [metric.name for metric in metrics_for(2)] == ["accuracy"]
    assert [metric.name for metric in metrics_for(5)] == ["accuracy", "balanced_accuracy"]
    assert [metric.name for metric in metrics_for(6)] == ["accuracy", "top5_accuracy", "balanced_accuracy"]


@pytest.mark.parametrize("name", ["mae", "score"])
def test_a_name_is_given_once(name):
    before = dict(METRICS)
    with pytest.raises(ValueError, match=f"the name {name} is taken; use another name"):
        register(replace(MAE, name=name))
    assert before == METRICS


LABEL = TargetInfo(name="label", classes=10)
BMI = TargetInfo(name="bmi", classes=None)


def test_the_score_is_that_of_the_only_target_or_a_mean() -> None:
    names = [score_name(targets) for targets in ([], [LABEL], [BMI], [BMI, LABEL])]
    assert names == ["accuracy", "accuracy", "r2", "score"]


def test_a_metric_is_known_behind_the_name_of_a_target() -> None:
    assert parse_metric_name("top5_accuracy", [LABEL]) == ("", TOP5_ACCURACY)
    assert parse_metric_name("label_top5_accuracy", [BMI, LABEL]) == ("label", TOP5_ACCURACY)
    assert parse_metric_name("bmi_rmse", [BMI, LABEL]) == ("bmi", RMSE)
    for targets in ([BMI], [BMI, LABEL]):
        with pytest.raises(DataError, match="label_mae, which is no metric"):
            parse_metric_name("label_mae", targets)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"a": 10, "a_top5": 2}, "the targets a and a_top5 would both have a metric called a_top5_accuracy"),
        ({"top5": 2, "b": 2}, "top5 would have a metric called top5_accuracy"),
        ({"b": 2, "train": None}, "train would have a metric called train_r2"),
        ({"a": 2, "a_top5": 2}, ""),
        ({"top5": None, "b": 2}, ""),
        ({"train": 2}, ""),
    ],
)
def test_targets_whose_metrics_would_have_one_name_are_told(
    targets: dict[str, int | None], message: str
) -> None:
    found = metric_name_clash([TargetInfo(name=name, classes=classes) for name, classes in targets.items()])
    assert message in found
    assert bool(message) == bool(found)
