"""Expressions in float64: values, and derivatives by forward-mode differentiation, without TensorFlow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import special

from actbench.activations.expression.tree import INPUT, evaluate, of_many

if TYPE_CHECKING:
    from actbench.activations.expression.tree import Expression

Array = npt.NDArray[np.float64]


def _softplus(x: Any) -> Any:
    return np.logaddexp(x, 0.0)


VALUES: Mapping[str, Callable[..., Any]] = {
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
    "softplus": _softplus,
    "erf": special.erf,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
    "min": of_many(np.minimum),
    "max": of_many(np.maximum),
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "where": np.where,
}


def quiet() -> contextlib.AbstractContextManager[Any]:
    """Overflow is no news here: the result says so."""
    return np.errstate(all="ignore")


def value(expression: Expression, x: npt.ArrayLike, params: Mapping[str, Any] | None = None) -> Array:
    """f(x) in float64, of the shape of x.

    Args:
        expression: f.
        x: Any shape.
        params: Value of each parameter.
    """
    x = np.asarray(x, dtype=np.float64)
    with quiet():
        return np.broadcast_to(evaluate(expression, VALUES, {**(params or {}), INPUT: x}), x.shape)


def value_and_derivative(
    expression: Expression, x: npt.ArrayLike, params: Mapping[str, Any] | None = None
) -> tuple[Array, Array]:
    """f(x) and f'(x) in float64, each of the shape of x.

    Where f has a kink, f' is what automatic differentiation gives: 0 for abs and relu at 0, and for max and
    min that of the first of equal arguments. Where f is NaN, so is f'.
    """
    x = np.asarray(x, dtype=np.float64)
    with quiet():
        result = _lift(evaluate(expression, _DUALS, {**(params or {}), INPUT: _Dual(x, np.ones_like(x))}))
    slope = np.where(np.isnan(result.value), np.nan, result.slope)
    return np.broadcast_to(result.value, x.shape), np.broadcast_to(slope, x.shape)


@dataclass(frozen=True)
class _Dual:
    """A value and its derivative with respect to x."""

    value: Any
    slope: Any


def _lift(value: Any) -> _Dual:
    return value if isinstance(value, _Dual) else _Dual(np.float64(value), np.float64(0.0))


def _chain(partial: Any, slope: Any) -> Any:
    """Their product; 0 times infinity is 0.

    What does not move moves nothing, though the partial be infinite (sqrt at 0); and what is flat stays flat,
    though its argument overflow (the tanh of an exp).
    """
    return np.where((slope == 0.0) | (partial == 0.0), 0.0, partial * slope)


def _unary(name: str, derivative: Callable[[Any], Any]) -> Callable[[Any], _Dual]:
    def rule(argument: Any) -> _Dual:
        lifted = _lift(argument)
        return _Dual(VALUES[name](lifted.value), _chain(derivative(lifted.value), lifted.slope))

    return rule


def _binary(name: str, partials: Callable[[Any, Any], tuple[Any, Any]]) -> Callable[[Any, Any], _Dual]:
    def rule(left: Any, right: Any) -> _Dual:
        a, b = _lift(left), _lift(right)
        of_a, of_b = partials(a.value, b.value)
        return _Dual(VALUES[name](a.value, b.value), _chain(of_a, a.slope) + _chain(of_b, b.slope))

    return rule


def _compare(name: str) -> Callable[[Any, Any], Any]:
    return lambda left, right: VALUES[name](_lift(left).value, _lift(right).value)


def _where(condition: Any, then: Any, otherwise: Any) -> _Dual:
    a, b = _lift(then), _lift(otherwise)
    return _Dual(np.where(condition, a.value, b.value), np.where(condition, a.slope, b.slope))


def _extreme(wins: Callable[[Any, Any], Any]) -> Callable[[Any, Any], _Dual]:
    def rule(left: Any, right: Any) -> _Dual:
        a, b = _lift(left).value, _lift(right).value
        return _where(wins(a, b) | np.isnan(a), left, right)

    return rule


_minimum, _maximum = _extreme(np.less_equal), _extreme(np.greater_equal)

_DUALS: Mapping[str, Callable[..., Any]] = {
    "add": _binary("add", lambda a, b: (np.ones_like(a), np.ones_like(b))),
    "sub": _binary("sub", lambda a, b: (np.ones_like(a), -np.ones_like(b))),
    "mul": _binary("mul", lambda a, b: (b, a)),
    "div": _binary("div", lambda a, b: (1.0 / b, -(a / b) / b)),
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
    "min": of_many(_minimum),
    "max": of_many(_maximum),
    "clip": lambda x, low, high: _minimum(_maximum(x, low), high),
    "where": _where,
}
