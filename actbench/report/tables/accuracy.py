"""The tables of what was learned: the score on the test set and the other metrics of one setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from actbench.analysis.verdicts import interval_of
from actbench.report.document import Column, Table
from actbench.report.formatting import metric_format
from actbench.report.model import row_notes
from actbench.report.tables.diagnostics import sentences

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.report.formatting import FigureKind, Value
    from actbench.report.model import SettingView


def accuracy(view: SettingView) -> list[Table]:
    """The score on the test set, and with `generalise` what an accuracy would be on new data."""
    shown = view.score
    columns = (
        Column("activation", "text"),
        Column(f"test {shown.title}", shown.kind),
        Column(shown.difference_title, shown.difference, view.indifferent_score),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    cells = [(view.name(row), row.score, *view.compared(row, row.score_diff), row.seeds) for row in view.rows]
    notes = (*row_notes(view.rows), *sentences(view.estimates))
    tables = [Table(shown.name, columns, tuple(cells), notes)]
    return [*tables, *_new_data(view)] if view.report.generalised else tables


def metrics(view: SettingView) -> list[Table]:
    """One table for each metric."""
    names = [metric.name for metric in view.rows[0].metrics]
    return [_metric(view, name, position) for position, name in enumerate(names)]


def _new_data(view: SettingView) -> list[Table]:
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


def _metric(view: SettingView, name: str, position: int) -> Table:
    metrics = [row.metrics[position] for row in view.rows]
    shown = metric_format(name, view.estimates.dataset)
    difference = "time ratio" if metrics[0].is_ratio else shown.difference_title
    target = view.report.estimates.verdict.target_accuracy if name.endswith("to_target") else None
    columns = (
        Column("activation", "text"),
        Column("mean", shown.kind),
        Column(difference, shown.difference),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    cells = [
        (
            view.name(row),
            metric.value,
            *view.compared(row, metric.difference),
            metric.seeds if target is None else f"{metric.seeds}/{row.seeds + row.diverged}",
        )
        for row, metric in zip(view.rows, metrics, strict=True)
    ]
    suffix = "" if target is None else f", validation accuracy {target:.4g}"
    notes = row_notes(view.rows, [(metric.seeds, metric.pairs) for metric in metrics])
    return Table(f"{shown.title}{suffix}", columns, tuple(cells), notes)
