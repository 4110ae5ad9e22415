"""The diagnosis of an activation that failed, from what the probes saw of it over the seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from actbench.analysis.cells import test_score
from actbench.stats.intervals import Interval, mean_interval, welch_difference

if TYPE_CHECKING:
    from actbench.analysis.cells import SettingCells
    from actbench.analysis.figures import Row
    from actbench.records.block import Cell, Probe
    from actbench.records.run import DatasetInfo, SettingInfo

LAST = "last"  # in the config's `probes.epochs`: the end of the training

# docs/method.md, "Why: inside the networks", states these limits.

FAR_BEHIND = 0.1  # of the way from a constant answer to the best activation: who misses more has failed

STANDARD_ERRORS = 3  # a gap of fewer standard errors may be noise and is no failure

# Share of a layer's units that are dead, or dead or saturated, from which on that is a cause.
MANY_UNITS = 0.5

# Gradient of the first hidden layer over that of the last, at most and at least.
VANISHING, EXPLODING = 1e-3, 1e3

Failure = Literal["diverged", "constant", "behind"]

Cause = Literal["no gradient", "dead", "vanishing", "exploding", "not finite", "saturated"]


@dataclass(frozen=True)
class LayerFigures:
    """One hidden layer after one epoch; means over seeds.

    Attributes:
        layer: Number of the layer, from 1, the one next to the input.
        dead: Share of the layer's units that are dead.
        saturated: Share of the layer's units that are saturated.
        zeros: Share of the layer's outputs that are exactly zero.
        preactivation_mean: Mean of the pre-activations; None where it is finite in no seed.
        preactivation_variance: Variance of the pre-activations; None where it is finite in no seed.
        gradient_norm: Norm of the kernel's gradient, geometric mean, so that it is 0 where it is 0 in any
            seed; None where it is finite in no seed.
        without_gradient: Number of seeds in which the gradient's norm is exactly 0.
    """

    layer: int
    dead: Interval
    saturated: Interval
    zeros: Interval
    preactivation_mean: Interval | None
    preactivation_variance: Interval | None
    gradient_norm: Interval | None
    without_gradient: int


@dataclass(frozen=True)
class ProbedEpoch:
    """One activation's networks after a number of epochs.

    Attributes:
        epoch: The number of epochs; None for the end, where the trainings of the setting stopped after
            different ones.
        seeds: Number of trainings that were probed.
        layers: The hidden layers, from the input on.
        output_gradient_norm: Gradient norm of the output layer, geometric mean.
        gradient_first_to_last: Gradient norm of the first hidden layer over that of the last, geometric mean
            over the seeds in which the last has a gradient. None with a single hidden layer, and without such
            a seed.
    """

    epoch: int | None
    seeds: int
    layers: tuple[LayerFigures, ...]
    output_gradient_norm: Interval | None
    gradient_first_to_last: Interval | None


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
    """The failure of an activation, and its cause if the probes show one.

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


def ends_differ(cells: Iterable[Cell], asked: Sequence[int | str]) -> bool:
    """Return whether the end of the training is probed and came after different epochs.

    Args:
        cells: All trainings of a setting, so that the answer is the same for all of its activations.
        asked: The config's epochs.
    """
    return len({end.epoch for end in _end_probes(cells, asked)}) > 1


def summarize_probes(
    cells: Sequence[Cell], asked: Sequence[int | str], *, apart: bool
) -> tuple[ProbedEpoch, ...]:
    """Summarize over seeds what the probes saw of one activation, in the order of the epochs.

    Args:
        cells: Its trainings, one a seed, those that diverged included.
        asked: The config's epochs.
        apart: Whether the ends of the setting's trainings differ, as `ends_differ` says. They then stand
            together, last, with the epoch None.
    """
    by_epoch: dict[int, list[Probe]] = {}
    for probe in (probe for cell in cells for probe in cell.probes):
        if not apart or probe.epoch in asked:
            by_epoch.setdefault(probe.epoch, []).append(probe)
    found = [_summarize(epoch, by_epoch[epoch]) for epoch in sorted(by_epoch)]
    ends = _end_probes(cells, asked) if apart else []
    return (*found, *([_summarize(None, ends)] if ends else []))


def _end_probes(cells: Iterable[Cell], asked: Sequence[int | str]) -> list[Probe]:
    return [end for cell in cells if LAST in asked and (end := _end_probe(cell)) is not None]


def _end_probe(cell: Cell) -> Probe | None:
    """Return the probe of the tested model: of an earlier epoch if the best weights were put back."""
    tested = cell.best_epoch or len(cell.train_loss)
    return next((probe for probe in cell.probes if cell.status == "ok" and probe.epoch == tested), None)


def _summarize(epoch: int | None, probes: Sequence[Probe]) -> ProbedEpoch:
    ratios = [ratio for probe in probes if (ratio := _first_to_last(probe.gradient_norm)) is not None]
    return ProbedEpoch(
        epoch=epoch,
        seeds=len(probes),
        layers=tuple(_layer(probes, index) for index in range(len(probes[0].gradient_norm))),
        output_gradient_norm=_geometric_mean([probe.output_gradient_norm for probe in probes]),
        gradient_first_to_last=_geometric_mean(ratios),
    )


def _layer(probes: Sequence[Probe], index: int) -> LayerFigures:
    def share(read: Callable[[Probe], Sequence[float]]) -> Interval:
        return mean_interval([read(probe)[index] for probe in probes]).clip(0.0, 1.0)

    def mean_of_finite(read: Callable[[Probe], Sequence[float | None]]) -> Interval | None:
        finite = [value for probe in probes if (value := read(probe)[index]) is not None]
        return mean_interval(finite) if finite else None

    variance = mean_of_finite(lambda probe: probe.preactivation_variance)
    norms = [probe.gradient_norm[index] for probe in probes]
    return LayerFigures(
        layer=index + 1,
        dead=share(lambda probe: probe.dead),
        saturated=share(lambda probe: probe.saturated),
        zeros=share(lambda probe: probe.zeros),
        preactivation_mean=mean_of_finite(lambda probe: probe.preactivation_mean),
        preactivation_variance=variance and variance.clip(0.0, math.inf),
        gradient_norm=_geometric_mean(norms),
        without_gradient=norms.count(0.0),
    )


def _first_to_last(norms: Sequence[float | None]) -> float | None:
    """Return the first norm over the last; None with fewer than two, and where there is no such ratio."""
    if len(norms) < 2 or norms[0] is None or not norms[-1]:
        return None
    return norms[0] / norms[-1]


def _geometric_mean(values: Sequence[float | None]) -> Interval | None:
    """Return the mean of the values that are finite, not None; None without any."""
    finite = [value for value in values if value is not None]
    if not finite:
        return None
    if not all(finite):  # one 0 makes the mean 0, and has no logarithm for an interval
        return Interval(0.0, None, None)
    return mean_interval([math.log(value) for value in finite]).map(math.exp)
