"""What computes each operation of an expression on tensors."""

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

from actbench.activations.expression import of_many


def _power(base: Any, exponent: float) -> Any:
    # by far the most frequent power, and much cheaper than the general one
    return ops.square(base) if exponent == 2 else ops.power(base, exponent)


OPERATIONS_ON_TENSORS: Mapping[str, Callable[..., Any]] = {
    "add": ops.add,
    "sub": ops.subtract,
    "mul": ops.multiply,
    "div": ops.divide,
    "pow": _power,
    "neg": ops.negative,
    "less": ops.less,
    "less_equal": ops.less_equal,
    "greater": ops.greater,
    "greater_equal": ops.greater_equal,
    "equal": ops.equal,
    "not_equal": ops.not_equal,
    "exp": ops.exp,
    "expm1": ops.expm1,
    "log": ops.log,
    "log1p": ops.log1p,
    "sqrt": ops.sqrt,
    "abs": ops.abs,
    "sign": ops.sign,
    "relu": ops.relu,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "softplus": ops.softplus,
    "erf": ops.erf,
    "sin": ops.sin,
    "cos": ops.cos,
    "atan": ops.arctan,
    "sinh": ops.sinh,
    "cosh": ops.cosh,
    "asinh": ops.arcsinh,
    "min": of_many(ops.minimum),
    "max": of_many(ops.maximum),
    "clip": lambda x, low, high: ops.minimum(ops.maximum(x, low), high),
    "where": ops.where,
}
