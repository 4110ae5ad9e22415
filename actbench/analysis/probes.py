"""What the probes saw of one activation over the seeds of a setting: by epoch and layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.stats.intervals import Interval, mean_interval

if TYPE_CHECKING:
    from actbench.records.block import Cell, Probe

LAST = "last"  # in the config's `probes.epochs`: the end of the training


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
