"""The diagnostics table, and the plain sentences that say why an activation failed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actbench.report.chart import Chart, Line
from actbench.report.document import Column, Table
from actbench.report.formatting import format_two_digits, format_value, score_format
from actbench.report.json_values import interval_object, interval_objects
from actbench.report.registry import RepeatedFigures, ReportTable

if TYPE_CHECKING:
    from actbench.analysis.diagnosis import Diagnosis, Finding, ProbedEpoch
    from actbench.analysis.figures import Row, SettingEstimates
    from actbench.report.formatting import MetricFormat, Value
    from actbench.report.view import Report, SettingView


_GRADIENT_COLUMNS = (
    Column("activation", "text"),
    Column("when", "words"),
    Column("first to last", "two digits"),
    Column("output layer", "two digits"),
    Column("n", "count"),
)

_LAYER_COLUMNS = (
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

_EPOCH_FIGURES = ("gradient_first_to_last", "output_gradient_norm")

_LAYER_FIGURES = (
    "dead",
    "saturated",
    "zeros",
    "preactivation_mean",
    "preactivation_variance",
    "gradient_norm",
)


def failure_sentences(estimates: SettingEstimates) -> tuple[str, ...]:
    """Return a sentence for each activation of a setting that failed, in the order of its rows."""
    sentences = (failure_sentence(row, estimates) for row in estimates.rows)
    return tuple(sentence for sentence in sentences if sentence is not None)


def failure_sentence(row: Row, estimates: SettingEstimates) -> str | None:
    """Return what the probes show of an activation that failed, and how far it got; None if it did not fail.

    Args:
        row: The activation.
        estimates: The setting that the row is part of.
    """
    diagnosis = row.diagnosis
    if diagnosis is None:
        return None
    finding, last = diagnosis.finding, diagnosis.last
    if finding is not None:
        parts = [f"{_format_finding(finding)} ({format_epoch(finding.probed_epoch)})"]
    elif last is not None:
        norms = "norm is" if len(last.layers) == 1 else "norms are"
        parts = [
            "neither its units nor its gradients show why",
            f"{format_epoch(last)} the gradient {norms} {_format_norms(last)}",
        ]
    else:
        parts = []
    return f"{row.activation}: {'; '.join([*parts, _format_outcome(row, diagnosis, estimates)])}"


def format_epoch(probed: ProbedEpoch) -> str:
    """Return when the probes looked, such as "after 3 epochs"."""
    if probed.epoch is None:
        return "at the end of each training"
    if probed.epoch == 0:
        return "before training"
    return f"after {probed.epoch} {'epoch' if probed.epoch == 1 else 'epochs'}"


def _format_finding(finding: Finding) -> str:
    first, last = finding.layers[0], finding.layers[-1]
    ratio = f"the gradient of layer {first} is {format_two_digits(finding.value)} of layer {last}'s"
    share = f"{format_value(finding.value, 'whole percent')} % of the units of layer {first}"
    match finding.cause:
        case "no gradient":
            layers = f"{_format_layers(finding.layers)}{_how_often(finding)}"
            return f"no gradient reaches {layers}: {_cannot_learn(finding)}"
        case "dead":
            return f"{share} are dead: no example moves their weights"
        case "vanishing":
            return f"{ratio}: it vanishes"
        case "exploding":
            return f"{ratio}: it explodes"
        case "not finite":
            return f"the gradient of {_format_layers(finding.layers)} is not finite"
        case "saturated":
            return f"{share} are saturated or dead: next to no gradient passes them"


def _how_often(finding: Finding) -> str:
    """Say in how many trainings no gradient arrives; nothing if in all of them."""
    seeds = finding.probed_epoch.seeds
    return "" if finding.value == seeds else f" in {finding.value:.0f} of {seeds} trainings"


def _cannot_learn(finding: Finding) -> str:
    dead = [layer.layer for layer in finding.probed_epoch.layers if layer.dead.estimate == 1.0]
    words = "it cannot learn" if len(finding.layers) == 1 else "they cannot learn"
    return f"{words}; all units of {_format_layers(dead)} are dead" if dead else words


def _format_norms(probed: ProbedEpoch) -> str:
    """Return the gradient norms of the hidden layers; of three or more those of the first and the last."""
    layers = probed.layers
    shown = layers if len(layers) < 3 else (layers[0], layers[-1])
    return " and ".join(
        f"{format_value(layer.gradient_norm and layer.gradient_norm.estimate, 'two digits')} "
        f"in layer {layer.layer}"
        for layer in shown
    )


def _format_outcome(row: Row, diagnosis: Diagnosis, estimates: SettingEstimates) -> str:
    if diagnosis.failure == "diverged":
        return f"{row.status} trainings"
    constant = estimates.dataset.constant_score
    assert row.score is not None
    assert constant is not None
    score = score_format(estimates.score_name)
    own = f"test {score.name} {score.value(row.score.estimate)}"
    if diagnosis.failure == "constant":
        return f"{own}, {_no_better(row.score.estimate, constant, score, estimates.dataset.test)}"
    best = max(entry.score.estimate for entry in estimates.rows if entry.score is not None)
    return f"{own}, far behind the best, {score.value(best)}"


def _no_better(own: float, constant: float, score: MetricFormat, examples: int) -> str:
    """Compare a score with a constant answer's; a higher one is within the luck of so many examples."""
    answer = f"a constant answer, {score.value(constant)}"
    if own <= constant:
        return f"no better than {answer}"
    return f"not clearly better than {answer}, on {examples:,} test examples"


