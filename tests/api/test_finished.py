import csv
import inspect
import io
import re
from pathlib import Path

import pandas as pd
import pytest

import actbench
from actbench.config.loader import load_source
from tests.factories import make_run
from tests.stored import store

DOC = Path("docs/python.md").read_text(encoding="utf-8")
TABLES = ("accuracy", "time", "inference", "metrics", "pareto", "diagnostics")
OBSERVED = ("trainings", "slices", "calls")


@pytest.fixture(scope="module")
def reference():
    return actbench.load("results/reference/mnist")


@pytest.fixture
def two_settings(tmp_path):
    run = make_run(("relu", "tanh", "placebo"), seeds=3, settings=("11111111", "22222222"), probed=True)
    return actbench.load(store(tmp_path, run))


def documented(text):
    """The columns of the tables in a part of the page."""
    cells = re.findall(r"^\| (`.*?`) \|", text, flags=re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def part(heading):
    [text] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", DOC, flags=re.MULTILINE | re.DOTALL)
    return text


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_of_a_table_are_the_documented_ones(reference, name):
    columns = [*documented(part("The tables")), *documented(part(f"run.{name}")), "status"]
    assert list(getattr(reference, name).columns) == columns


def test_the_columns_of_the_summary_are_the_documented_ones(reference, two_settings):
    assert list(two_settings.summary.columns) == documented(part("run.summary"))
    assert set(two_settings.summary.activation) >= {"relu", "tanh"}
    assert reference.summary.empty


def test_why_is_an_alias_of_diagnostics(reference):
    pd.testing.assert_frame_equal(reference.why, reference.diagnostics)
    assert reference.report("csv", table="why") == reference.report("csv", table="diagnostics")


@pytest.mark.parametrize("name", ["inference", "diagnostics", "tuning", "summary"])
def test_a_table_that_a_run_lacks_has_its_columns_and_no_rows(name):
    run = make_run(("relu", "tanh", "placebo"), seeds=3, inference_batch_sizes=())
    frame = getattr(actbench.Run(Path("unused"), run.info, tuple(run.records)), name)
    own = documented(part(f"run.{name}"))
    columns = {
        "summary": own,
        "tuning": ["setting", "activation", *own],
    }.get(name, [*documented(part("The tables")), *own, "status"])
    assert (list(frame.columns), len(frame)) == (columns, 0)


def test_early_stopping_adds_the_documented_columns():
    run = make_run(("relu", "tanh"), seeds=3)
    records = tuple(
        record.model_copy(
            update={"cells": tuple(cell.model_copy(update={"epochs_trained": 2}) for cell in record.cells)}
        )
        for record in run.records
    )
    columns = actbench.Run(Path("unused"), run.info, records).metrics.columns
    assert "`epochs_trained_…` with the endings of `epochs_to_target_…`" in DOC
    endings = [name[16:] for name in documented(part("run.metrics")) if name.startswith("epochs_to_target")]
    found = [name for name in columns if name.startswith("epochs_trained")]
    assert found == [f"epochs_trained{ending}" for ending in endings]


@pytest.mark.parametrize("name", OBSERVED)
def test_the_columns_of_observations_are_the_documented_ones(reference, name):
    columns = [*documented(part("The raw measurements")), *documented(part(f"run.{name}"))]
    assert list(getattr(reference, name).columns) == columns


def test_the_pages_examples_work(reference, monkeypatch, capsys):
    def run(*given, **options):
        bound = signature.bind(*given, **options)
        load_source(bound.arguments["config"], bound.arguments.get("overrides", ()))
        return reference

    signature = inspect.signature(actbench.run)
    monkeypatch.setattr(actbench, "run", run, raising=False)
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", DOC, flags=re.DOTALL)
    assert len(blocks) >= 6
    for block in blocks:
        exec(block, names)
    assert "mnist: accuracy" in capsys.readouterr().out
    assert names["best"].activation == reference.accuracy.activation[0]
    assert "train_learning_rate" in names["table"]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_figures_of_the_csv(two_settings, name):
    rows = list(csv.DictReader(io.StringIO(two_settings.report("csv", table=name))))
    frame = getattr(two_settings, name)
    assert list(frame.setting) == [row["setting_id"] for row in rows]
    assert len(frame) == len(rows) >= 4
    for column in frame.columns[1:]:
        for value, text in zip(frame[column], (row[column] for row in rows), strict=True):
            if pd.isna(value):
                assert text == ""
            elif isinstance(value, str):
                assert text == value
            else:
                assert float({"true": "1", "false": "0"}.get(text, text)) == float(value)


def test_figures_are_numbers_where_some_or_all_are_missing(two_settings):
    table = two_settings.accuracy
    assert table.accuracy_diff_mean.dtype == "float64"
    assert table.accuracy_diff_seeds_needed.dtype == "float64"
    assert two_settings.time.marginal_step_s_median.isna().all()  # there is no linear
    assert two_settings.time.marginal_step_s_median.dtype == "float64"
    assert two_settings.time.marginal_step_s_mean.isna().all()
    assert two_settings.time.epoch_s_geometric_mean.notna().any()
    assert two_settings.time.epoch_s_geometric_mean.equals(two_settings.time.epoch_s_median)  # its alias
    assert set(table.accuracy_diff_verdict.dropna()) <= {"BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE"}


def test_a_flag_is_a_flag(reference):
    assert reference.accuracy.element_wise.dtype == bool


def test_settings_are_merged_by_their_id(two_settings):
    merged = two_settings.time.merge(two_settings.settings, on="setting", validate="many_to_one")
    assert len(merged) == len(two_settings.time) == 6
    assert set(merged.model_hidden_units) == {"[128, 128]"}
    assert merged.train_learning_rate.eq(0.001).all()


def test_a_frame_is_the_callers_own(reference):
    frame = reference.accuracy
    frame["accuracy_mean"] = 0.0
    assert (reference.accuracy.accuracy_mean > 0.9).all()


def test_a_report_is_what_the_command_prints(reference):
    assert reference.report("markdown") == Path("results/reference/mnist/report.md").read_text()
    assert "tanh in this report" in reference.report(against="tanh", table="accuracy")
    with pytest.raises(actbench.ConfigError, match="did you mean 'tanh'"):
        reference.report(against="tahn")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"format": "htm"}, "format: there is no 'htm'; allowed: terminal, markdown, html, "
                            "latex, csv, json; did you mean 'html'?"),
        ({"table": "whyy"}, "table: there is no 'whyy'; allowed: summary, accuracy, time, pareto, inference, "
                            "diagnostics, metrics, tuning, all; did you mean 'why'?"),
        ({"sort": "tim"}, "sort: there is no 'tim'; allowed: accuracy, time, activation, config; "
                          "did you mean 'time'?"),
        ({"format": None}, "format: there is no None; allowed: terminal, markdown, html, latex, csv, "
                           "json"),
    ],
)  # fmt: skip
def test_a_report_that_there_is_not_is_refused(reference, asked, message):
    with pytest.raises(actbench.ConfigError) as caught:
        reference.report(**asked)
    assert str(caught.value) == message


def test_a_notebook_shows_a_fragment_that_is_part_of_the_page(reference):
    shown = reference._repr_html_()
    assert shown.startswith('<article class="actbench">')
    assert shown in reference.report("html")


def test_it_says_in_a_line_what_it_is(reference):
    assert repr(reference) == "<Run 'results/reference/mnist': 10 of 10 blocks>"


def test_it_is_frozen(reference):
    with pytest.raises(AttributeError):
        reference.path = Path("elsewhere")
