"""What the probes saw inside the networks of one setting: tables, and a picture of the gradients."""

import math
from collections.abc import Sequence

from actbench.analysis.figures import Row
from actbench.analysis.probes import Moment
from actbench.report.chart import Chart, Line
from actbench.report.document import Column, Table
from actbench.report.numbers import Value
from actbench.report.view import SettingView
from actbench.report.why import after, sentences

_LAYERS = (
    Column("activation", "text"),
    Column("layer", "count"),
    Column("dead %", "one percent"),
    Column("saturated %", "one percent"),
    Column("zeros %", "one percent"),
    Column("mean", "two digits"),
    Column("variance", "two digits"),
    Column("gradient", "two digits"),
    Column("n", "count"),
)
_RATIOS = (
    Column("activation", "text"),
    Column("when", "words"),
    Column("first to last", "two digits"),
    Column("output layer", "two digits"),
    Column("n", "count"),
)


def why(view: SettingView) -> list[Table]:
    """How gradients pass through the layers, then each moment by layer, where there are any."""
    rows = _probed(view)
    if not rows:
        return []
    gradients = [
        (
            view.name(row),
            after(moment),
            moment.gradient_first_to_last,
            moment.output_gradient_norm,
            moment.seeds,
        )
        for row in rows
        for moment in row.moments
    ]
    unexplained = [
        f"{row.activation}: {row.status} trainings" for row in view.rows if row.diverged and not row.diagnosis
    ]
    return [
        Table("gradients", _RATIOS, tuple(gradients), (*sentences(view.estimates), *unexplained)),
        *(
            Table(f"layers {when}", _LAYERS, layers)
            for when in _moments(rows)
            if (layers := _layers(view, rows, when))
        ),
    ]


def gradient_charts(view: SettingView) -> list[Chart]:
    """The gradient from layer to layer, for each moment; none of networks with a single hidden layer."""
    rows = _probed(view)
    charts = []
    for when in _moments(rows):
        moments = [(row, moment) for row in rows for moment in row.moments if after(moment) == when]
        lines = [_gradients(row, moment) for row, moment in moments if len(moment.layers) > 1]
        if any(math.isfinite(y) for line in lines for y in line.y):
            charts.append(Chart(f"gradient norm {when}", "hidden layer", "norm", tuple(lines), "y"))
    return charts


def _gradients(row: Row, moment: Moment) -> Line:
    """Its norms by layer; what is 0 or unknown has no place on a logarithmic axis."""
    norms = [layer.gradient_norm for layer in moment.layers]
    return Line(
        row.activation,
        [layer.layer for layer in moment.layers],
        [norm.estimate if norm and norm.estimate else math.nan for norm in norms],
    )


def _probed(view: SettingView) -> list[Row]:
    """Rows that were looked into; the placebo shows nothing new."""
    return [row for row in view.rows if row.moments and row.activation != view.report.info.placebo]


def _moments(rows: Sequence[Row]) -> list[str]:
    """When they were looked into, in order."""
    found = {after(moment): moment.epoch for row in rows for moment in row.moments}
    return sorted(found, key=lambda when: (found[when] is None, found[when] or 0))


def _layers(view: SettingView, rows: Sequence[Row], when: str) -> tuple[tuple[Value, ...], ...]:
    """Estimates alone: seven intervals do not fit beside each other; CSV and JSON have them."""
    return tuple(
        (
            view.name(row),
            layer.layer,
            layer.dead.estimate,
            layer.saturated.estimate,
            layer.zeros.estimate,
            layer.preactivation_mean and layer.preactivation_mean.estimate,
            layer.preactivation_variance and layer.preactivation_variance.estimate,
            layer.gradient_norm and layer.gradient_norm.estimate,
            moment.seeds,
        )
        for row in rows
        for moment in row.moments
        if after(moment) == when
        for layer in moment.layers
    )
