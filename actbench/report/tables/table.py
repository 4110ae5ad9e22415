"""The declaration of a report table: everything that the formats and the command line ask of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.report.chart import Chart
    from actbench.report.document import Section, Table
    from actbench.report.view import Report, SettingView

Compares = Literal["nothing", "figures", "verdicts"]
"""Relation of a table to the baseline: it shows differences or ratios ("figures"), and judges them, too."""


@dataclass(frozen=True)
class RepeatedFigures:
    """Figures that one activation has several times, such as a latency for each batch size.

    JSON has them as a list of objects. The table's CSV has one line for each.

    Attributes:
        key: Key of the list in JSON.
        objects: Return the objects of one activation, for JSON.
        csv_columns: Keys of a line in CSV, so that an activation without figures has the same columns.
        csv_lines: Return the lines of one activation, each with some of `csv_columns`.
        csv_of_all: Return the columns that stand for the lines in the CSV of all tables, which has one line
            per activation; none by default.
    """

    key: str
    objects: Callable[[SettingView, Row], list[dict[str, Any]]]
    csv_columns: tuple[str, ...]
    csv_lines: Callable[[SettingView, Row], list[dict[str, Any]]]
    csv_of_all: Callable[[SettingView, Row], dict[str, Any]] = lambda *_: {}


@dataclass(frozen=True)
class OwnRows:
    """Rows of a table that are not one per setting and activation.

    Attributes:
        csv_lines: Return the lines of the table's CSV.
        csv_example: Return a line without figures, for the columns of a table that has no lines.
        run_objects: Return the list that JSON has at its top under the table's name; other tables leave it
            empty. None for no such list.
        setting_object: Return what JSON has in each setting under the table's name, whichever table was asked
            for. None for no such key.
    """

    csv_lines: Callable[[Report], list[dict[str, Any]]]
    csv_example: Callable[[Report], dict[str, Any]]
    run_objects: Callable[[Report], list[dict[str, Any]]] | None = None
    setting_object: Callable[[SettingView], dict[str, Any] | None] | None = None


@dataclass(frozen=True, kw_only=True)
class ReportTable:
    """A table of a report. Its name is the one that it is registered under.

    Attributes:
        build: Return the tables of one setting.
        notes: Return how to read them, one string per note.
        compares: "verdicts" if the table judges differences to the baseline, "figures" if it shows some.
        values: Return the figures of one activation, by their names in JSON and CSV: numbers, text, or the
            objects of `json_values`.
        repeated: Figures that an activation has several times.
        own_rows: Rows instead of those of `values` and `repeated`.
        build_overview: Return a section over all settings, which stands at the head of a report.
        charts: Return the charts of one setting.
        absence: Return the reason why a run does not have the table; None if it has the table.
        in_all: False if a report of all tables leaves it out.
        new_data: True if `generalise` adds to it.
        csv_name: Stem of its file in a run folder; its name by default.
    """

    build: Callable[[SettingView], list[Table]] = lambda _: []
    notes: Callable[[Report], tuple[str, ...]]
    compares: Compares = "nothing"
    values: Callable[[SettingView, Row], dict[str, Any]] = lambda *_: {}
    repeated: RepeatedFigures | None = None
    own_rows: OwnRows | None = None
    build_overview: Callable[[Report], Section] | None = None
    charts: Callable[[SettingView], list[Chart]] = lambda _: []
    absence: Callable[[Report], str | None] = lambda _: None
    in_all: bool = True
    new_data: bool = False
    csv_name: str = ""
