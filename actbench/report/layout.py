"""From figures to a Document: which tables there are, and what has to be said beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

from actbench.analysis.estimates import PlaceboCheck, Row, SettingEstimates
from actbench.report.contract import TableName
from actbench.report.document import Column, Document, Section, Table
from actbench.report.model import Report
from actbench.report.numbers import Value, format_value, latency_kind
from actbench.report.ordering import DESCRIPTIONS

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
        "Compile: median seconds to compile the training program, once per activation, in no other figure.",
    ),
    "inference": (
        "Latency: per call, over all rounds of all seeds; items/s at the median.",
        "Inference-time ratio: as for training, over inference rounds.",
    ),
}
_ONE_SEED = "With a single seed, time intervals come from its rounds alone and speak for that one process."


def lay_out(report: Report, table: TableName) -> Document:
    """The Document of one table, or of all."""
    shown: tuple[TableName, ...] = ("accuracy", "time", "inference") if table == "all" else (table,)
    settings = report.estimates.settings
    notes = [note for name in shown for note in _NOTES[name]]
    if any(setting.finished == 1 for setting in settings) and shown != ("accuracy",):
        notes.append(_ONE_SEED)
    return Document(
        title=f"{report.info.name}: {', '.join(shown)}",
        facts=_run_facts(report),
        sections=tuple(_section(report, setting, shown) for setting in settings),
        notes=tuple(notes),
    )


def _run_facts(report: Report) -> tuple[tuple[str, str], ...]:
    info, environment = report.info, report.estimates.environment
    memory = environment.memory_bytes / 2**30
    versions = {"python": environment.python, **environment.packages}
    facts = [
        ("run", f"{info.run_id}, created {info.created_at}"),
        ("machine", f"{environment.cpu}, {environment.cores} cores, {memory:.1f} GiB"),
        ("system", environment.system),
        ("device", environment.device or "unknown"),
        (
            "threads",
            f"{_or_unknown(environment.intra_op_threads)} intra-op, "
            f"{_or_unknown(environment.inter_op_threads)} inter-op",
        ),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("blocks", f"{report.estimates.finished} of {len(info.blocks)} finished"),
        *(("failed", f"block {block.block}: {block.error}") for block in report.estimates.failed),
        ("baseline", info.baseline),
        ("sorted by", DESCRIPTIONS[report.sort]),
    ]
    if info.placebo is None:
        facts.append(("placebo", "none: nothing in this run shows how large its noise is"))
    return tuple(facts)


def _section(report: Report, estimates: SettingEstimates, shown: Sequence[TableName]) -> Section:
    description, dataset = estimates.setting.description, estimates.dataset
    facts = [(name, _in_words(value)) for name, value in description.items()]
    facts.append(
        ("examples", f"{dataset.train:,} train, {dataset.validation:,} validation, {dataset.test:,} test")
    )
    facts.append(("seeds", f"{estimates.finished} finished"))
    if estimates.placebo is not None:
        words = placebo_in_words(estimates.placebo, report.info.baseline, estimates.finished)
        facts.append(("placebo", words))
    build = {"accuracy": _accuracy_tables, "time": _time_tables, "inference": _inference_tables}
    tables = [table for name in shown if estimates.rows for table in build[name](report, estimates.rows)]
    return Section(f"setting {estimates.setting.id}", tuple(facts), tuple(tables))


def placebo_in_words(check: PlaceboCheck, baseline: str, blocks: int) -> str:
    """Whether the run's own noise can be told from nothing.

    Args:
        check: What the placebo showed.
        baseline: Its label.
        blocks: How many blocks of the setting are finished.
    """
    accuracy = (
        f"its test accuracy is exactly {baseline}'s in all of {blocks} blocks"
        if check.accuracy_equal
        else f"FLAGGED: its test accuracy is not {baseline}'s: trainings are not reproducible here"
    )
    ratio = check.train_time_ratio
    if check.flagged:
        figures = (f"{name} {format_value(flagged, 'ratio')}" for name, flagged in check.flagged.items())
        time = (
            f"FLAGGED: its {', '.join(figures)} excludes 1, though it computes the same as {baseline}: "
            "distrust differences of that size"
        )
    elif ratio is None or ratio.ci_low is None:
        time = f"too few rounds to tell whether its times are {baseline}'s"
    else:
        time = (
            f"it trains in {format_value(ratio, 'ratio')} of {baseline}'s time, and no time ratio excludes 1"
        )
    return f"{accuracy}; {time}"


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
    return tuple(f"{row.activation}: {row.status}" for row in rows if row.diverged)


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_in_words(item)}" for name, item in value.items() if item is not None)
    return str(list(value)) if isinstance(value, list | tuple) else str(value)


def _or_unknown(threads: int | None) -> str:
    return "unknown" if threads is None else str(threads)
