"""The tables of a report as tidy frames: its CSV's columns, with the settings in a frame of their own."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from actbench.records import RunInfo
from actbench.report import Report, TableName
from actbench.report.flat import column_names, flat_rows, flatten

_SETTING = "setting_"
_TEXT = ("verdict", "why")


def estimates_frame(report: Report, table: TableName) -> pd.DataFrame:
    """One row per setting and activation, and for some tables more, in the order of the report.

    Args:
        report: What came out.
        table: Which one.

    Returns:
        `setting` (the id), `activation`, the figures, `status` but for "tuning"; a figure that does
        not exist is NaN.
    """
    rows = flat_rows(report, table)
    columns = column_names(report, table, rows)
    names = [name for name in columns if not f"{name}_".startswith(_SETTING)]
    return _frame(
        [{"setting": row["setting_id"], **{name: row.get(name) for name in names}} for row in rows],
        ["setting", *names],
    )


def summary_frame(report: Report) -> pd.DataFrame:
    """One row per activation over all settings; none where there is one setting."""
    rows = flat_rows(report, "summary")
    return _frame(rows, column_names(report, "summary", rows))


def settings_frame(info: RunInfo) -> pd.DataFrame:
    """One row per setting: `setting` (the id), `name`, then a column per key of the config.

    Lists are JSON text.
    """
    return _frame(
        [
            {"setting": setting.id, "name": setting.name, **flatten(setting.description)}
            for setting in info.settings
        ]
    )


def _frame(rows: Sequence[dict[str, Any]], columns: list[str] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    for name in frame:
        present = [value for value in frame[name] if value is not None]
        is_figure = all(isinstance(value, int | float) for value in present)
        if len(present) < len(frame) and is_figure and not str(name).endswith(_TEXT):
            frame[name] = frame[name].astype("float64")
    return frame
