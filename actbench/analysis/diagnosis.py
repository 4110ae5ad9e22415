"""Which activations of a setting failed, and what the probes show of the cause."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from actbench.analysis.cells import test_score
from actbench.analysis.probes import ends_differ, summarize_probes
from actbench.stats.means import welch_difference

if TYPE_CHECKING:
    from actbench.analysis.cells import SettingCells
    from actbench.analysis.figures import Row
    from actbench.analysis.probes import ProbedEpoch
    from actbench.records.run import DatasetInfo, SettingInfo

# docs/method.md, "Why: inside the networks", states these limits.

FAR_BEHIND = 0.1  # of the way from a constant answer to the best activation: who misses more has failed

STANDARD_ERRORS = 3  # a gap of fewer standard errors may be noise and is no failure

MANY_UNITS = (
    0.5  # share of a layer's units that are dead, or dead or saturated, from which on that is a cause
)

# Gradient of the first hidden layer over that of the last, at most and at least.
VANISHING, EXPLODING = 1e-3, 1e3

Failure = Literal["diverged", "constant", "behind"]

Cause = Literal["no gradient", "dead", "vanishing", "exploding", "not finite", "saturated"]


@dataclass(frozen=True)
class Finding:
    """A cause of failure that the probes show after one epoch.

    Attributes:
        cause: "not finite": the gradients of `layers` are not finite. "no gradient": `layers` have no
            gradient at all. "dead", "saturated": so are many of the layer's units. "vanishing", "exploding":
            so does the gradient between the two `layers`.
        layers: Numbers of the layers, from 1.
        value: The share of the units; the ratio of the gradients; for "no gradient" the number of seeds.
        probed_epoch: The figures that show it.
    """

    cause: Cause
    layers: tuple[int, ...]
    value: float
    probed_epoch: ProbedEpoch


@dataclass(frozen=True)
class Diagnosis:
    """How an activation failed, and the cause where one shows.

    Attributes:
        failure: "diverged": some of its trainings did. "constant": it is not better than a constant answer by
            more than luck. "behind": it is far behind the best activation, and not by the seeds' noise.
        finding: The first cause that shows; None where none does.
        last: The latest probe, before the end where the activation diverged. None without probes, and without
            hidden layers, for which there are no figures.
    """

    failure: Failure
    finding: Finding | None
    last: ProbedEpoch | None


def add_diagnoses(
    rows: Sequence[Row], cells: SettingCells, setting: SettingInfo, dataset: DatasetInfo
) -> tuple[Row, ...]:
    """Return the rows of a setting with their probed epochs, and with a diagnosis where one failed.

    Args:
        rows: One per activation. The placebo's row gets no diagnosis of its own: its original's says it all.
        cells: The cells of the setting.
        setting: Tells after which epochs the probes were to look.
        dataset: Tells what a constant answer scores.
    """
    asked = setting.description.get("probes", {}).get("epochs", ())
    apart = ends_differ((cell for row in rows for cell in cells.of(row.activation)), asked)
    scored = [(row.score.estimate, row.activation) for row in rows if row.score is not None]
    best, leader = max(scored, default=(None, None))
    luck = _constant_luck(dataset)

    def add(row: Row) -> Row:
        own = cells.of(row.activation)
        probed = summarize_probes(own, asked, apart=apart)
        failure = classify_failure(
            None if row.score is None else row.score.estimate,
            row.diverged,
            best,
            dataset.constant_score,
            luck=luck,
            surely_worse=leader is not None and _surely_worse(row, leader, cells),
        )
        if failure is None or row.activation == cells.placebo:
            return replace(row, probed_epochs=probed)
        if failure == "diverged":
            # Trainings that ended well do not explain why others diverged.
            diverged = [cell for cell in own if cell.status == "diverged"]
            evidence = summarize_probes(diverged, asked, apart=apart)
        else:
            evidence = probed
        return replace(row, probed_epochs=probed, diagnosis=diagnose(failure, evidence))

    return tuple(map(add, rows))


def classify_failure(
    score: float | None,
    diverged: int,
    best: float | None,
    constant: float | None,
    *,
    luck: float,
    surely_worse: bool,
) -> Failure | None:
    """Return how an activation failed; None where it did not.

    Args:
        score: Its mean score on the test set; None where all its trainings diverged.
        diverged: Number of its trainings that diverged.
        best: The largest mean score of the setting.
        constant: Score of the best constant answer: the share of the largest class, or R² 0. None where it is
            not known.
        luck: By how much a constant answer may be surpassed by chance.
        surely_worse: Whether its score is worse than the best by more than the seeds' noise.
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


def _constant_luck(dataset: DatasetInfo) -> float:
    """Return three standard errors of a constant answer's accuracy; 0 if the score is no accuracy."""
    constant = dataset.constant_score
    if constant is None or dataset.score_name != "accuracy":
        return 0.0
    return STANDARD_ERRORS * math.sqrt(constant * (1 - constant) / dataset.test)


def _surely_worse(row: Row, leader: str, cells: SettingCells) -> bool:
    """Return whether the verdict is WORSE, or the gap to the best activation exceeds three standard errors.

    The verdict may be about a baseline other than the best, and few seeds may leave it open.
    """
    if row.score_diff is not None and row.score_diff.verdict == "WORSE":
        return True
    if row.score is None:
        return False
    best, own = ([test_score(cell) for cell in cells.ended_well(label)] for label in (leader, row.activation))
    gap = welch_difference(best, own)
    return gap.standard_error is not None and gap.estimate > STANDARD_ERRORS * gap.standard_error


def diagnose(failure: Failure, probed: Sequence[ProbedEpoch]) -> Diagnosis | None:
    """Return the diagnosis of an activation that failed.

    The latest epoch is looked at first: what is wrong at the end and was right before explains more than the
    reverse.

    Args:
        failure: How it failed.
        probed: What the probes saw; if it diverged, in the trainings that did.

    Returns:
        None where nothing shows that is worth a sentence.
    """
    probed = [entry for entry in probed if entry.layers]
    finding = next((finding for entry in reversed(probed) for finding in _findings(entry)), None)
    if finding is None and (failure == "behind" or (failure == "diverged" and not probed)):
        return None
    return Diagnosis(failure, finding, probed[-1] if probed else None)


def _findings(probed: ProbedEpoch) -> Iterator[Finding]:
    """Yield the causes that show, the one that explains the most first."""
    layers = probed.layers
    broken = tuple(layer.layer for layer in layers if layer.gradient_norm is None)
    if broken:
        yield Finding("not finite", broken, math.nan, probed)
    without = [layer for layer in layers if 2 * layer.without_gradient > probed.seeds]
    if without:
        seeds = min(layer.without_gradient for layer in without)
        yield Finding("no gradient", tuple(layer.layer for layer in without), seeds, probed)
    ratio = probed.gradient_first_to_last
    ends = (1, len(layers))
    for layer in sorted(layers, key=lambda layer: -layer.dead.estimate)[:1]:
        if layer.dead.estimate >= MANY_UNITS:
            yield Finding("dead", (layer.layer,), layer.dead.estimate, probed)
    if ratio is not None and 0 < ratio.estimate <= VANISHING:
        yield Finding("vanishing", ends, ratio.estimate, probed)
    if ratio is not None and ratio.estimate >= EXPLODING:
        yield Finding("exploding", ends, ratio.estimate, probed)
    for layer in sorted(layers, key=lambda layer: -layer.dead.estimate - layer.saturated.estimate)[:1]:
        flat = layer.dead.estimate + layer.saturated.estimate
        if flat >= MANY_UNITS:
            yield Finding("saturated", (layer.layer,), flat, probed)
