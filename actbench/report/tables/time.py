"""The tables of times of one setting: training, inference, and accuracy against time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actbench.analysis.verdicts import interval_of
from actbench.report.document import Column, Table
from actbench.report.formatting import UNITS, format_value, latency_kind
from actbench.report.model import row_notes

if TYPE_CHECKING:
    from actbench.analysis.figures import InferenceEstimate, Row
    from actbench.report.formatting import FigureKind, Value
    from actbench.report.model import SettingView

_BAR_WIDTH = 5


def time(view: SettingView) -> list[Table]:
    """Training time, and what the non-linearity and the compilation cost."""
    columns = (
        Column("activation", "text"),
        Column("time ratio", "ratio", view.indifferent_ratio),
        Column("verdict", "words"),
        Column("s per epoch", "seconds"),
        Column("n", "count"),
    )
    cells = [
        (view.name(row), *view.compared(row, row.train_time_ratio), row.epoch_s, row.seeds)
        for row in view.timed
    ]
    notes = (*row_notes(view.timed), *_placebo_note(view))
    return [Table("training time", columns, tuple(cells), notes), _costs(view)]


def pareto(view: SettingView) -> list[Table]:
    """Accuracy against time."""
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


def inference(view: SettingView) -> list[Table]:
    """One table for each batch size."""
    sizes = dict.fromkeys(entry.batch_size for row in view.rows for entry in row.inference)
    return [_inference(view, size) for size in sizes]


def _costs(view: SettingView) -> Table:
    columns = (
        Column("activation", "text"),
        *([Column("cost, µs per step", "signed microseconds")] if view.estimates.linear else []),
        Column("compile s", "seconds"),
        Column("n", "count"),
    )
    cells = [
        (
            view.name(row),
            *(
                ["linear" if row.activation == view.estimates.linear else row.marginal_step_s]
                if view.estimates.linear
                else []
            ),
            row.compile_s,
            row.seeds,
        )
        for row in view.timed
    ]
    return Table("costs", columns, tuple(cells))


def _inference(view: SettingView, batch_size: int) -> Table:
    entries = {
        row.activation: entry
        for row in view.rows
        for entry in row.inference
        if entry.batch_size == batch_size
    }
    kind = latency_kind(max(entry.latency_s for entry in entries.values()))
    columns = (
        Column("activation", "text"),
        Column("p50/p95/p99", "words"),
        Column("k/s", "thousands"),
        Column("time ratio", "ratio", view.indifferent_ratio),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    cells = [
        (view.name(row), *_latencies(view, row, entries.get(row.activation), kind), row.seeds)
        for row in view.timed
    ]
    title = f"inference, batch size {batch_size}: latency in {UNITS[kind]}, thousands of items per second"
    return Table(title, columns, tuple(cells), (*row_notes(view.timed), *_placebo_note(view)))


def _latencies(view: SettingView, row: Row, entry: InferenceEstimate | None, kind: FigureKind) -> tuple[Value, ...]:
    if entry is None:
        return (None,) * 4
    percentiles = (entry.latency_s, entry.latency_p95_s, entry.latency_p99_s)
    latencies = "/".join(format_value(percentile, kind) for percentile in percentiles)
    return latencies, entry.items_per_s, *view.compared(row, entry.time_ratio)


def _placebo_note(view: SettingView) -> tuple[str, ...]:
    """At the head of a table, its row shows the noise only where it stands against its original."""
    info, compared_with = view.report.info, view.report.compared_with
    if info.placebo is None or compared_with == info.baseline:
        return ()
    return (
        f"ratios to {compared_with}; the placebo's own, to {info.baseline}, is in the setting's line on it",
    )
