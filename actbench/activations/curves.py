"""The curve of an element-wise function, and how the function changes a standard normal signal.

Weights that keep the second moment of a signal from layer to layer are scaled by the gain of the function,
1 / sqrt(E[f(z)^2]). Here z is standard normal, as a sum of many independent inputs nearly is.
"""

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

GATED_VALUE = "value"
"""Name of the gated half in the formula of a gated unit."""

_REACH = 12.0  # the normal density is below 1e-31 beyond

_SHORTER_REACH = 10.0  # an integral that exists hardly changes if its limits move here

_PANEL_WIDTH = 0.25  # common functions have their kinks at multiples of it

_NODES_PER_PANEL = 32

_TOLERANCE = 0.01  # a jump inside a panel costs up to 0.003, an integral that diverges much more


@dataclass(frozen=True)
class Curve:
    """A function y = f(x) of one number.

    Attributes:
        expression: The formula f.
        params: The value of each parameter.
        derivative: The formula f', if there is one.
    """

    expression: Expression
    params: Mapping[str, float]
    derivative: Expression | None = None

    def __call__(self, x: npt.ArrayLike) -> Array:
        """Compute f(x), of the shape of x."""
        return compute_values(self.expression, x, self.params)

    def slope(self, x: npt.ArrayLike) -> Array:
        """Compute f'(x), of the shape of x.

        At a kink, the result is what the formula of the derivative says; without such a formula, what
        automatic differentiation gives.
        """
        if self.derivative is not None:
            return compute_values(self.derivative, x, self.params)
        return compute_values_and_slopes(self.expression, x, self.params)[1]

    def moments(self) -> Moments:
        """Compute E[f(z)] and E[f(z)^2] for z standard normal."""
        # a kink or a jump lies where x equals a number of the formula, or its negative: abs(x) > 0.5
        numbers = (*self.params.values(), *find_numbers(self.expression))
        breaks = {sign * number for number in numbers for sign in (1, -1) if math.isfinite(number)}
        return compute_moments(self, breaks)


def activation_curve(entry: Activation, params: Mapping[str, ParameterValue] | None = None) -> Curve | None:
    """Make the curve of a row of the catalogue; for a gated unit, the curve of its gate.

    Args:
        entry: The row.
        params: Parameters that differ from the defaults.

    Returns:
        The curve; None for an activation that mixes the units of a layer.
    """
    if entry.kind == "mixing":
        return None
    given = {**entry.params, **(params or {})}
    formula, derivative = formula_and_derivative(entry, given)
    numbers = {
        name: math.inf if number is None else float(number)  # None means no limit
        for name, number in given.items()
        if not isinstance(number, bool)
    }
    if entry.gated:
        numbers[GATED_VALUE] = 1.0
    return Curve(parse(formula, numbers), numbers, parse(derivative, numbers, all_used=False))


def expression_curve(expression: Expression, params: Mapping[str, ParameterValue]) -> Curve:
    """Make the curve of an expression that a user wrote."""
    return Curve(expression, {name: float(number or 0) for name, number in params.items()})


def formula_and_derivative(entry: Activation, params: Mapping[str, ParameterValue]) -> tuple[str, str]:
    """Return formula and derivative of a row of the catalogue, as plain text.

    Args:
        entry: The row.
        params: Every parameter; a flag among them may switch to another formula.
    """
    variant = entry.variant
    if variant is not None and params.get(variant.flag):
        return variant.formula, variant.derivative
    return entry.formula, entry.derivative


@dataclass(frozen=True)
class Moments:
    """The moments of f(z) for z standard normal.

    Attributes:
        mean: E[f(z)]; NaN if it does not exist.
        second_moment: E[f(z)^2]; NaN if it does not exist.
    """

    mean: float
    second_moment: float

    @property
    def gain(self) -> float | None:
        """Return the factor 1 / sqrt(E[f(z)^2]); None if the second moment is 0 or not finite."""
        usable = math.isfinite(self.second_moment) and self.second_moment > 0.0
        return 1.0 / math.sqrt(self.second_moment) if usable else None


def compute_moments(function: Callable[[Array], Any], breaks: Iterable[float] = ()) -> Moments:
    """Compute E[f(z)] and E[f(z)^2] for z standard normal, by numerical integration.

    Each integral is computed in three ways: with the panels of `normal_quadrature`, with two panels in place
    of each, and over a shorter range. A moment exists if all three agree to 1 %.

    Args:
        function: The function f, from an array of shape (n,) to an array of the same shape.
        breaks: Places of kinks and jumps besides the multiples of 0.25. A kink at another place costs an
            error of up to 1e-5, a jump up to 0.003.
    """
    breaks = tuple(breaks)
    grids = (
        normal_quadrature(breaks),
        normal_quadrature(breaks, halved=True),
        normal_quadrature(breaks, reach=_SHORTER_REACH),
    )
    with np.errstate(all="ignore"):
        values = [(np.asarray(function(z), dtype=np.float64), weights) for z, weights in grids]
        means = [float(weights @ y) for y, weights in values]
        second_moments = [float(weights @ y**2) for y, weights in values]
        y, weights = values[0]
        mean_size = float(weights @ np.abs(y))
    return Moments(_first_if_agreed(means, mean_size), _first_if_agreed(second_moments, second_moments[0]))


def normal_quadrature(
    breaks: Iterable[float] = (), *, halved: bool = False, reach: float = _REACH
) -> tuple[Array, Array]:
    """Return nodes and weights that integrate over a standard normal variable.

    For nodes z and weights w, each of shape (n,), sum(w * g(z)) approximates E[g(z)].
    The rule is composite Gauss-Legendre with 32 nodes per panel (NumPy's `leggauss`). If g is smooth inside
    every panel, the error is about machine precision.

    Args:
        breaks: Places of kinks and jumps of g besides the multiples of 0.25; panels begin and end there.
        halved: Whether to split each panel into two.
        reach: The panels cover -reach..reach.
    """
    inner = [point for point in breaks if abs(point) < reach]
    edges = np.unique(np.concatenate([np.arange(-reach, reach + _PANEL_WIDTH / 2, _PANEL_WIDTH), inner]))
    if halved:
        edges = np.sort(np.concatenate([edges, (edges[:-1] + edges[1:]) / 2]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES_PER_PANEL)
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half * (nodes + 1)).ravel()
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return z, (half * weights).ravel() * density


def _first_if_agreed(values: list[float], size: float) -> float:
    """Return the first value if the others differ from it by at most 1 % of `size`, else NaN."""
    first, *others = values
    return first if all(abs(other - first) <= _TOLERANCE * size for other in others) else math.nan
