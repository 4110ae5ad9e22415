"""An element-wise function as a curve: f, f' and its moments in float64, without TensorFlow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy.typing as npt

from actbench.activations.entry import Activation, ParameterValue
from actbench.activations.expression import Expression, numbers_in, parse
from actbench.activations.expression.float64 import value, value_and_derivative
from actbench.activations.moments import Array, Moments, moments

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
        return value(self.expression, x, self.params)

    def slope(self, x: npt.ArrayLike) -> Array:
        """f'(x), of the shape of x; at a kink what the formula says, or automatic differentiation gives."""
        if self.derivative is not None:
            return value(self.derivative, x, self.params)
        return value_and_derivative(self.expression, x, self.params)[1]

    def moments(self) -> Moments:
        """E[f(z)] and E[f(z)^2] for z standard normal."""
        marks = (*self.params.values(), *numbers_in(self.expression))
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
