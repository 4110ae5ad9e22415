"""The CSV format of a report: the names and the figures of the JSON object, its keys joined with `_`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from actbench.report.json_values import flatten
from actbench.report.registry import ALL_TABLES, TABLES, Renderer
from actbench.report.renderers.json import activation_object, tables_of

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.report.view import Report, SettingView


def to_csv(report: Report, table: str) -> str:
    """Return a table as text: a line per setting and activation; of some tables more lines, or others."""
    text = io.StringIO()
    rows = flat_rows(report, table)
    writer = csv.DictWriter(text, column_names(report, table, rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: json.dumps(value) if isinstance(value, bool) else value for name, value in row.items()}
        for row in rows
    )
    return text.getvalue()


def flat_rows(report: Report, table: str) -> list[dict[str, Any]]:
    """Return the lines of a table as plain data by column, with lists as JSON text.

    Args:
        report: From `build`.
        table: A name in `registry.TABLES`, or "all".

    Returns:
        The lines; none if the run does not have the table.
    """
    own_rows = None
    if table != ALL_TABLES:
        entry = TABLES.find(table)
        if entry.absence(report) is not None:
            return []
        own_rows = entry.own_rows
    if own_rows is not None:
        return own_rows.csv_lines(report)
    lines = [
        (view, line) for view in report.settings for row in view.rows for line in _row_lines(view, row, table)
    ]
    columns = _nested_keys(line for _, line in lines)
    return [{**_setting_columns(view), **flatten(_fill_missing(line, columns))} for view, line in lines]


def column_names(report: Report, table: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the columns of a table, each once, with `status` last.

    Settings may have different columns, as where one predicts a number.

    Args:
        report: From `build`.
        table: A name in `registry.TABLES`, or "all".
        rows: Its `flat_rows`. The columns of a table without any are those of a line without figures.
    """
    names = list(dict.fromkeys(name for row in rows or [_example(report, table)] for name in row))
    return sorted(names, key=lambda name: name == "status")


def _row_lines(view: SettingView, row: Row, table: str) -> list[dict[str, Any]]:
    """Return the lines of one activation in one setting, with figures nested as in JSON."""
    shown = tables_of(table)
    values: dict[str, Any] = {}
    for entry in shown:
        values |= entry.values(view, row)
    if table == ALL_TABLES:
        for entry in shown:
            values |= entry.repeated.csv_of_all(view, row) if entry.repeated else {}
        return [activation_object(view, row, values)]
    [entry] = shown
    single = activation_object(view, row, values)
    if entry.repeated is None:
        return [single]
    columns = dict.fromkeys(entry.repeated.csv_columns)
    return [{**single, **columns, **line} for line in entry.repeated.csv_lines(view, row)]


def _nested_keys(lines: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the keys of every figure that any line has nested, such as an interval's."""
    return {name: list(value) for line in lines for name, value in line.items() if isinstance(value, Mapping)}


def _fill_missing(line: Mapping[str, Any], nested: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return a line in which a figure that this activation lacks has the columns that others have."""
    return {
        name: dict.fromkeys(nested[name]) if value is None and name in nested else value
        for name, value in line.items()
    }


def _example(report: Report, table: str) -> dict[str, Any]:
    """Return a line of a table that has none, for its columns."""
    entry = TABLES.find(table)
    if entry.own_rows is not None:
        return entry.own_rows.csv_example(report)
    view = next(view for view in report.settings if view.rows)
    single = activation_object(view, view.rows[0], entry.values(view, view.rows[0]))
    repeated = dict.fromkeys(entry.repeated.csv_columns) if entry.repeated else {}
    return {**_setting_columns(view), **flatten({**single, **repeated})}


def _setting_columns(view: SettingView) -> dict[str, Any]:
    setting = view.estimates.setting
    return {"setting": setting.name, **flatten({"setting": {"id": setting.id, **setting.description}})}


CSV = Renderer(figures=to_csv)
