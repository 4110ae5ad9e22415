"""Widths of gated layers that give a model as many parameters as the plain one has."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

TOLERANCE = 0.01
"""How far the parameter counts may be apart, relative to the plain model's."""


def matched_widths(
    plain_widths: Sequence[int], wanted: int, count: Callable[[Sequence[int]], int]
) -> tuple[int, ...]:
    """Widths of gated layers with nearly the plain model's number of parameters.

    All are scaled by one factor and rounded. Where that misses by more than 1 %, some that the factor
    leaves between two widths take the larger one; then layers give or take a unit one at a time, as long as
    that helps, for a unit of a layer with many inputs may be too coarse; then up to three layers do so at
    once. None gets wider than the plain one.

    Args:
        plain_widths: Width of each plain hidden layer.
        wanted: Parameters of the plain model.
        count: Parameters of the gated model with such widths, after gating.
    """

    def excess(widths: Sequence[int]) -> int:
        return count(widths) - wanted

    def miss(widths: Sequence[int]) -> int:
        return abs(excess(widths))

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(_scaled(plain_widths, middle)) > 0 else (middle, high)
    narrow, wide = _scaled(plain_widths, low), _scaled(plain_widths, high)
    widths = min(narrow, wide, key=miss)
    if miss(widths) > TOLERANCE * wanted:
        widths = min(_between(narrow, wide), key=miss)
    while miss(widths) > TOLERANCE * wanted:
        best = min(_one_changed(widths, plain_widths), key=miss, default=widths)
        if miss(best) >= miss(widths):
            return min(_three_changed(widths, plain_widths), key=miss)
        widths = best
    return widths


def _scaled(plain_widths: Sequence[int], scale: float) -> tuple[int, ...]:
    return tuple(max(1, round(width * scale)) for width in plain_widths)


def _between(narrow: Sequence[int], wide: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The first layers as in one of the two, the others as in the other."""
    for layers in range(len(narrow) + 1):
        yield (*wide[:layers], *narrow[layers:])


def _one_changed(widths: tuple[int, ...], most: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """One layer a unit wider or narrower."""
    for layer, width in enumerate(widths):
        for changed in (width - 1, width + 1):
            if 1 <= changed <= most[layer]:
                yield (*widths[:layer], changed, *widths[layer + 1 :])


def _three_changed(widths: tuple[int, ...], most: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The first layer, one between and the last up to three units wider or narrower; first of all none."""
    layers = sorted({0, len(widths) // 2, len(widths) - 1})
    for steps in product((0, -1, 1, -2, 2, -3, 3), repeat=len(layers)):
        changed = list(widths)
        for layer, step in zip(layers, steps, strict=True):
            changed[layer] += step
        if all(1 <= width <= limit for width, limit in zip(changed, most, strict=True)):
            yield tuple(changed)
