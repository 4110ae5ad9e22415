"""Widths of gated layers that give a model as many parameters as the plain one has."""

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

TOLERANCE = 0.01
"""How far the parameter counts may be apart, relative to the plain model's."""


def parameters(hidden_units: Sequence[int], features: int, classes: int, *, gated: bool = False) -> int:
    """Weights and biases of an MLP.

    Args:
        hidden_units: Width of each hidden layer; of a gated one, what is left after gating.
        features: Width of the input.
        classes: Width of the output.
        gated: Whether each hidden layer takes twice its width.
    """
    widths = (features, *hidden_units)
    hidden = sum((before + 1) * after for before, after in pairwise(widths))
    return (2 if gated else 1) * hidden + (widths[-1] + 1) * classes


def matched_widths(hidden_units: Sequence[int], features: int, classes: int) -> tuple[int, ...]:
    """Widths of gated layers with nearly the plain model's number of parameters.

    All are scaled by one factor and rounded. Where that misses by more than 1 %, layers give or take a unit
    one at a time, as long as that helps; then up to three layers do so at once.

    Args:
        hidden_units: Width of each plain hidden layer.
        features: Width of the input.
        classes: Width of the output.
    """
    wanted = parameters(hidden_units, features, classes)

    def excess(widths: Sequence[int]) -> int:
        return parameters(widths, features, classes, gated=True) - wanted

    def miss(widths: Sequence[int]) -> int:
        return abs(excess(widths))

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(_scaled(hidden_units, middle)) > 0 else (middle, high)
    widths = min(_scaled(hidden_units, low), _scaled(hidden_units, high), key=miss)
    while miss(widths) > TOLERANCE * wanted:
        best = min(_one_changed(widths), key=miss)
        if miss(best) >= miss(widths):
            return min(_three_changed(widths), key=miss)
        widths = best
    return widths


def mismatch(hidden_units: Sequence[int], features: int, classes: int) -> float:
    """How far the matched model's parameter count is from the plain one's, relative to that."""
    plain = parameters(hidden_units, features, classes)
    widths = matched_widths(hidden_units, features, classes)
    return (parameters(widths, features, classes, gated=True) - plain) / plain


def _scaled(hidden_units: Sequence[int], scale: float) -> tuple[int, ...]:
    return tuple(max(1, round(width * scale)) for width in hidden_units)


def _one_changed(widths: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """One layer a unit wider or narrower."""
    for layer, width in enumerate(widths):
        for changed in (width - 1, width + 1):
            if changed >= 1:
                yield (*widths[:layer], changed, *widths[layer + 1 :])


def _three_changed(widths: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The first layer, one between and the last up to three units wider or narrower; first of all none."""
    layers = sorted({0, len(widths) // 2, len(widths) - 1})
    for steps in product((0, -1, 1, -2, 2, -3, 3), repeat=len(layers)):
        changed = list(widths)
        for layer, step in zip(layers, steps, strict=True):
            changed[layer] += step
        if min(changed) >= 1:
            yield tuple(changed)
