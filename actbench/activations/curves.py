"""What an element-wise function does to a standard normal signal: its mean, its second moment, its gain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from actbench.activations.expression.float64 import compute_values, compute_values_and_slopes
from actbench.activations.expression.parser import parse
from actbench.activations.expression.tree import find_numbers

if TYPE_CHECKING:
    from actbench.activations.entry import Activation, ParameterValue
    from actbench.activations.expression.tree import Expression

Array = npt.NDArray[np.float64]

_REACH = 12.0  # beyond it the density is below 1e-31

_PANEL = 0.25  # a multiple of the places where common functions have their kinks

_NODES = 32

_NEARER = 10.0  # what lies beyond must not matter

_TOLERANCE = 0.01  # a jump between the edges costs up to 0.003


@dataclass(frozen=True)
class Moments:
    """Of f(z), z standard normal.

    Attributes:
        mean: E[f(z)].
        second: E[f(z)^2].
    """

    mean: float
    second: float

    @property
    def gain(self) -> float | None:
        """1 / sqrt(E[f(z)^2]), by which weights keep the signal's second moment; None where there is none."""
        usable = math.isfinite(self.second) and self.second > 0.0
        return 1.0 / math.sqrt(self.second) if usable else None


def quadrature(
    breaks: Iterable[float] = (), *, halved: bool = False, reach: float = _REACH
) -> tuple[Array, Array]:
    """Nodes z and weights w with sum(w * g(z)) = E[g(z)], both of shape (n,).

    Composite Gauss-Legendre of 32 nodes a panel; smooth between the edges of the panels, g is integrated to
    about machine precision.

    Args:
        breaks: Where g has kinks or jumps, beside the multiples of 0.25; panels begin and end there.
        halved: Whether there are two panels in place of each.
        reach: Where the first begins, left of 0, and the last ends.
    """
    inner = [point for point in breaks if abs(point) < reach]
    edges = np.unique(np.concatenate([np.arange(-reach, reach + _PANEL / 2, _PANEL), inner]))
    if halved:
        edges = np.sort(np.concatenate([edges, (edges[:-1] + edges[1:]) / 2]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half * (nodes + 1)).ravel()
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return z, (half * weights).ravel() * density


def moments(function: Callable[[Array], Any], breaks: Iterable[float] = ()) -> Moments:
    """E[f(z)] and E[f(z)^2] for z standard normal.

    Args:
        function: f, from an array of shape (n,) to one of that shape.
        breaks: Where f has kinks or jumps, beside the multiples of 0.25; elsewhere a kink costs up to 1e-5, a
            jump 0.003.

    Returns:
        NaN for a moment that is not there: finer panels, or ones that reach less far, give another.
    """
    breaks = tuple(breaks)
    ways = (quadrature(breaks), quadrature(breaks, halved=True), quadrature(breaks, reach=_NEARER))
    with np.errstate(all="ignore"):
        values = [(np.asarray(function(z), dtype=np.float64), weights) for z, weights in ways]
        means = [float(weights @ y) for y, weights in values]
        seconds = [float(weights @ y**2) for y, weights in values]
        y, weights = values[0]
        size = float(weights @ np.abs(y))
    return Moments(_agreed(means, size), _agreed(seconds, seconds[0]))


def _agreed(values: list[float], size: float) -> float:
    """The first, where the others are near it for quantities of that size."""
    first, *others = values
    return first if all(abs(other - first) <= _TOLERANCE * size for other in others) else math.nan


GATED_VALUE = "value"
"""What a gated unit's formula calls the half that is gated."""


@dataclass(frozen=True)
class Curve:
    """y = f(x).

    Attributes:
        expression: f.
        params: Value of each of its parameters.
        derivative: f', where it is known as a formula.
    """

    expression: Expression
    params: Mapping[str, float]
    derivative: Expression | None = None

    def __call__(self, x: npt.ArrayLike) -> Array:
        """f(x), of the shape of x."""
        return compute_values(self.expression, x, self.params)

    def slope(self, x: npt.ArrayLike) -> Array:
        """f'(x), of the shape of x; at a kink what the formula says, or automatic differentiation gives."""
        if self.derivative is not None:
            return compute_values(self.derivative, x, self.params)
        return compute_values_and_slopes(self.expression, x, self.params)[1]

    def moments(self) -> Moments:
        """E[f(z)] and E[f(z)^2] for z standard normal."""
        marks = (*self.params.values(), *find_numbers(self.expression))
        kinks = {sign * number for number in marks for sign in (1, -1) if math.isfinite(number)}
        return moments(self, kinks)


def curve_of(entry: Activation, params: Mapping[str, ParameterValue] | None = None) -> Curve | None:
    """The curve of a row of the catalogue; of a gated unit, its gate with the value 1.

    Args:
        entry: The row.
        params: Where they differ from the defaults.

    Returns:
        None of what is not element-wise.
    """
    if entry.kind == "mixing":
        return None
    given = {**entry.params, **(params or {})}
    formula, derivative = formulas(entry, given)
    # null stands for no limit
    numbers = {
        name: math.inf if number is None else float(number)
        for name, number in given.items()
        if not isinstance(number, bool)
    }
    if entry.gated:
        numbers[GATED_VALUE] = 1.0
    return Curve(parse(formula, numbers), numbers, parse(derivative, numbers, all_used=False))


def formulas(entry: Activation, params: Mapping[str, ParameterValue]) -> tuple[str, str]:
    """Formula and derivative of a row of the catalogue.

    Args:
        entry: The row.
        params: Where they differ from the defaults.
    """
    variant = entry.variant
    if variant is not None and params.get(variant.flag):
        return variant.formula, variant.derivative
    return entry.formula, entry.derivative


def curve_of_expression(expression: Expression, params: Mapping[str, ParameterValue]) -> Curve:
    """The curve of an expression of the user's."""
    return Curve(expression, {name: float(number or 0) for name, number in params.items()})
