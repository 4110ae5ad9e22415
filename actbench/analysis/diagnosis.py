"""What the probes saw, over the seeds of a setting: by activation, moment and layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from actbench.analysis.cells import test_score
from actbench.stats.intervals import Interval, mean_interval, welch

if TYPE_CHECKING:
    from actbench.analysis.cells import SettingCells
    from actbench.analysis.figures import Row
    from actbench.records.block import Cell, Probe
    from actbench.records.run import DatasetInfo, SettingInfo

LAST = "last"


@dataclass(frozen=True)
class LayerFigures:
    """One hidden layer at one moment; means over seeds.

    Attributes:
        layer: From 1, the one next to the input.
        dead: Share of its units.
        saturated: Likewise.
        zeros: Share of its outputs.
        preactivation_mean: None where it is finite in no seed, as the next ones.
        preactivation_variance: See there.
        gradient_norm: Geometric mean, so that it is 0 where it is 0 in any seed.
        without_gradient: In how many seeds it is 0.
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
class Moment:
    """One activation's networks after so many epochs.

    Attributes:
        epoch: How many; None for the end, where the trainings of the setting stopped after different ones.
        seeds: Trainings that were looked into.
        layers: The hidden ones, from the input on.
        output_gradient_norm: Geometric mean, of the output layer.
        gradient_first_to_last: Gradient norm of the first hidden layer over that of the last, geometric mean
            over the seeds where the last has one; None with a single hidden layer, and without such a seed.
    """

    epoch: int | None
    seeds: int
    layers: tuple[LayerFigures, ...]
    output_gradient_norm: Interval | None
    gradient_first_to_last: Interval | None


def stopped_apart(cells: Iterable[Cell], asked: Sequence[int | str]) -> bool:
    """Whether the end, where that is to be looked at, came after different epochs.

    Args:
        cells: All trainings of a setting, so that its activations have their ends in one place.
        asked: The config's epochs.
    """
    return len({end.epoch for end in _ends(cells, asked)}) > 1


def moments(cells: Sequence[Cell], asked: Sequence[int | str], *, apart: bool) -> tuple[Moment, ...]:
    """What was seen of one activation, in the order of the epochs.

    Args:
        cells: Its trainings, one a seed, those that diverged included.
        asked: The config's epochs.
        apart: What `stopped_apart` says of its setting.
    """
    by_epoch: dict[int, list[Probe]] = {}
    for probe in (probe for cell in cells for probe in cell.probes):
        if not apart or probe.epoch in asked:
            by_epoch.setdefault(probe.epoch, []).append(probe)
    found = [_moment(epoch, by_epoch[epoch]) for epoch in sorted(by_epoch)]
    ends = _ends(cells, asked) if apart else []
    return (*found, *([_moment(None, ends)] if ends else []))


def _ends(cells: Iterable[Cell], asked: Sequence[int | str]) -> list[Probe]:
    return [end for cell in cells if LAST in asked and (end := _end(cell)) is not None]


def _end(cell: Cell) -> Probe | None:
    """Of the model that was tested: that of an earlier epoch where the best weights were put back."""
    tested = cell.best_epoch or len(cell.train_loss)
    return next((probe for probe in cell.probes if cell.status == "ok" and probe.epoch == tested), None)


def _moment(epoch: int | None, probes: Sequence[Probe]) -> Moment:
    ratios = [ratio for probe in probes if (ratio := _ratio(probe.gradient_norm)) is not None]
    return Moment(
        epoch=epoch,
        seeds=len(probes),
        layers=tuple(_layer(probes, index) for index in range(len(probes[0].gradient_norm))),
        output_gradient_norm=_geometric([probe.output_gradient_norm for probe in probes]),
        gradient_first_to_last=_geometric(ratios),
    )


def _layer(probes: Sequence[Probe], index: int) -> LayerFigures:
    def share(read: Callable[[Probe], Sequence[float]]) -> Interval:
        return mean_interval([read(probe)[index] for probe in probes]).within(0.0, 1.0)

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
        preactivation_variance=variance and variance.within(0.0, math.inf),
        gradient_norm=_geometric(norms),
        without_gradient=norms.count(0.0),
    )


def _ratio(norms: Sequence[float | None]) -> float | None:
    """First to last; None where there is no such ratio."""
    if len(norms) < 2 or norms[0] is None or not norms[-1]:
        return None
    return norms[0] / norms[-1]


def _geometric(values: Sequence[float | None]) -> Interval | None:
    finite = [value for value in values if value is not None]
    if not finite:
        return None
    if not all(finite):
        return Interval(0.0, None, None)
    return mean_interval([math.log(value) for value in finite]).map(math.exp)


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


STANDARD_ERRORS = 3
"""What noise is allowed: fewer of them are no sign of a failure."""


def explained(
    rows: Sequence[Row], cells: SettingCells, setting: SettingInfo, dataset: DatasetInfo
) -> tuple[Row, ...]:
    """The rows of a setting with their moments, and a diagnosis where one failed.

    Args:
        rows: One per activation, the placebo, which shares its original's diagnosis, included.
        cells: What the blocks measured.
        setting: Says after which epochs the probes were to look.
        dataset: Says what a constant answer scores.
    """
    asked = setting.description.get("probes", {}).get("epochs", ())
    apart = stopped_apart((cell for row in rows for cell in cells.of(row.activation)), asked)
    scored = [(row.score.estimate, row.activation) for row in rows if row.score is not None]
    best, leader = max(scored, default=(None, None))
    luck = _luck(dataset)

    def explain(row: Row) -> Row:
        seen = moments(cells.of(row.activation), asked, apart=apart)
        failed = failure(
            None if row.score is None else row.score.estimate,
            row.diverged,
            best,
            dataset.constant_score,
            luck=luck,
            surely_worse=leader is not None and _surely_worse(row, leader, cells),
        )
        if failed is None or row.activation == cells.placebo:
            return replace(row, moments=seen)
        # what those that ended well look like does not explain why others diverged
        diverged = [cell for cell in cells.of(row.activation) if cell.status == "diverged"]
        told = moments(diverged, asked, apart=apart) if failed == "diverged" else seen
        return replace(row, moments=seen, diagnosis=diagnose(failed, told))

    return tuple(map(explain, rows))


def _luck(dataset: DatasetInfo) -> float:
    """Three standard errors of a constant answer's accuracy; 0 of a score that is no share of examples."""
    constant = dataset.constant_score
    if constant is None or dataset.score_name != "accuracy":
        return 0.0
    return STANDARD_ERRORS * math.sqrt(constant * (1 - constant) / dataset.test)


def _surely_worse(row: Row, leader: str, cells: SettingCells) -> bool:
    """By the verdict; where that is about another than the best, or few seeds leave it open, by the noise."""
    if row.score_diff is not None and row.score_diff.verdict == "WORSE":
        return True
    if row.score is None:
        return False
    best, own = ([test_score(cell) for cell in cells.ended_well(label)] for label in (leader, row.activation))
    gap = welch(best, own)
    return gap.standard_error is not None and gap.estimate > STANDARD_ERRORS * gap.standard_error
