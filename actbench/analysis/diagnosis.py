"""Why an activation failed, as far as the probes show it.

The limits are wide: a diagnosis is for what is broken, not for what is a little worse.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from actbench.analysis.probes import Moment

FAR_BEHIND = 0.1
"""Of the way from a constant answer to the best activation, what one must miss to have failed."""
MANY_UNITS = 0.5
"""Share of a layer's units that are dead, or dead or saturated, from which on that is a cause."""
VANISHING, EXPLODING = 1e-3, 1e3
"""Gradient of the first hidden layer over that of the last, at most and at least."""

Failure = Literal["diverged", "constant", "behind"]
Cause = Literal["no gradient", "dead", "vanishing", "exploding", "not finite", "saturated"]


@dataclass(frozen=True)
class Finding:
    """What the probes show at one moment.

    Attributes:
        cause: no gradient: those layers have none at all; dead, saturated: that share of the layer's units;
            vanishing, exploding: the ratio of the gradients of the two layers; not finite: those layers'
            gradients.
        layers: Which.
        value: A share or a ratio; in how many seeds, where there is no gradient.
        moment: When.
    """

    cause: Cause
    layers: tuple[int, ...]
    value: float
    moment: Moment


@dataclass(frozen=True)
class Diagnosis:
    """What became of an activation that failed.

    Attributes:
        failure: diverged: some of its trainings did; constant: it is not better than a constant answer by
            more than luck; behind: it is far behind the best one, and not by the seeds' noise.
        finding: The first cause that shows; None where none does.
        last: The last moment that was looked at, before the end where it diverged; None without probes, and
            without hidden layers, which there is nothing to say of.
    """

    failure: Failure
    finding: Finding | None
    last: Moment | None


def failure(
    score: float | None,
    diverged: int,
    best: float | None,
    constant: float | None,
    *,
    luck: float,
    surely_worse: bool,
) -> Failure | None:
    """Whether, and how, an activation failed.

    Args:
        score: Its mean score on the test set; None where all its trainings diverged.
        diverged: How many of them did.
        best: The largest mean score of the setting.
        constant: The score of the best constant answer: the share of the largest class; 0 of R². None where
            it is not known.
        luck: By how much a constant answer may be surpassed without being any better.
        surely_worse: Whether its score is worse by more than the seeds' noise.
    """
    if diverged or score is None:
        return "diverged"
    if constant is None:
        return None
    if score <= constant + luck:
        return "constant"
    if best is not None and surely_worse and best - score > FAR_BEHIND * (best - constant):
        return "behind"
    return None


def diagnose(failed: Failure, moments: Sequence[Moment]) -> Diagnosis | None:
    """What to say of an activation that failed; None where nothing shows that is worth a sentence.

    Args:
        failed: How.
        moments: What was seen; of one that diverged, in the trainings that did.

    The latest moment comes first: what is wrong at the end and was right before explains more than the
    reverse.
    """
    moments = [moment for moment in moments if moment.layers]
    findings = (finding for moment in reversed(moments) for finding in _findings(moment))
    finding = next(findings, None)
    if finding is None and (failed == "behind" or (failed == "diverged" and not moments)):
        return None
    return Diagnosis(failed, finding, moments[-1] if moments else None)


def _findings(moment: Moment) -> Iterator[Finding]:
    """The causes that show, the one that explains the most first."""
    layers = moment.layers
    broken = tuple(layer.layer for layer in layers if layer.gradient_norm is None)
    if broken:
        yield Finding("not finite", broken, math.nan, moment)
    without = [layer for layer in layers if 2 * layer.without_gradient > moment.seeds]
    if without:
        seeds = min(layer.without_gradient for layer in without)
        yield Finding("no gradient", tuple(layer.layer for layer in without), seeds, moment)
    ratio = moment.gradient_first_to_last
    ends = (1, len(layers))
    for layer in sorted(layers, key=lambda layer: -layer.dead.estimate)[:1]:
        if layer.dead.estimate >= MANY_UNITS:
            yield Finding("dead", (layer.layer,), layer.dead.estimate, moment)
    if ratio is not None and 0 < ratio.estimate <= VANISHING:
        yield Finding("vanishing", ends, ratio.estimate, moment)
    if ratio is not None and ratio.estimate >= EXPLODING:
        yield Finding("exploding", ends, ratio.estimate, moment)
    for layer in sorted(layers, key=lambda layer: -layer.dead.estimate - layer.saturated.estimate)[:1]:
        flat = layer.dead.estimate + layer.saturated.estimate
        if flat >= MANY_UNITS:
            yield Finding("saturated", (layer.layer,), flat, moment)
