"""The tables of how fast the trained models answer, one table for each batch size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actbench.report.document import Column, Table
from actbench.report.formatting import UNITS, format_value, latency_kind
from actbench.report.json_values import comparison_object, number_or_none
from actbench.report.registry import RepeatedFigures, ReportTable
from actbench.report.tables.time import ONE_SEED
from actbench.report.view import row_notes

if TYPE_CHECKING:
    from actbench.analysis.figures import InferenceEstimate, Row
    from actbench.report.formatting import FigureKind, Value
    from actbench.report.view import Report, SettingView

_FIGURES = ("latency_s", "latency_p95_s", "latency_p99_s", "items_per_s", "time_ratio")


def _batch_sizes(view: SettingView) -> list[int]:
    return list(dict.fromkeys(entry.batch_size for row in view.rows for entry in row.inference))


def _build(view: SettingView) -> list[Table]:
    return [_batch_table(view, size) for size in _batch_sizes(view)]


def _batch_table(view: SettingView, batch_size: int) -> Table:
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
        (view.name(row), *_cells(view, row, entries.get(row.activation), kind), row.seeds)
        for row in view.timed
    ]
    title = f"inference, batch size {batch_size}: latency in {UNITS[kind]}, thousands of items per second"
    return Table(title, columns, tuple(cells), (*row_notes(view.timed), *view.placebo_ratio_note))


def _cells(
    view: SettingView, row: Row, entry: InferenceEstimate | None, kind: FigureKind
) -> tuple[Value, ...]:
    if entry is None:
        return (None,) * 4
    percentiles = (entry.latency_s, entry.latency_p95_s, entry.latency_p99_s)
    latencies = "/".join(format_value(percentile, kind) for percentile in percentiles)
    return latencies, entry.items_per_s, *view.compared(row, entry.time_ratio)


def _object(entry: InferenceEstimate) -> dict[str, Any]:
    return {
        "batch_size": entry.batch_size,
        "latency_s": number_or_none(entry.latency_s),
        "latency_p95_s": number_or_none(entry.latency_p95_s),
        "latency_p99_s": number_or_none(entry.latency_p99_s),
        "items_per_s": number_or_none(entry.items_per_s),
        "time_ratio": comparison_object("time_ratio", entry.time_ratio),
    }


def _objects(_: SettingView, row: Row) -> list[dict[str, Any]]:
    return [_object(entry) for entry in row.inference]


def _csv_lines(view: SettingView, row: Row) -> list[dict[str, Any]]:
    """Return one line for each batch size of the setting, also where this activation diverged."""
    entries = {entry.batch_size: _object(entry) for entry in row.inference}
    return [entries.get(size, {"batch_size": size}) for size in _batch_sizes(view)]


def _csv_of_all(view: SettingView, row: Row) -> dict[str, Any]:
    return {
        f"inference_{line['batch_size']}": {name: line.get(name) for name in _FIGURES}
        for line in _csv_lines(view, row)
    }


def _notes(report: Report) -> tuple[str, ...]:
    note = (
        "Latency: per call, over all rounds of all seeds. k/s: thousands of items per second at the median. "
        "Inference-time ratio: as for training, over inference rounds."
    )
    one_seed = any(setting.finished == 1 for setting in report.estimates.settings)
    return (note, ONE_SEED) if one_seed else (note,)


def _absence(report: Report) -> str | None:
    if any(row.inference for row in report.rows):
        return None
    return "no inference was timed: timing.inference_batch_sizes is empty in what is measured"


INFERENCE = ReportTable(
    build=_build,
    notes=_notes,
    repeated=RepeatedFigures("inference", _objects, ("batch_size", *_FIGURES), _csv_lines, _csv_of_all),
    compares="verdicts",
    absence=_absence,
)
