"""Widths of gated layers that give a model as many parameters as the plain one has."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, product

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

    All are scaled by one factor and rounded; where that misses by more than 1 %, one or two layers at a time
    give or take a unit, as long as that helps.

    Args:
        hidden_units: Width of each plain hidden layer.
        features: Width of the input.
        classes: Width of the output.
    """
    wanted = parameters(hidden_units, features, classes)

    def excess(widths: Sequence[int]) -> int:
        return parameters(widths, features, classes, gated=True) - wanted

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(_scaled(hidden_units, middle)) > 0 else (middle, high)
    widths = _scaled(hidden_units, low)
    while abs(excess(widths)) > TOLERANCE * wanted:
        best = min((widths, *_neighbours(widths)), key=lambda some: abs(excess(some)))
        if best == widths:
            break
        widths = best
    return widths


def mismatch(hidden_units: Sequence[int], features: int, classes: int) -> float:
    """How far the matched model's parameter count is from the plain one's, relative to that."""
    plain = parameters(hidden_units, features, classes)
    widths = matched_widths(hidden_units, features, classes)
    return parameters(widths, features, classes, gated=True) / plain - 1


def _scaled(hidden_units: Sequence[int], scale: float) -> tuple[int, ...]:
    return tuple(max(1, round(width * scale)) for width in hidden_units)


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
