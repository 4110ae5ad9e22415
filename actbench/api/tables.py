"""The tables of a report as tidy frames: its CSV's columns, with the settings in a frame of their own."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from actbench.records import RunInfo
from actbench.report import Report, TableName
from actbench.report.flat import flat_rows, flatten

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
    names = [name for name in _names(rows) if not f"{name}_".startswith(_SETTING)]
    ordered = [*(name for name in names if name != "status"), *(["status"] if "status" in names else [])]
    return _frame(
        [{"setting": row["setting_id"], **{name: row.get(name) for name in ordered}} for row in rows]
    )


def summary_frame(report: Report) -> pd.DataFrame:
    """One row per activation over all settings; none where there is one setting."""
    return _frame(flat_rows(report, "summary"))


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


def _names(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Each once: settings may have different ones, as where one predicts classes and another a number."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    for name in frame:
        present = [value for value in frame[name] if value is not None]
        is_figure = all(isinstance(value, int | float) for value in present)
        if len(present) < len(frame) and is_figure and not str(name).endswith(_TEXT):
            frame[name] = frame[name].astype("float64")
    return frame
