"""Widths of gated layers that give a model as many parameters as the plain one has."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product

TOLERANCE = 0.01
"""How far the parameter counts may be apart, relative to the plain model's."""


def matched_widths(
    plain_widths: Sequence[int], wanted: int, count: Callable[[Sequence[int]], int]
) -> tuple[int, ...]:
    """Widths of gated layers with nearly the plain model's number of parameters.

    All are scaled by one factor and rounded; where that misses by more than 1 %, one or two layers at a time
    give or take a unit, as long as that helps.

    Args:
        plain_widths: Width of each plain hidden layer.
        wanted: Parameters of the plain model.
        count: Parameters of the gated model with such widths, after gating.
    """

    def excess(widths: Sequence[int]) -> int:
        return count(widths) - wanted

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(_scaled(plain_widths, middle)) > 0 else (middle, high)
    widths = _scaled(plain_widths, low)
    while abs(excess(widths)) > TOLERANCE * wanted:
        best = min((widths, *_neighbours(widths)), key=lambda some: abs(excess(some)))
        if best == widths:
            break
        widths = best
    return widths


def _scaled(plain_widths: Sequence[int], scale: float) -> tuple[int, ...]:
    return tuple(max(1, round(width * scale)) for width in plain_widths)


def _neighbours(widths: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """One or two layers a unit wider or narrower."""
    for count in (1, 2):
        for layers in combinations(range(len(widths)), count):
            for steps in product((-1, 1), repeat=count):
                changed = list(widths)
                for layer, step in zip(layers, steps, strict=True):
                    changed[layer] += step
                if min(changed) >= 1:
                    yield tuple(changed)
