"""Widths of gated layers with which a model has as many parameters as the plain one.

A gated layer has about twice the parameters of a plain one of its width. At equal widths, a comparison would
be one of sizes, too.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

PARAMETER_TOLERANCE = 0.01
"""Largest difference of the parameter counts, as a fraction of the plain model's."""


def match_widths(
    plain_widths: Sequence[int], target: int, count: Callable[[Sequence[int]], int]
) -> tuple[int, ...]:
    """Find widths of gated layers that give nearly the plain model's number of parameters.

    The search stops at the first of these steps that comes within 1 %:

    1. Scale all widths by one factor, found by bisection, and round them.
    2. Where the factor lies between two widths, let only the first layers take the larger one.
    3. Change single layers by one unit, as long as that helps.
    4. Change up to three layers by up to three units at once: one unit of a layer with many inputs may be too
       coarse.

    No layer gets wider than its plain counterpart.

    Args:
        plain_widths: Width of each plain hidden layer.
        target: Number of parameters of the plain model.
        count: A function that returns the number of parameters of the gated model with given widths.

    Returns:
        Width of each gated layer, after gating; the nearest ones found if none is within 1 %.
    """

    def excess(widths: Sequence[int]) -> int:
        return count(widths) - target

    def error(widths: Sequence[int]) -> int:
        return abs(excess(widths))

    low, high = 0.0, 1.0
    for _ in range(40):  # to 2**-40, far less than a unit of any width
        middle = (low + high) / 2
        low, high = (low, middle) if excess(_scaled(plain_widths, middle)) > 0 else (middle, high)
    narrow, wide = _scaled(plain_widths, low), _scaled(plain_widths, high)
    widths = min(narrow, wide, key=error)
    if error(widths) > PARAMETER_TOLERANCE * target:
        widths = min(_between(narrow, wide), key=error)
    while error(widths) > PARAMETER_TOLERANCE * target:
        best = min(_one_changed(widths, plain_widths), key=error, default=widths)
        if error(best) >= error(widths):
            return min(_three_changed(widths, plain_widths), key=error)
        widths = best
    return widths


def _scaled(plain_widths: Sequence[int], scale: float) -> tuple[int, ...]:
    return tuple(max(1, round(width * scale)) for width in plain_widths)


def _between(narrow: Sequence[int], wide: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield each mixture whose first layers are wide and whose others are narrow."""
    for layers in range(len(narrow) + 1):
        yield (*wide[:layers], *narrow[layers:])


def _one_changed(widths: tuple[int, ...], most: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the widths with one layer a unit wider or narrower."""
    for layer, width in enumerate(widths):
        for changed in (width - 1, width + 1):
            if 1 <= changed <= most[layer]:
                yield (*widths[:layer], changed, *widths[layer + 1 :])


def _three_changed(widths: tuple[int, ...], most: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the widths with the first, the middle and the last layer up to three units wider or narrower.

    The unchanged widths come first: `min` takes the first of equally good ones.
    """
    layers = sorted({0, len(widths) // 2, len(widths) - 1})
    for steps in product((0, -1, 1, -2, 2, -3, 3), repeat=len(layers)):
        changed = list(widths)
        for layer, step in zip(layers, steps, strict=True):
            changed[layer] += step
        if all(1 <= width <= limit for width, limit in zip(changed, most, strict=True)):
            yield tuple(changed)
