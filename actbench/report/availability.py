"""Tables that a run does not have: refused by name, and left out of all, of the files and of the frames.

Also options that would change nothing of a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actbench.errors import ArgumentError
from actbench.report.renderers.json import TABLES

if TYPE_CHECKING:
    from actbench.report.model import Report
    from actbench.report.renderers.json import TableName

_COMPARED = tuple(table for table in TABLES if table not in ("why", "tuning"))

_GENERALISED: tuple[TableName, ...] = ("accuracy", "all")


def lacking(report: Report) -> dict[TableName, str]:
    """Which they are, and why."""
    settings = report.estimates.settings
    rows = [row for setting in settings for row in setting.rows]
    had: dict[TableName, tuple[bool, str]] = {
        "summary": (
            bool(report.estimates.summary),
            "it is over settings, and fewer than two are measured",
        ),
        "tuning": (
            any(setting.tuning for setting in settings),
            "the config of this run has no tune, so that nothing was tuned",
        ),
        "inference": (
            any(row.inference for row in rows),
            "no inference was timed: timing.inference_batch_sizes is empty in what is measured",
        ),
        "why": (
            any(row.probed_epochs for row in rows),
            "nothing was looked into: probes is false in what is measured, or an older actbench measured it",
        ),
    }
    return {table: reason for table, (has_it, reason) in had.items() if not has_it}


def refuse_lacking(report: Report, table: TableName) -> None:
    """Tell who asks for a table why there is none.

    Raises:
        ArgumentError: If the run does not have it.
    """
    reason = lacking(report).get(table)
    if reason is not None:
        raise ArgumentError("table", f"{reason}; use another table", value=table)


def refuse_without_effect(report: Report, table: TableName) -> None:
    """Tell who compares with another activation, or wants new data, that this table would be the same.

    Raises:
        ArgumentError: If it would.
    """
    if report.compared_with != report.info.baseline and table not in _COMPARED:
        allowed = ", ".join(_COMPARED)
        raise ArgumentError("against", f"table {table} compares nothing; allowed: with the tables {allowed}")
    if report.generalised and table not in _GENERALISED:
        raise ArgumentError(
            "generalise",
            f"adds to the accuracy table, not to {table}; allowed: with the tables "
            f"{' and '.join(_GENERALISED)}",
        )
