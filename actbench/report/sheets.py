"""The tables of one setting."""

from collections.abc import Callable, Sequence

from actbench.analysis.comparisons import Comparison, interval_of
from actbench.analysis.figures import InferenceEstimate, MetricName, Row, SettingEstimates
from actbench.report.document import Column, Table
from actbench.report.model import Report
from actbench.report.numbers import UNITS, Kind, Value, format_value, latency_kind, verdict_in_words
from actbench.report.ordering import placebo_first

_METRICS: dict[MetricName, tuple[str, Kind, str, Kind]] = {
    "test_loss": ("test loss, 0.001 nats", "thousandths", "difference", "signed thousandths"),
    "train_accuracy": ("train accuracy %", "percent", "difference, points", "points"),
    "epochs_to_target": ("epochs to target", "decimal", "difference", "signed decimal"),
    "seconds_to_target": ("seconds to target", "seconds", "time ratio", "ratio"),
}
_BAR_WIDTH = 10


class Sheets:
    """Builds the tables of one setting; each method gives those of one `TableName`."""

    def __init__(self, report: Report, estimates: SettingEstimates) -> None:
        self._report = report
        self._rows = estimates.rows
        # What noise alone does stands above what is measured in it.
        self._timed = placebo_first(estimates.rows, report.info.placebo)
        self._linear = estimates.linear

    def accuracy(self) -> list[Table]:
        """Test accuracy, and with `generalise` what it would be on new data."""
        columns = (
            Column("activation", "text"),
            Column("test accuracy %", "percent"),
            Column("difference, points", "points"),
            Column("verdict", "words"),
            Column("n", "count"),
        )
        cells = [
            (row.activation, row.accuracy, *self._compared(row, row.accuracy_diff), row.seeds)
            for row in self._rows
        ]
        tables = [Table("accuracy", columns, tuple(cells), _row_notes(self._rows))]
        return [*tables, *self._new_data()] if self._report.generalised else tables

    def time(self) -> list[Table]:
        """Training time, and what the non-linearity and the compilation cost."""
        columns = (
            Column("activation", "text"),
            Column("time ratio", "ratio"),
            Column("verdict", "words"),
            Column("s per epoch", "seconds"),
            Column("n", "count"),
        )
        cells = [
            (row.activation, *self._compared(row, row.train_time_ratio), row.epoch_s, row.seeds)
            for row in self._timed
        ]
        tables = [Table("training time", columns, tuple(cells), _row_notes(self._rows))]
        return [*tables, self._costs()]

    def inference(self) -> list[Table]:
        """One table for each batch size."""
        sizes = dict.fromkeys(entry.batch_size for row in self._rows for entry in row.inference)
        return [self._inference(size) for size in sizes]

    def pareto(self) -> list[Table]:
        """Accuracy against time."""
        columns = (
            Column("activation", "text"),
            Column("test accuracy %", "percent"),
            Column("time ratio", "ratio"),
            Column("P(front)", "probability"),
            Column("", "words"),
        )
        cells = [
            (
                row.activation,
                row.accuracy,
                interval_of(row.train_time_ratio),
                row.non_dominated,
                "" if row.non_dominated is None else "█" * round(_BAR_WIDTH * row.non_dominated),
            )
            for row in self._rows
            if row.activation != self._report.info.placebo
        ]
        return [Table("accuracy against training time", columns, tuple(cells))]

    def metrics(self) -> list[Table]:
        """One table for each metric."""
        names = [metric.name for metric in self._rows[0].metrics]
        return [self._metric(name, position) for position, name in enumerate(names)]

    def _new_data(self) -> list[Table]:
        def table(title: str, kind: Kind, figures: Callable[[Row], tuple[Value, Value]]) -> Table:
            columns = (
                Column("activation", "text"),
                Column("new seeds", kind),
                Column("new seeds and data", kind),
                Column("n", "count"),
            )
            cells = [(row.activation, *figures(row), row.seeds) for row in self._rows]
            return Table(title, columns, tuple(cells))

        def difference(row: Row) -> tuple[Value, Value]:
            if row.activation == self._report.compared_with:
                return "baseline", None
            return interval_of(row.accuracy_diff), row.accuracy_diff_new_data

        return [
            table("accuracy %, generalised", "percent", lambda row: (row.accuracy, row.accuracy_new_data)),
            table("difference in points, generalised", "points", difference),
        ]

    def _costs(self) -> Table:
        columns = (
            Column("activation", "text"),
            *([Column("cost, µs per step", "signed microseconds")] if self._linear else []),
            Column("compile s", "seconds"),
            Column("n", "count"),
        )
        cells = [
            (
                row.activation,
                *(
                    ["linear" if row.activation == self._linear else row.marginal_step_s]
                    if self._linear
                    else []
                ),
                row.compile_s,
                row.seeds,
            )
            for row in self._timed
        ]
        return Table("costs", columns, tuple(cells))

    def _inference(self, batch_size: int) -> Table:
        entries = {
            row.activation: entry
            for row in self._rows
            for entry in row.inference
            if entry.batch_size == batch_size
        }
        kind = latency_kind(max(entry.latency_s for entry in entries.values()))
        columns = (
            Column("activation", "text"),
            Column(f"p50/p95/p99 {UNITS[kind]}", "words"),
            Column("items/s", "rate"),
            Column("time ratio", "ratio"),
            Column("verdict", "words"),
            Column("n", "count"),
        )
        cells = [
            (row.activation, *self._latencies(row, entries.get(row.activation), kind), row.seeds)
            for row in self._timed
        ]
        return Table(f"inference, batch size {batch_size}", columns, tuple(cells), _row_notes(self._rows))

    def _latencies(self, row: Row, entry: InferenceEstimate | None, kind: Kind) -> tuple[Value, ...]:
        if entry is None:
            return (None,) * 4
        percentiles = (entry.latency_s, entry.latency_p95_s, entry.latency_p99_s)
        latencies = "/".join(format_value(percentile, kind) for percentile in percentiles)
        ratio, _ = self._compared(row, entry.time_ratio)
        verdict = entry.time_ratio.verdict if entry.time_ratio else None
        return latencies, entry.items_per_s, ratio, verdict or ""

    def _metric(self, name: MetricName, position: int) -> Table:
        title, kind, difference, difference_kind = _METRICS[name]
        columns = (
            Column("activation", "text"),
            Column("mean", kind),
            Column(difference, difference_kind),
            Column("verdict", "words"),
            Column("n", "count"),
        )
        metrics = [(row, row.metrics[position]) for row in self._rows]
        cells = [
            (row.activation, metric.value, *self._compared(row, metric.difference), metric.seeds)
            for row, metric in metrics
        ]
        target = self._report.estimates.verdict.target_accuracy
        suffix = f", validation accuracy {target:.4g}" if name.endswith("to_target") else ""
        return Table(f"{title}{suffix}", columns, tuple(cells))

    def _compared(self, row: Row, comparison: Comparison | None) -> tuple[Value, Value]:
        """The difference and its verdict; of the baseline itself there is none."""
        if row.activation == self._report.compared_with:
            return "baseline", ""
        if comparison is None:
            return None, None
        return comparison.interval, verdict_in_words(comparison)


def _row_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    notes = [f"{row.activation}: {row.status}" for row in rows if row.diverged]
    for pairs in dict.fromkeys(row.pairs for row in rows if row.pairs != row.seeds):
        labels = ", ".join(row.activation for row in rows if row.pairs == pairs != row.seeds)
        notes.append(f"{labels}: differences and ratios over {pairs} {'pair' if pairs == 1 else 'pairs'}")
    return tuple(notes)
