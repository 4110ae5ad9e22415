"""Why an activation failed, in a plain sentence with the figure that was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from actbench.report.chart import Chart, Line
from actbench.report.document import Column, Table
from actbench.report.formatting import format_two_digits, format_value, score_format

if TYPE_CHECKING:
    from actbench.analysis.diagnosis import Diagnosis, Finding
    from actbench.analysis.figures import Row, SettingEstimates
    from actbench.analysis.probes import ProbedEpoch
    from actbench.report.formatting import MetricFormat, Value
    from actbench.report.model import SettingView


def sentences(estimates: SettingEstimates) -> tuple[str, ...]:
    """One for each activation of a setting that failed, in the order of its rows."""
    told = (sentence(row, estimates) for row in estimates.rows)
    return tuple(text for text in told if text is not None)


def sentence(row: Row, estimates: SettingEstimates) -> str | None:
    """Of an activation that failed; None of any other."""
    if row.diagnosis is None:
        return None
    finding, last = row.diagnosis.finding, row.diagnosis.last
    told = [
        f"{finding_in_words(finding)} ({after(finding.probed_epoch)})"
        if finding
        else _no_finding(row.diagnosis),
        _outcome(row, row.diagnosis, estimates),
    ]
    if finding is None and last is not None:
        norms = "norm is" if len(last.layers) == 1 else "norms are"
        told.insert(1, f"{after(last)} the gradient {norms} {_norms(last)}")
    return f"{row.activation}: {'; '.join(part for part in told if part)}"


def after(moment: ProbedEpoch) -> str:
    """When that was."""
    if moment.epoch is None:
        return "at the end of each training"
    if moment.epoch == 0:
        return "before training"
    return f"after {moment.epoch} {'epoch' if moment.epoch == 1 else 'epochs'}"


def finding_in_words(finding: Finding) -> str:
    """What the probes show."""
    first, last = finding.layers[0], finding.layers[-1]
    ratio = f"the gradient of layer {first} is {format_two_digits(finding.value)} of layer {last}'s"
    share = f"{format_value(finding.value, 'whole percent')} % of the units of layer {first}"
    match finding.cause:
        case "no gradient":
            return (
                f"no gradient reaches {_named(finding.layers)}{_how_often(finding)}: {_cannot_learn(finding)}"
            )
        case "dead":
            return f"{share} are dead: no example moves their weights"
        case "vanishing":
            return f"{ratio}: it vanishes"
        case "exploding":
            return f"{ratio}: it explodes"
        case "not finite":
            return f"the gradient of {_named(finding.layers)} is not finite"
        case "saturated":
            return f"{share} are saturated or dead: next to no gradient passes them"


def _how_often(finding: Finding) -> str:
    seeds = finding.probed_epoch.seeds
    return "" if finding.value == seeds else f" in {finding.value:.0f} of {seeds} trainings"


def _cannot_learn(finding: Finding) -> str:
    dead = [layer.layer for layer in finding.probed_epoch.layers if layer.dead.estimate == 1.0]
    what = "it cannot learn" if len(finding.layers) == 1 else "they cannot learn"
    return f"{what}; all units of {_named(dead)} are dead" if dead else what


def _no_finding(diagnosis: Diagnosis) -> str:
    if diagnosis.last is None:
        return ""
    return "neither its units nor its gradients show why"


def _norms(moment: ProbedEpoch) -> str:
    layers = moment.layers
    shown = layers if len(layers) < 3 else (layers[0], layers[-1])
    norms = (
        f"{format_value(norm and norm.estimate, 'two digits')} in layer {layer.layer}"
        for layer in shown
        for norm in (layer.gradient_norm,)
    )
    return " and ".join(norms)


def _outcome(row: Row, diagnosis: Diagnosis, estimates: SettingEstimates) -> str:
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
    """A score above the constant one's failed by the luck that so many test examples allow."""
    answer = f"a constant answer, {score.value(constant)}"
    if own <= constant:
        return f"no better than {answer}"
    return f"not clearly better than {answer}, on {examples:,} test examples"


def _named(layers: Sequence[int]) -> str:
    """Such as "layer 1", "layers 1 and 2", "layers 1 to 3", "layers 1, 3, 4"."""
    if len(layers) == 1:
        return f"layer {layers[0]}"
    if len(layers) == 2:
        return f"layers {layers[0]} and {layers[1]}"
    if list(layers) == list(range(layers[0], layers[-1] + 1)):
        return f"layers {layers[0]} to {layers[-1]}"
    return f"layers {', '.join(map(str, layers))}"


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
        for moment in row.probed_epochs
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
        moments = [(row, moment) for row in rows for moment in row.probed_epochs if after(moment) == when]
        lines = [_gradients(row, moment) for row, moment in moments if len(moment.layers) > 1]
        if any(math.isfinite(y) for line in lines for y in line.y):
            charts.append(Chart(f"gradient norm {when}", "hidden layer", "norm", tuple(lines), "y"))
    return charts


def _gradients(row: Row, moment: ProbedEpoch) -> Line:
    """Its norms by layer; what is 0 or unknown has no place on a logarithmic axis."""
    norms = [layer.gradient_norm for layer in moment.layers]
    return Line(
        row.activation,
        [layer.layer for layer in moment.layers],
        [norm.estimate if norm and norm.estimate else math.nan for norm in norms],
    )


def _probed(view: SettingView) -> list[Row]:
    """Rows that were looked into; the placebo shows nothing new."""
    return [row for row in view.rows if row.probed_epochs and row.activation != view.report.info.placebo]


def _moments(rows: Sequence[Row]) -> list[str]:
    """When they were looked into, in order."""
    found = {after(moment): moment.epoch for row in rows for moment in row.probed_epochs}
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
        for moment in row.probed_epochs
        if after(moment) == when
        for layer in moment.layers
    )
