"""Reports and comparisons of what is no accuracy: R² of numbers, and the mean over several targets."""

import json
import re
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from actbench.analysis.comparison.gate import Gate, check_all
from actbench.analysis.comparison.runs import compare_runs
from actbench.analysis.run import estimate_run
from actbench.errors import ConfigError
from actbench.records.block import BlockRecord, Cell
from actbench.records.run import RunInfo
from actbench.report import build
from actbench.report.build import lay_out
from actbench.report.compare.formats import CHANGES_FORMATS, render_changes
from actbench.report.facts import run_facts
from actbench.report.renderers.terminal import to_terminal
from tests.factories import make_block, make_cell, make_info

NUMBER = {"bmi": None}
KIND = "accuracy"  # what the gate calls its limit of the score
TWO = {"bmi": None, "smoker": 2}


def regressor(label: str, r2: float, loss: float = 4.0) -> Cell:
    return make_cell(
        label, accuracy=r2, test_loss=loss, metrics={"r2": r2, "rmse": loss**0.5, "mae": loss / 3}
    )


def blocks(r2: Sequence[float], others: Sequence[float], **cell: Any) -> list[BlockRecord]:
    return [
        make_block(
            [regressor("relu", own), regressor("tanh", other, **cell), regressor("placebo", own)], seed=seed
        )
        for seed, (own, other) in enumerate(zip(r2, others, strict=True))
    ]


RUN = blocks([0.80, 0.81, 0.82, 0.83, 0.84, 0.85], [-37.2, -40.0, -0.5, -12.25, 0.0, -1e9])
INFO = make_info(seeds=6, targets=NUMBER)


def text(info: RunInfo = INFO, records: Sequence[BlockRecord] = RUN, **options: Any) -> str:
    return build.render(build.build(info, records), "terminal", width=100, **options)


def test_r2_is_a_plain_number_of_any_size() -> None:
    shown = text(table="accuracy")
    assert "test R²" in shown
    assert "0.825 [0.805, 0.845]" in shown
    assert "-1.667e+08" in shown
    assert "sorted by  test R², best first" in shown
    assert "its test R² is exactly relu's in all of 6 blocks" in shown
    assert not {"accuracy", "points", "percent", "nats"} & set(shown.partition("verdicts")[2].split())


def test_absurd_figures_crop_neither_each_other_nor_labels_nor_verdicts() -> None:
    labels, random = ("relu", "hard_sigmoid", "leaky_relu"), Random(0)
    records = [
        make_block(
            [
                regressor(label, random.gauss(-3130.8, 9e3), 1e9).model_copy(
                    update={"slice_s": (random.lognormvariate(0, 9),) * 2}
                )
                for label in labels
            ],
            seed=seed,
        )
        for seed in range(3)
    ]
    info = make_info(labels, seeds=3, placebo=None, targets=NUMBER)
    document = lay_out(build.build(info, records), "all")
    shown = to_terminal(document, 80, color=False)
    for table in document.sections[0].tables:
        block = shown[shown.index(f"\n{table.title}\n") :].splitlines()
        for row in table.formatted():
            assert any(re.fullmatch(r"\s+".join(map(re.escape, row)), line) for line in block), row


def test_margins_are_told_in_the_unit_of_what_is_judged() -> None:
    assert "up to 0.001 of R², 1 % of time, 0.5 % of the baseline's loss or error;" in " ".join(
        text().split()
    )


@pytest.mark.parametrize(
    ("targets", "told", "untold"),
    [(TWO, "0.5 % of the baseline's loss", "nats"), ({"a": 2, "b": 3}, "0.005 nats of loss", "baseline's")],
)
def test_the_margin_of_a_loss_is_told_as_it_is_judged(
    targets: dict[str, int | None], told: str, untold: str
) -> None:
    records = [make_block([make_cell(label, metrics={}) for label in ("relu", "tanh", "placebo")])]
    facts = dict(run_facts(build.build(make_info(seeds=1, targets=targets), records)))
    assert told in facts["verdicts"]
    assert untold not in facts["verdicts"]


def test_figures_are_called_by_their_metric() -> None:
    built = build.build(INFO, RUN)
    [setting] = json.loads(build.render(built, "json"))["settings"]
    row = setting["rows"][0]
    assert setting["score"] == "r2"
    assert {"r2", "r2_diff", "rmse", "rmse_diff", "mae", "mae_diff", "test_loss", "train_r2"} <= set(row)
    assert not [name for name in row if "accuracy" in name]
    header = build.render(built, "csv", "accuracy").partition("\n")[0].split(",")
    assert {"r2_mean", "r2_ci_low", "r2_diff_mean", "r2_diff_verdict"} <= set(header)
    assert json.loads(build.render(built, "json"))["placebo"]["settings"][0]["r2_equal"] is True


def test_of_several_targets_each_has_its_metrics_and_the_score_is_called_so() -> None:
    metrics = {"bmi_r2": 0.8, "bmi_rmse": 2.0, "bmi_mae": 1.5, "smoker_accuracy": 0.9}
    records = [
        make_block(
            [make_cell(label, accuracy=0.85, metrics=metrics) for label in ("relu", "tanh", "placebo")]
        )
    ]
    built = build.build(make_info(seeds=1, targets=TWO), records)
    row = json.loads(build.render(built, "json", "all"))["settings"][0]["rows"][1]
    assert row["score"]["mean"] == 0.85
    assert row["smoker_accuracy"]["mean"] == 0.9
    assert row["score_diff"]["verdict"] == row["bmi_rmse_diff"]["verdict"] == "EQUIVALENT"
    shown = build.render(built, "terminal", "metrics", width=100)
    titles = ("test loss", "train score", "bmi: test R²", "bmi: test RMSE", "smoker: test accuracy %")
    assert [title for title in titles if f"\n{title}\n" in shown] == list(titles)


