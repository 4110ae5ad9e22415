"""Expressions in float64 without TensorFlow: values, and derivatives by forward-mode differentiation.

A derivative is computed along with its value: the tree is evaluated on dual numbers, pairs of a value and its
slope, and each operation applies the chain rule.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import special

from actbench.activations.expression.tree import (
    INPUT,
    Expression,
    NumberNode,
    OperationNode,
    evaluate,
    extend_to_many,
    is_constant,
)

if TYPE_CHECKING:
    from actbench.activations.expression.tree import ExpressionNode

Array = npt.NDArray[np.float64]


NUMPY_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "neg": np.negative,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "relu": lambda x: np.maximum(x, 0.0),
    "sigmoid": special.expit,
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "erf": special.erf,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
    "min": extend_to_many(np.minimum),
    "max": extend_to_many(np.maximum),
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "where": np.where,
}
"""The function that computes each operation on arrays."""


def compute_values(
    expression: Expression, x: npt.ArrayLike, params: Mapping[str, Any] | None = None
) -> Array:
    """Compute f(x) in float64.

    Args:
        expression: The formula f.
        x: The inputs, of any shape.
        params: The value of each parameter.

    Returns:
        The values, of the shape of `x`; infinite where they overflow, NaN where f is not defined.
    """
    x = np.asarray(x, dtype=np.float64)
    with _ignore_overflow():
        values = evaluate(expression, NUMPY_OPERATIONS, {**(params or {}), INPUT: x})
        return np.broadcast_to(values, x.shape)


def compute_values_and_slopes(
    expression: Expression, x: npt.ArrayLike, params: Mapping[str, Any] | None = None
) -> tuple[Array, Array]:
    """Compute f(x) and f'(x) in float64.

    At a kink, f' is what automatic differentiation gives: 0 for abs and relu at 0, and for max and min the
    slope of the first of equal arguments. Where f is NaN, so is f'.

    Args:
        expression: The formula f.
        x: The inputs, of any shape.
        params: The value of each parameter.

    Returns:
        Values and slopes, each of the shape of `x`.
    """
    x = np.asarray(x, dtype=np.float64)
    with _ignore_overflow():
        inputs = {**(params or {}), INPUT: _DualNumber(x, np.ones_like(x))}
        result = _lift(evaluate(expression, DUAL_OPERATIONS, inputs))
    slope = np.where(np.isnan(result.value), np.nan, result.slope)
    return np.broadcast_to(result.value, x.shape), np.broadcast_to(slope, x.shape)


def compute_constant(node: ExpressionNode) -> float:
    """Compute a node that contains neither x nor a parameter; the result may be infinite or NaN."""
    with _ignore_overflow():
        return float(evaluate(Expression("", node, ()), NUMPY_OPERATIONS, {}))


def fold_constants(expression: Expression) -> Expression:
    """Replace every part that contains neither x nor a parameter by its number, computed in float64.

    The expression keeps its text. On tensors, a constant such as sqrt(2 / pi) is then rounded to their
    precision only once, and no step computes it again.
    """

    def fold(node: ExpressionNode) -> ExpressionNode:
        if not isinstance(node, OperationNode):
            return node
        if is_constant(node):
            return NumberNode(compute_constant(node))
        return OperationNode(node.name, tuple(map(fold, node.arguments)))

    return Expression(expression.text, fold(expression.root), expression.params)


def _ignore_overflow() -> contextlib.AbstractContextManager[Any]:
    """Silence NumPy's warnings: infinite and NaN results speak for themselves."""
    return np.errstate(all="ignore")


@dataclass(frozen=True)
class _DualNumber:
    """A value and its derivative with respect to x."""

    value: Any
    slope: Any


def _lift(value: Any) -> _DualNumber:
    """Turn a plain number, which does not depend on x, into a dual number; leave a dual number alone."""
    return value if isinstance(value, _DualNumber) else _DualNumber(np.float64(value), np.float64(0.0))


def _chain(partial: Any, slope: Any) -> Any:
    """Multiply a partial derivative by the slope of its argument, where 0 times infinity is 0.

    An argument that does not move contributes nothing, even if the partial derivative is infinite (sqrt at
    0). A function that is flat stays flat, even if its argument overflows (the tanh of an exp).
    """
    return np.where((slope == 0.0) | (partial == 0.0), 0.0, partial * slope)


