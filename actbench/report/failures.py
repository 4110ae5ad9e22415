"""Plain sentences that say why an activation failed, with the figure that was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actbench.report.formatting import format_two_digits, format_value, score_format

if TYPE_CHECKING:
    from actbench.analysis.diagnosis import Diagnosis, Finding
    from actbench.analysis.figures import Row, SettingEstimates
    from actbench.analysis.probes import ProbedEpoch
    from actbench.report.formatting import MetricFormat


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
