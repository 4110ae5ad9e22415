"""The table of accuracy against training time: who is on the Pareto front, and with what probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actbench.analysis.verdicts import interval_of
from actbench.report.document import Column, Table
from actbench.report.json_values import comparison_object, interval_object, number_or_none
from actbench.report.registry import ReportTable
from actbench.report.view import row_notes

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.report.view import Report, SettingView

_BAR_WIDTH = 5  # characters for a probability of 1


def _build(view: SettingView) -> list[Table]:
    columns = (
        Column("activation", "text"),
        Column(f"test {view.score.title}", view.score.kind),
        Column("time ratio", "ratio"),
        Column("P(front)", "probability"),
        Column("", "words"),
        Column("n", "count"),
    )
    rows = [row for row in view.rows if row.activation != view.report.info.placebo]
    cells = [
        (
            view.name(row),
            row.score,
            interval_of(row.train_time_ratio),
            row.non_dominated,
            "" if row.non_dominated is None else "█" * round(_BAR_WIDTH * row.non_dominated),
            row.seeds,
        )
        for row in rows
    ]
    return [Table(f"{view.score.name} against training time", columns, tuple(cells), row_notes(rows))]


def _values(view: SettingView, row: Row) -> dict[str, Any]:
    score = view.estimates.score_name
    return {
        score: interval_object(score, row.score),
        "train_time_ratio": comparison_object("train_time_ratio", row.train_time_ratio),
        "non_dominated": number_or_none(row.non_dominated),
    }


def _notes(report: Report) -> tuple[str, ...]:
    good = "accurate" if report.only_accuracies else "good"
    return (
        f"P(front): the probability that no other activation is at least as {good} and as fast, and "
        "better in one; by a bootstrap over blocks. The placebo is no contender; an activation that "
        "diverged in any block is left out, too. With few blocks there are few different draws, and P is "
        "coarse.",
    )


PARETO = ReportTable(build=_build, notes=_notes, values=_values, compares="figures")
