"""The tables of quantities beside the score: test loss, errors, the training score, epochs to a target."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from actbench.metrics.registry import METRICS as REGISTERED
from actbench.report.document import Column, Table
from actbench.report.formatting import metric_format
from actbench.report.json_values import comparison_object, interval_object
from actbench.report.registry import ReportTable
from actbench.report.view import row_notes
from actbench.stats.intervals import Interval

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.report.view import Report, SettingView


def _build(view: SettingView) -> list[Table]:
    names = [metric.name for metric in view.rows[0].metrics]
    return [_metric_table(view, name, position) for position, name in enumerate(names)]


def _metric_table(view: SettingView, name: str, position: int) -> Table:
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


def _values(_: SettingView, row: Row) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for metric in row.metrics:
        # A metric that no seed has keeps its keys, with nulls, for `seeds` says how many have it: 0.
        value = metric.value or Interval(math.nan, None, None)
        counts = {"seeds": metric.seeds, "pairs": metric.pairs}
        difference = f"{metric.name}_{'ratio' if metric.is_ratio else 'diff'}"
        values[metric.name] = {**(interval_object(metric.name, value) or {}), **counts}
        values[difference] = comparison_object(difference, metric.difference)
    return values


def _lower_is_better() -> str:
    """Return which quantities are better when they are smaller, of those with the unit of the target."""
    *others, last = [
        metric.title
        for metric in REGISTERED.values()
        if metric.unit == "amount" and not metric.larger_is_better
    ]
    listed = f"{', '.join(['a loss', *others])} or {last}"
    return f" Of {listed}, which have the unit of the loss or of the target, less is better."


_TARGET = (
    "To the target: mean over the seeds that reached it, judged after each epoch; n says how many of all "
    "trainings did. The difference is over the seeds in which both reached the target: where one activation "
    "reached it more often than the other, the verdict is about those seeds only."
)


def _notes(report: Report) -> tuple[str, ...]:
    score = report.score_in_words
    lower = "" if report.only_accuracies else _lower_is_better()
    note = (
        f"Other metrics: as {score}. Train {score} is that of the last epoch, as seen while training.{lower}"
    )
    return (note,) if report.estimates.verdict.target_accuracy is None else (note, _TARGET)


METRICS = ReportTable(build=_build, notes=_notes, values=_values, compares="verdicts")