@pytest.mark.parametrize(
    ("loss", "verdict"), [(3.0, "BETTER"), (5.0, "WORSE"), (4.01, "EQUIVALENT"), (3.99, "EQUIVALENT")]
)
def test_less_of_an_error_is_better_by_a_share_of_the_baselines(loss: float, verdict: str) -> None:
    records = [
        make_block(
            [regressor("relu", 0.8, 1e6 + seed), regressor("tanh", 0.8, 2.5e5 * (loss + seed / 1e6))],
            seed=seed,
        )
        for seed in range(6)
    ]
    info = make_info(("relu", "tanh"), seeds=6, placebo=None, targets=NUMBER)
    tanh = estimate_run(info, records).settings[0].rows[1]
    found = {metric.name: metric for metric in tanh.metrics}
    assert {name: metric.larger_is_better for name, metric in found.items()} == {
        "test_loss": False,
        "train_r2": True,
        "rmse": False,
        "mae": False,
    }
    assert [
        metric.difference and metric.difference.verdict
        for metric in (found["test_loss"], found["rmse"], found["mae"])
    ] == [verdict] * 3


def test_top_5_is_an_accuracy_and_a_loss_of_classes_is_in_nats() -> None:
    records = [make_block([make_cell("relu", metrics={"accuracy": 0.9, "top5_accuracy": 0.99})])]
    info = make_info(("relu",), seeds=1, placebo=None, targets={"label": 10})
    shown = build.render(build.build(info, records), "terminal", "metrics")
    assert "test top-5 accuracy %" in shown
    assert "99.00" in shown
    assert "test loss, 0.001 nats" in shown


def test_generalising_needs_examples_that_are_right_or_wrong() -> None:
    with pytest.raises(ConfigError, match=r"^generalise: .* the score of mnist is R²"):
        build.build(INFO, RUN, generalise=True)
    with pytest.raises(ConfigError, match=r"the score of mnist is the mean over several targets;"):
        build.build(make_info(seeds=6, targets=TWO), RUN, generalise=True)


@pytest.mark.parametrize("form", CHANGES_FORMATS.names)
def test_a_comparison_speaks_of_r2(form: str) -> None:
    worse = blocks([0.80, 0.81, 0.82, 0.83, 0.84, 0.85], [0.1, 0.2, 0.3, 0.2, 0.1, 0.2])
    better = blocks([0.80, 0.81, 0.82, 0.83, 0.84, 0.85], [0.7, 0.8, 0.7, 0.7, 0.8, 0.7])
    changes = compare_runs(INFO, better, INFO, worse)
    gate = Gate(fail_on=("accuracy",), max_drop=0.01)
    checks = check_all(changes, gate)
    assert [(check.quantity, check.ruling) for check in checks] == [("R²", "passed"), ("R²", "failed")]
    shown = render_changes(changes, gate, checks, form, width=100)
    if form == "json":
        assert json.loads(shown)["settings"][0]["score"] == "r2"
    words = set(re.findall(r"\w*accuracy\w*", shown))
    assert words <= {"json": {KIND, "target_accuracy"}, "junit": {KIND}}.get(form, set())
    assert "points" not in shown
    expected = {
        "json": '"r2_diff"',
        "junit": "tanh: R²",
        "benchmark-action": "1 - test R²",
        "markdown": "R² may fall by 0.01",
        "terminal": "R² may fall by 0.01",
    }
    assert expected[form] in shown


def asking(targets: dict[str, Any], *settings: str) -> RunInfo:
    """A run on two targets whose config says that of them."""
    info = make_info(("relu",), seeds=1, placebo=None, targets=TWO, settings=settings)
    described = [
        setting.model_copy(update={"description": {**setting.description, "targets": targets}})
        for setting in info.settings
    ]
    return info.model_copy(update={"settings": tuple(described)})


def looks(run: RunInfo) -> tuple[str, str]:
    """A report of it, and its comparison with itself."""
    metrics = {"bmi_r2": 0.5, "bmi_rmse": 2.0, "bmi_mae": 1.5, "smoker_accuracy": 0.9}
    records = [
        make_block([make_cell("relu", accuracy=0.7, metrics=metrics)], setting=setting.id)
        for setting in run.settings
    ]
    changes = compare_runs(run, records, run, records)
    return (
        build.render(build.build(run, records), "markdown"),
        render_changes(changes, Gate(), check_all(changes, Gate()), "markdown"),
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "bmi {loss: mse}, smoker {loss: sparse_categorical_crossentropy}"),
        (
            {"bmi": {"loss": "mae", "weight": 0.1}},
            "bmi {loss: mae, weight: 0.1}, smoker {loss: sparse_categorical_crossentropy}",
        ),
        (
            {"smoker": {"loss": None, "weight": 2.0}, "bmi": {"loss": None, "weight": 1.0}},
            "bmi {loss: mse}, smoker {loss: sparse_categorical_crossentropy, weight: 2.0}",
        ),
    ],
)
def test_of_several_targets_each_is_told_with_its_loss(asked: dict[str, Any], told: str) -> None:
    for text in (*looks(asking(asked, "11111111")), looks(asking(asked, "11111111", "22222222"))[0]):
        assert text.count(f"- **targets**: {told}\n") == 1
