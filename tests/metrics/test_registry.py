"""A metric is one declaration and one registration: the engine measures it, every report shows it."""

import csv
import io
import json
from dataclasses import replace

import pytest

from actbench.execution.protocol import Finished
from actbench.metrics.metric import Metric
from actbench.metrics.registry import METRICS, metrics_for, register, unregister
from actbench.metrics.regression import MAE
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