def _unary(name: str, derivative: Callable[[Any], Any]) -> Callable[[Any], _DualNumber]:
    """Extend an operation of one argument to dual numbers."""

    def rule(argument: Any) -> _DualNumber:
        lifted = _lift(argument)
        return _DualNumber(
            NUMPY_OPERATIONS[name](lifted.value), _chain(derivative(lifted.value), lifted.slope)
        )

    return rule


def _binary(name: str, partials: Callable[[Any, Any], tuple[Any, Any]]) -> Callable[[Any, Any], _DualNumber]:
    """Extend an operation of two arguments to dual numbers, given both partial derivatives."""

    def rule(left: Any, right: Any) -> _DualNumber:
        a, b = _lift(left), _lift(right)
        by_a, by_b = partials(a.value, b.value)
        value = NUMPY_OPERATIONS[name](a.value, b.value)
        return _DualNumber(value, _chain(by_a, a.slope) + _chain(by_b, b.slope))

    return rule


def _compare(name: str) -> Callable[[Any, Any], Any]:
    return lambda left, right: NUMPY_OPERATIONS[name](_lift(left).value, _lift(right).value)


def _where(condition: Any, then: Any, otherwise: Any) -> _DualNumber:
    a, b = _lift(then), _lift(otherwise)
    return _DualNumber(np.where(condition, a.value, b.value), np.where(condition, a.slope, b.slope))


def _extreme(wins: Callable[[Any, Any], Any]) -> Callable[[Any, Any], _DualNumber]:
    """Make a minimum or a maximum of dual numbers; the left argument wins a tie, and NaN wins always."""

    def rule(left: Any, right: Any) -> _DualNumber:
        a, b = _lift(left).value, _lift(right).value
        return _where(wins(a, b) | np.isnan(a), left, right)

    return rule


_minimum, _maximum = _extreme(np.less_equal), _extreme(np.greater_equal)

DUAL_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "add": _binary("add", lambda a, b: (np.ones_like(a), np.ones_like(b))),
    "sub": _binary("sub", lambda a, b: (np.ones_like(a), -np.ones_like(b))),
    "mul": _binary("mul", lambda a, b: (b, a)),
    "div": _binary("div", lambda a, b: (1.0 / b, -(a / b) / b)),
    # the parser admits only constant exponents, so the second partial derivative is never needed
    "pow": _binary("pow", lambda a, n: (0.0 if n == 0 else n * np.power(a, n - 1.0), 0.0)),
    "neg": _unary("neg", lambda x: -np.ones_like(x)),
    **{
        name: _compare(name)
        for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
    },
    "exp": _unary("exp", np.exp),
    "expm1": _unary("expm1", np.exp),
    "log": _unary("log", lambda x: 1.0 / x),
    "log1p": _unary("log1p", lambda x: 1.0 / (1.0 + x)),
    "sqrt": _unary("sqrt", lambda x: 0.5 / np.sqrt(x)),
    "abs": _unary("abs", np.sign),
    "sign": _unary("sign", np.zeros_like),
    "relu": _unary("relu", lambda x: np.where(x > 0.0, 1.0, 0.0)),
    "sigmoid": _unary("sigmoid", lambda x: special.expit(x) * special.expit(-x)),
    "tanh": _unary("tanh", lambda x: 1.0 / np.cosh(x) ** 2),
    "softplus": _unary("softplus", special.expit),
    "erf": _unary("erf", lambda x: 2.0 / np.sqrt(np.pi) * np.exp(-x * x)),
    "sin": _unary("sin", np.cos),
    "cos": _unary("cos", lambda x: -np.sin(x)),
    "atan": _unary("atan", lambda x: 1.0 / (1.0 + x * x)),
    "sinh": _unary("sinh", np.cosh),
    "cosh": _unary("cosh", np.sinh),
    "asinh": _unary("asinh", lambda x: 1.0 / np.hypot(x, 1.0)),
    "min": extend_to_many(_minimum),
    "max": extend_to_many(_maximum),
    "clip": lambda x, low, high: _minimum(_maximum(x, low), high),
    "where": _where,
}
"""The function that computes each operation on dual numbers."""
