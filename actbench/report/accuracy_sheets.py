"""The tables of what was learned: test accuracy and the other metrics of one setting."""

from collections.abc import Callable

from actbench.analysis.comparisons import interval_of
from actbench.analysis.figures import MetricName, Row
from actbench.report.document import Column, Table
from actbench.report.numbers import Kind, Value
from actbench.report.view import SettingView, row_notes
from actbench.report.why import sentences

_METRICS: dict[MetricName, tuple[str, Kind, str, Kind]] = {
    "test_loss": ("test loss, 0.001 nats", "thousandths", "difference", "signed thousandths"),
    "train_accuracy": ("train accuracy %", "percent", "difference, points", "points"),
    "epochs_trained": ("epochs trained", "decimal", "difference", "signed decimal"),
    "epochs_to_target": ("epochs to target", "decimal", "difference", "signed decimal"),
    "seconds_to_target": ("seconds to target", "seconds", "time ratio", "ratio"),
}


def accuracy(view: SettingView) -> list[Table]:
    """Test accuracy, and with `generalise` what it would be on new data."""
    columns = (
        Column("activation", "text"),
        Column("test accuracy %", "percent"),
        Column("difference, points", "points", view.indifferent_points),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    cells = [
        (view.name(row), row.accuracy, *view.compared(row, row.accuracy_diff), row.seeds) for row in view.rows
    ]
    notes = (*row_notes(view.rows), *sentences(view.estimates))
    tables = [Table("accuracy", columns, tuple(cells), notes)]
    return [*tables, *_new_data(view)] if view.report.generalised else tables


def metrics(view: SettingView) -> list[Table]:
    """One table for each metric."""
    names = [metric.name for metric in view.rows[0].metrics]
    return [_metric(view, name, position) for position, name in enumerate(names)]


def _new_data(view: SettingView) -> list[Table]:
    def table(title: str, kind: Kind, figures: Callable[[Row], tuple[Value, Value]]) -> Table:
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
        return interval_of(row.accuracy_diff), row.accuracy_diff_new_data

    return [
        table("accuracy %, generalised", "percent", lambda row: (row.accuracy, row.accuracy_new_data)),
        table("difference in points, generalised", "points", difference),
    ]


def _metric(view: SettingView, name: MetricName, position: int) -> Table:
    title, kind, difference, difference_kind = _METRICS[name]
    target = view.report.estimates.verdict.target_accuracy if name.endswith("to_target") else None
    columns = (
        Column("activation", "text"),
        Column("mean", kind),
        Column(difference, difference_kind),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    metrics = [row.metrics[position] for row in view.rows]
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
    return Table(f"{title}{suffix}", columns, tuple(cells), notes)
