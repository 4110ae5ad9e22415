"""Tables and formats are added through the public hooks, and a report has them in every format."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from actbench.api import Run
from actbench.errors import ArgumentError
from actbench.report import build
from actbench.report.document import Column, Document, Table
from actbench.report.json_values import interval_object
from actbench.report.registry import FORMATS, TABLES, Renderer, RepeatedFigures, ReportTable
from tests.factories import make_run

RUN = make_run(
    ("relu", "tanh", "elu", "placebo"), seeds=2, probed=True, diverges=lambda label, _: label == "elu"
)
REPORT = build.build(RUN.info, RUN.records)

TOY = ReportTable(
    build=lambda view: [
        Table(
            "seconds of all epochs",
            (Column("activation", "text"), Column("s", "seconds"), Column("n", "count")),
            tuple((view.name(row), row.epoch_s and 8 * row.epoch_s.estimate, row.seeds) for row in view.rows),
        )
    ],
    notes=lambda _: ("All epochs: eight times the seconds of one.",),
    values=lambda _, row: {"epochs_s": interval_object("epochs_s", row.epoch_s)},
    repeated=RepeatedFigures(
        "lengths",
        objects=lambda _, row: [{"letter": letter} for letter in row.activation],
        csv_columns=("letter",),
        csv_lines=lambda _, row: [{"letter": letter} for letter in row.activation],
        csv_of_all=lambda _, row: {"letters": len(row.activation)},
    ),
)


def shout(document: Document, _: int, __: bool) -> str:
    tables = (table.title for section in document.sections for table in section.tables)
    return "".join(f"{title.upper()}!\n" for title in tables)


@pytest.fixture
def toys() -> Iterator[None]:
    TABLES.register("toy", TOY)
    FORMATS.register("shout", Renderer(document=shout))
    yield
    FORMATS.unregister("shout")
    TABLES.unregister("toy")


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("terminal", ["seconds of all epochs", "All epochs: eight times"]),
        ("markdown", ["### seconds of all epochs", "- All epochs: eight times"]),
        ("html", ["<caption>seconds of all epochs</caption>", "<li>All epochs: eight times"]),
        ("latex", [r"\caption{setting 11111111: seconds of all epochs}", r"\item All epochs: eight times"]),
        ("csv", ["epochs_s_estimate,epochs_s_ci_low,epochs_s_ci_high,"]),
        ("json", ['"epochs_s"', '"letter": "t"']),
        ("shout", ["SECONDS OF ALL EPOCHS!"]),
    ],
)
@pytest.mark.parametrize("table", ["toy", "all"])
def test_a_report_has_the_new_table_in_every_format(form: str, words: list[str], table: str) -> None:
    text = build.render(REPORT, form, table, width=200)
    assert [word for word in words if word not in text] == []
    assert Run(Path("unused"), RUN.info, tuple(RUN.records)).report(form, table=table)


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("table", ["accuracy", "time", "pareto", "inference", "diagnostics", "metrics"])
def test_the_new_format_has_every_table(table: str) -> None:
    lines = build.render(REPORT, "shout", table).splitlines()
    titles = [
        entry.title.upper() for section in build.lay_out(REPORT, table).sections for entry in section.tables
    ]
    assert lines == [f"{title}!" for title in titles] != []


@pytest.mark.usefixtures("toys")
def test_figures_that_an_activation_has_several_times_have_a_line_each_in_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(build.render(REPORT, "csv", "toy"))))
    assert [row["letter"] for row in rows if row["activation"] == "tanh"] == list("tanh")
    assert "epochs_s" not in rows[0]  # elu has no such figure, and the columns of those that have it
    assert {row["epochs_s_estimate"] for row in rows if row["activation"] == "elu"} == {""}
    letters = {row["letters"] for row in csv.DictReader(io.StringIO(build.render(REPORT, "csv")))}
    assert letters == {"3", "4", "7"}


@pytest.mark.usefixtures("toys")
def test_the_new_table_is_written_into_the_run_folder_and_listed_in_messages() -> None:
    files = build.table_files(RUN.info, RUN.records)
    assert files["toy.csv"] == build.render(REPORT, "csv", "toy")
    with pytest.raises(
        ArgumentError, match=r"^table: there is no 'tou'; .* tuning, toy, all; did you mean 'toy'"
    ):
        build.render(REPORT, "json", "tou")
    with pytest.raises(
        ArgumentError, match=r"^format: there is no 'shot'; .* csv, json, shout; did you mean 'sh"
    ):
        build.render(REPORT, "shot")
    against = build.build(RUN.info, RUN.records, against="tanh")
    with pytest.raises(ArgumentError, match=r"^against: the table toy compares nothing; use one of summary"):
        build.render(against, "csv", "toy")


def test_afterwards_nothing_is_left_of_the_toys() -> None:
    assert "toy" not in TABLES.choices
    assert "shout" not in FORMATS.choices
    assert "toy.csv" not in build.table_files(RUN.info, RUN.records)
    assert "epochs_s" not in json.loads(build.render(REPORT, "json"))["settings"][0]["rows"][0]


@pytest.mark.parametrize("name", ["accuracy", "why", "all"])
def test_a_name_is_registered_once(name: str) -> None:
    with pytest.raises(ValueError, match=f"there is a table '{name}' already; use another name"):
        TABLES.register(name, TOY)


def test_an_entry_is_imported_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    TABLES.register("toy", "tests_toy_module:TOY")
    try:
        assert "toy" in TABLES.names  # nothing is imported, for there is no such module yet
        module = ModuleType("tests_toy_module")
        module.TOY = TOY  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "tests_toy_module", module)
        assert TABLES.find("toy") is TOY
    finally:
        TABLES.unregister("toy")


def test_every_name_leads_to_a_declaration() -> None:
    assert all(isinstance(TABLES.find(name), ReportTable) for name in TABLES.names)
    assert all(isinstance(FORMATS.find(name), Renderer) for name in FORMATS.names)
    assert TABLES.find("why") is TABLES.find("diagnostics")
    assert TABLES.resolve("why") == "diagnostics"


def test_a_format_has_one_function() -> None:
    with pytest.raises(ValueError, match="either document or figures"):
        Renderer()
    with pytest.raises(ValueError, match="either document or figures"):
        Renderer(document=shout, figures=lambda *_: "")
