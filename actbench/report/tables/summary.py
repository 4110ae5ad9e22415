"""The summary over settings: as tables, and as plain data under the names that scripts rely on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actbench.analysis.figures import SummaryRow
from actbench.analysis.verdicts import VERDICTS
from actbench.report.activation_facts import marked_label
from actbench.report.document import Column, Section, Table
from actbench.report.formatting import score_format
from actbench.report.json_values import interval_object, number_or_none

if TYPE_CHECKING:
    from actbench.analysis.verdicts import Verdict
    from actbench.report.formatting import FigureKind, Value
    from actbench.report.model import Report

_COUNTS = "/".join(verdict[0] for verdict in VERDICTS)

UNKNOWN_SUMMARY = SummaryRow("", 0, None, None, dict.fromkeys(VERDICTS, 0), None, dict.fromkeys(VERDICTS, 0))
"""A row of the table, for its columns where there is none."""

_NO_MEAN = "The scores of these settings are not of one kind: their differences have no mean."


def summary_section(report: Report) -> Section:
    """What all settings together show."""
    rows, settings = report.estimates.summary, report.estimates.settings
    measured = [entry.setting.name for entry in settings if entry.rows]
    facts = [("settings", f"{len(measured)} of {len(settings)} measured")]
    return Section("summary over settings", tuple(facts), (_scores(report, rows), _times(report, rows)))


def summary_object(report: Report, row: SummaryRow) -> dict[str, Any]:
    """One activation as plain data."""
    score = report.estimates.score_name
    return {
        "activation": row.activation,
        "settings": row.settings,
        "mean_rank": number_or_none(row.mean_rank),
        f"{score}_diff": interval_object(f"{score}_diff", row.score_diff),
        f"{score}_verdicts": row.score_verdicts,
        "train_time_ratio": interval_object("train_time_ratio", row.train_time_ratio),
        "time_verdicts": row.time_verdicts,
    }


def _scores(report: Report, rows: tuple[SummaryRow, ...]) -> Table:
    shown = score_format(report.estimates.score_name)
    columns = (
        Column("activation", "text"),
        Column("mean rank", "decimal"),
        Column(shown.difference_title, shown.difference),
        Column(_COUNTS, "words"),
        Column("settings", "count"),
    )
    cells = [
        (
            marked_label(report.info, row.activation),
            row.mean_rank,
            *_compared(report, row, row.score_diff, row.score_verdicts),
            row.settings,
        )
        for row in rows
    ]
    names = {entry.score_name for entry in report.estimates.settings if entry.rows}
    return Table(f"{shown.name} over settings", columns, tuple(cells), () if len(names) == 1 else (_NO_MEAN,))


def _times(report: Report, rows: tuple[SummaryRow, ...]) -> Table:
    kind: FigureKind = "ratio"
    columns = (
        Column("activation", "text"),
        Column("time ratio", kind),
        Column(_COUNTS, "words"),
        Column("settings", "count"),
    )
    cells = [
        (
            marked_label(report.info, row.activation),
            *_compared(report, row, row.train_time_ratio, row.time_verdicts),
            row.settings,
        )
        for row in rows
    ]
    return Table("training time over settings", columns, tuple(cells))


def _compared(
    report: Report, row: SummaryRow, figure: Value, verdicts: Mapping[Verdict, int]
) -> tuple[Value, Value]:
    if row.activation == report.compared_with:
        return "baseline", ""
    return figure, "/".join(str(verdicts[verdict]) for verdict in VERDICTS)
