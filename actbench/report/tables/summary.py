"""The section over all settings: mean ranks, mean differences, and how often there was which verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actbench.analysis.figures import SummaryRow
from actbench.analysis.verdicts import VERDICTS
from actbench.report.activation_facts import marked_label
from actbench.report.document import Column, DocumentSection, Table
from actbench.report.formatting import score_format
from actbench.report.json_values import flatten, interval_object, number_or_none
from actbench.report.registry import OwnRows, ReportTable

if TYPE_CHECKING:
    from actbench.analysis.verdicts import Verdict
    from actbench.report.formatting import Value
    from actbench.report.view import Report

_COUNTS = "/".join(verdict[0] for verdict in VERDICTS)  # B/W/E/I

_NO_MEAN = "The scores of these settings are not of one kind: their differences have no mean."

# A row without figures, for the columns of a summary that has no rows.
_EXAMPLE = SummaryRow("", 0, None, None, dict.fromkeys(VERDICTS, 0), None, dict.fromkeys(VERDICTS, 0))


def _build_overview(report: Report) -> DocumentSection:
    settings = report.estimates.settings
    measured = sum(bool(setting.rows) for setting in settings)
    facts = (("settings", f"{measured} of {len(settings)} measured"),)
    return DocumentSection("summary over settings", facts, (_score_table(report), _time_table(report)))


def _score_table(report: Report) -> Table:
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
        for row in report.estimates.summary
    ]
    scores = {setting.score_name for setting in report.estimates.settings if setting.rows}
    notes = () if len(scores) == 1 else (_NO_MEAN,)
    return Table(f"{shown.name} over settings", columns, tuple(cells), notes)


def _time_table(report: Report) -> Table:
    columns = (
        Column("activation", "text"),
        Column("time ratio", "ratio"),
        Column(_COUNTS, "words"),
        Column("settings", "count"),
    )
    cells = [
        (
            marked_label(report.info, row.activation),
            *_compared(report, row, row.train_time_ratio, row.time_verdicts),
            row.settings,
        )
        for row in report.estimates.summary
    ]
    return Table("training time over settings", columns, tuple(cells))


def _compared(
    report: Report, row: SummaryRow, figure: Value, verdicts: Mapping[Verdict, int]
) -> tuple[Value, Value]:
    """Return the cells of a mean and of the verdicts' counts; the baseline has neither."""
    if row.activation == report.compared_with:
        return "baseline", ""
    return figure, "/".join(str(verdicts[verdict]) for verdict in VERDICTS)


def _object(report: Report, row: SummaryRow) -> dict[str, Any]:
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


def _objects(report: Report) -> list[dict[str, Any]]:
    return [_object(report, row) for row in report.estimates.summary]


_NOTE = (
    "Over settings: the mean rank (1 is best, ties share places, the placebo has none), the mean of "
    "the settings' differences, and the geometric mean of their time ratios. Their t intervals, "
    "extended where skewed, are over settings and only describe how far these agree: settings were chosen, "
    "not drawn at random, so that nothing is said of others. B/W/E/I: in how many settings the verdict "
    "was BETTER, WORSE, EQUIVALENT, INCONCLUSIVE."
)

SUMMARY = ReportTable(
    build_overview=_build_overview,
    notes=lambda _: (_NOTE,),
    own_rows=OwnRows(
        csv_lines=lambda report: [flatten(entry, judged=False) for entry in _objects(report)],
        csv_example=lambda report: flatten(_object(report, _EXAMPLE), judged=False),
        run_objects=_objects,
    ),
    compares="verdicts",
    absence=lambda report: (
        None if report.estimates.summary else "it is over settings, and fewer than two are measured"
    ),
)
