"""What the probes saw, over the seeds of a setting: by activation, moment and layer."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from actbench.analysis.intervals import Interval, mean_interval
from actbench.records import Cell, Probe

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
