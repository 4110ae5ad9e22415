"""The table of the score on the test set: an accuracy, an R², or the mean of these over several targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from actbench.analysis.verdicts import interval_of
from actbench.report.activation_facts import start_alike
from actbench.report.document import Column, Table
from actbench.report.json_values import comparison_object, interval_object
from actbench.report.registry import ReportTable
from actbench.report.tables.diagnostics import failure_sentences
from actbench.report.view import row_notes

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.report.formatting import FigureKind, Value
    from actbench.report.view import Report, SettingView


def _build(view: SettingView) -> list[Table]:
    shown = view.score
    columns = (
        Column("activation", "text"),
        Column(f"test {shown.title}", shown.kind),
        Column(shown.difference_title, shown.difference, view.indifferent_score),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    cells = [(view.name(row), row.score, *view.compared(row, row.score_diff), row.seeds) for row in view.rows]
    notes = (*row_notes(view.rows), *failure_sentences(view.estimates))
    tables = [Table(shown.name, columns, tuple(cells), notes)]
    return [*tables, *_new_data(view)] if view.report.generalised else tables


def _new_data(view: SettingView) -> list[Table]:
    """Return the tables that `generalise` adds: accuracies and differences, with intervals for new data."""

    def table(title: str, kind: FigureKind, figures: Callable[[Row], tuple[Value, Value]]) -> Table:
        columns = (
            Column("activation", "text"),
            Column("new seeds", kind),
            Column("new seeds and data", kind),
            Column("n", "count"),
        )
        cells = [(view.name(row), *figures(row), row.seeds) for row in view.rows]
        return Table(title, columns, tuple(cells))

    def difference(row: Row) -> tuple[Value, Value]:
        if view.is_baseline(row):
            return "baseline", None
        return interval_of(row.score_diff), row.accuracy_diff_new_data

    return [
        table("accuracy %, generalised", "percent", lambda row: (row.score, row.accuracy_new_data)),
        table("difference in points, generalised", "points", difference),
    ]


def _values(view: SettingView, row: Row) -> dict[str, Any]:
    score = view.estimates.score_name
    values: dict[str, Any] = {
        score: interval_object(score, row.score),
        f"{score}_diff": comparison_object(f"{score}_diff", row.score_diff),
    }
    if view.report.generalised:
        for name in ("accuracy_new_data", "accuracy_diff_new_data"):
            values[name] = interval_object(name, getattr(row, name))
    return values


_SAME_START = "same initial weights, same batches"

_SAME_BATCHES = "same batches, and the same initial weights where initializer and widths are the same"

_R2 = (
    "R²: 1 less the squared errors over those of the mean of the test set: 1 is perfect, 0 as good as the "
    "mean, below 0 worse. The score of several targets is the mean of their accuracies and R²."
)

_NEW_DATA = (
    "New seeds: the range that other seeds would give on these test examples. New seeds and data: the range "
    "that they would give on other test examples of the same kind, wider by the luck of the test set."
)

_NO_ANSWERS = (
    "This run has not kept which test examples were right, as actbench does since schema 2; measure it "
    "again from the start for intervals on new data."
)

_ONE_SEED = "New seeds and data: one seed cannot speak of others, so that there is no interval."


def _notes(report: Report) -> tuple[str, ...]:
    score = report.score_in_words
    alike = _SAME_START if start_alike(report.info) else _SAME_BATCHES
    points = ", in percentage points" if report.only_accuracies else ""
    notes = [
        f"{score[:1].upper()}{score[1:]}: mean over seeds. Difference: paired by seed ({alike}){points}. "
        "Both with the 95 % t interval of the mean, extended where the seeds are skewed."
    ]
    if not report.only_accuracies:
        notes.append(_R2)
    if report.generalised:
        notes.append(_NEW_DATA)
        if not all(setting.answers_kept for setting in report.estimates.settings):
            notes.append(_NO_ANSWERS)
        if any(1 in (row.seeds, row.pairs) for row in report.rows):
            notes.append(_ONE_SEED)
    return tuple(notes)


ACCURACY = ReportTable(build=_build, notes=_notes, values=_values, compares="verdicts", new_data=True)
