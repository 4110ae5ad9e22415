"""From figures to a Document: which tables there are, and how to read them."""

from collections.abc import Sequence

from actbench.analysis.figures import Row, SettingEstimates
from actbench.analysis.intervals import Interval
from actbench.report.contract import TableName
from actbench.report.document import Column, Document, Section, Table
from actbench.report.facts import run_facts, setting_facts
from actbench.report.model import Report
from actbench.report.numbers import Value, latency_kind

_NOTES: dict[TableName, tuple[str, ...]] = {
    "accuracy": (
        "Accuracy: mean over seeds, with the 95 % t interval of that mean.",
        "Difference: paired by seed (same initial weights, same batches), in percentage points, with its "
        "95 % t interval.",
    ),
    "time": (
        "Seconds per epoch: each seed's median epoch, geometric mean over seeds, with its 95 % t interval.",
        "Training-time ratio: to the baseline's slice in the same round; each seed's median, geometric mean "
        "over seeds, with its 95 % t interval.",
        "Compile: median seconds to build, trace and compile one activation's training and evaluation "
        "programs, once per worker, in no other figure.",
    ),
    "inference": (
        "Latency: per call, over all rounds of all seeds; items/s at the median.",
        "Inference-time ratio: as for training, over inference rounds.",
    ),
}
_ONE_SEED = "With a single seed, time intervals come from its rounds alone and speak for that one process."

_NO_INTERVAL = (
    "A figure without brackets has no interval: too few samples, or equal ones, do not show their spread."
)


def lay_out(report: Report, table: TableName) -> Document:
    """The Document of one table, or of all."""
    shown: tuple[TableName, ...] = ("accuracy", "time", "inference") if table == "all" else (table,)
    settings = report.estimates.settings
    notes = [note for name in shown for note in _NOTES[name]]
    if any(setting.finished == 1 for setting in settings) and shown != ("accuracy",):
        notes.append(_ONE_SEED)
    sections = tuple(_section(report, setting, shown) for setting in settings)
    if any(_lacks_an_interval(table) for section in sections for table in section.tables):
        notes.append(_NO_INTERVAL)
    return Document(
        title=f"{report.info.name}: {', '.join(shown)}",
        facts=run_facts(report),
        sections=sections,
        notes=tuple(notes),
    )


def _section(report: Report, estimates: SettingEstimates, shown: Sequence[TableName]) -> Section:
    build = {"accuracy": _accuracy_tables, "time": _time_tables, "inference": _inference_tables}
    tables = [table for name in shown if estimates.rows for table in build[name](report, estimates.rows)]
    facts = setting_facts(estimates, report.info.baseline)
    return Section(f"setting {estimates.setting.id}", facts, tuple(tables))


def _accuracy_tables(report: Report, rows: Sequence[Row]) -> list[Table]:
    columns = (
        Column("activation", "text"),
        Column("test accuracy %", "percent"),
        Column("difference, points", "points"),
        Column("n", "count"),
    )
    cells = tuple(
        (_label(report, row), row.accuracy, _versus(report, row, row.accuracy_diff), row.seeds)
        for row in rows
    )
    return [Table("accuracy", columns, cells, _row_notes(rows))]


def _time_tables(report: Report, rows: Sequence[Row]) -> list[Table]:
    columns = (
        Column("activation", "text"),
        Column("s per epoch", "seconds"),
        Column("time ratio", "ratio"),
        Column("compile s", "seconds"),
        Column("n", "count"),
    )
    cells = tuple(
        (
            _label(report, row),
            row.epoch_s,
            _versus(report, row, row.train_time_ratio),
            row.compile_s,
            row.seeds,
        )
        for row in rows
    )
    return [Table("training time", columns, cells, _row_notes(rows))]


def _inference_tables(report: Report, rows: Sequence[Row]) -> list[Table]:
    sizes = dict.fromkeys(entry.batch_size for row in rows for entry in row.inference)
    return [_inference_table(report, rows, size) for size in sizes]


def _inference_table(report: Report, rows: Sequence[Row], batch_size: int) -> Table:
    entries = {
        row.activation: entry for row in rows for entry in row.inference if entry.batch_size == batch_size
    }
    kind = latency_kind(max(entry.latency_s for entry in entries.values()))
    unit = {"microseconds": "µs", "milliseconds": "ms"}.get(kind, "s")
    columns = (
        Column("activation", "text"),
        Column(f"p50 {unit}", kind),
        Column(f"p95 {unit}", kind),
        Column(f"p99 {unit}", kind),
        Column("items/s", "rate"),
        Column("time ratio", "ratio"),
        Column("n", "count"),
    )
    cells: list[tuple[Value, ...]] = []
    for row in rows:
        entry = entries.get(row.activation)
        figures: tuple[Value, ...] = (None,) * 5
        if entry is not None:
            figures = (
                entry.latency_s,
                entry.latency_p95_s,
                entry.latency_p99_s,
                entry.items_per_s,
                _versus(report, row, entry.time_ratio),
            )
        cells.append((_label(report, row), *figures, row.seeds))
    return Table(f"inference, batch size {batch_size}", columns, tuple(cells), _row_notes(rows))


def _label(report: Report, row: Row) -> str:
    if row.activation == report.info.placebo:
        return f"{row.activation} (= {report.info.baseline})"
    return row.activation


def _versus(report: Report, row: Row, value: Value) -> Value:
    return "baseline" if row.activation == report.info.baseline else value


def _row_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    notes = [f"{row.activation}: {row.status}" for row in rows if row.diverged]
    for pairs in dict.fromkeys(row.pairs for row in rows if row.pairs != row.seeds):
        labels = ", ".join(row.activation for row in rows if row.pairs == pairs != row.seeds)
        notes.append(f"{labels}: differences and ratios over {pairs} {'pair' if pairs == 1 else 'pairs'}")
    return tuple(notes)


def _lacks_an_interval(table: Table) -> bool:
    return any(isinstance(value, Interval) and not value.bounded for row in table.rows for value in row)