def _format_layers(layers: Sequence[int]) -> str:
    """Return the layers in words: "layer 1", "layers 1 and 2", "layers 1 to 3" or "layers 1, 3, 4"."""
    if len(layers) == 1:
        return f"layer {layers[0]}"
    if len(layers) == 2:
        return f"layers {layers[0]} and {layers[1]}"
    if list(layers) == list(range(layers[0], layers[-1] + 1)):
        return f"layers {layers[0]} to {layers[-1]}"
    return f"layers {', '.join(map(str, layers))}"


def _build(view: SettingView) -> list[Table]:
    """Return how gradients pass through the layers, then one table by layer for each probed epoch."""
    rows = _probed_rows(view)
    if not rows:
        return []
    gradients = [
        (
            view.name(row),
            format_epoch(probed),
            probed.gradient_first_to_last,
            probed.output_gradient_norm,
            probed.seeds,
        )
        for row in rows
        for probed in row.probed_epochs
    ]
    unexplained = [
        f"{row.activation}: {row.status} trainings" for row in view.rows if row.diverged and not row.diagnosis
    ]
    notes = (*failure_sentences(view.estimates), *unexplained)
    return [
        Table("gradients", _GRADIENT_COLUMNS, tuple(gradients), notes),
        *(
            Table(f"layers {when}", _LAYER_COLUMNS, layers)
            for when in _epochs(rows)
            if (layers := _layer_cells(view, rows, when))
        ),
    ]


def _layer_cells(view: SettingView, rows: Sequence[Row], when: str) -> tuple[tuple[Value, ...], ...]:
    """Return estimates alone: seven intervals do not fit beside each other, and CSV and JSON have them."""
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
            probed.seeds,
        )
        for row in rows
        for probed in row.probed_epochs
        if format_epoch(probed) == when
        for layer in probed.layers
    )


def _probed_rows(view: SettingView) -> list[Row]:
    """Return the rows that were probed, without the placebo, which shows nothing new."""
    return [row for row in view.rows if row.probed_epochs and row.activation != view.report.info.placebo]


def _epochs(rows: Sequence[Row]) -> list[str]:
    """Return when the probes looked, in words, in order."""
    found = {format_epoch(probed): probed.epoch for row in rows for probed in row.probed_epochs}
    return sorted(found, key=lambda when: (found[when] is None, found[when] or 0))


def _charts(view: SettingView) -> list[Chart]:
    """Return a chart of the gradient from layer to layer for each probed epoch; one layer is no line."""
    rows = _probed_rows(view)
    charts = []
    for when in _epochs(rows):
        lines = [
            _gradient_line(row, probed)
            for row in rows
            for probed in row.probed_epochs
            if format_epoch(probed) == when and len(probed.layers) > 1
        ]
        if any(math.isfinite(y) for line in lines for y in line.y):
            charts.append(Chart(f"gradient norm {when}", "hidden layer", "norm", tuple(lines), "y"))
    return charts


def _gradient_line(row: Row, probed: ProbedEpoch) -> Line:
    """Return the norms by layer; NaN for 0 and for unknown ones, which a logarithmic axis cannot show."""
    norms = [layer.gradient_norm for layer in probed.layers]
    return Line(
        row.activation,
        [layer.layer for layer in probed.layers],
        [norm.estimate if norm and norm.estimate else math.nan for norm in norms],
    )


def _values(view: SettingView, row: Row) -> dict[str, Any]:
    score = view.estimates.score_name
    return {score: interval_object(score, row.score), "why": failure_sentence(row, view.estimates)}


def _objects(_: SettingView, row: Row) -> list[dict[str, Any]]:
    return [
        {
            "epoch": probed.epoch,
            "probed_seeds": probed.seeds,
            **interval_objects(probed, _EPOCH_FIGURES),
            "layers": [
                {"layer": layer.layer, **interval_objects(layer, _LAYER_FIGURES)} for layer in probed.layers
            ],
        }
        for probed in row.probed_epochs
    ]


def _csv_lines(view: SettingView, row: Row) -> list[dict[str, Any]]:
    """Return one line per probed epoch and layer; one without figures where nothing was probed."""
    lines = []
    for probed in _objects(view, row):
        layers = probed.pop("layers")
        lines += [{**probed, **layer} for layer in layers or [{}]]
    return lines or [{}]


_NOTE = (
    "Layers are the hidden ones, from the input on; figures are means over n seeds, of the same training "
    "examples. Dead: units whose slope is zero for every example. Saturated: other units whose mean "
    "slope is under 5 % of the largest. Zeros: outputs that are exactly zero. Mean and variance: of the "
    "pre-activations. Gradient: norm of the loss's gradient to the kernel, geometric mean. First to "
    "last: the norm of the first hidden layer over that of the last, with its 95 % t interval on the log "
    "scale."
)


def _absence(report: Report) -> str | None:
    if any(row.probed_epochs for row in report.rows):
        return None
    return "nothing was probed: probes is false in what is measured, or an older actbench measured it"


DIAGNOSTICS = ReportTable(
    build=_build,
    notes=lambda _: (_NOTE,),
    charts=_charts,
    values=_values,
    repeated=RepeatedFigures(
        "probes",
        _objects,
        ("epoch", "probed_seeds", *_EPOCH_FIGURES, "layer", *_LAYER_FIGURES),
        _csv_lines,
    ),
    absence=_absence,
    # The tables are long, and of interest only where something failed, which `accuracy` says in a sentence.
    in_all=False,
    # The earlier name of the table: the names of the files in a run folder do not change within a version.
    csv_name="why",
)
