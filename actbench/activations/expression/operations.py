"""What an expression can do: the names of the operations, and how many arguments each function takes."""

import functools
import math
from collections.abc import Callable
from typing import Any

from actbench.activations.expression.nodes import Expression, Node, Number, Operation, evaluate

INPUT = "x"

CONSTANTS = {"pi": math.pi, "e": math.e}

_MANY = 16

ARITIES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        ("exp", "expm1", "log", "log1p", "sqrt", "abs", "sign", "relu", "sigmoid", "tanh", "softplus", "erf"),
        (1, 1),
    ),
    **dict.fromkeys(("sin", "cos", "atan", "sinh", "cosh", "asinh"), (1, 1)),
    "min": (2, _MANY),
    "max": (2, _MANY),
    "clip": (3, 3),
    "where": (3, 3),
}
"""Least and most arguments of each function: clip(x, low, high), where(x > 0, then, otherwise)."""

FUNCTIONS: tuple[str, ...] = tuple(ARITIES)

OPERATIONS: tuple[str, ...] = (
    *("add", "sub", "mul", "div", "pow", "neg"),
    *("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"),
    *FUNCTIONS,
)
"""What a table for `evaluate` has to supply."""


def of_many(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A function of two arguments as one of two or more, from left to right."""
    return lambda *arguments: functools.reduce(function, arguments)


def is_constant(node: Node) -> bool:
    """Whether it depends on nothing."""
    if isinstance(node, Operation):
        return all(map(is_constant, node.arguments))
    return isinstance(node, Number)


def folded(expression: Expression) -> Expression:
    """The same, with a number for every part that depends on nothing: computed once, in float64."""
    return Expression(expression.text, _folded(expression.root), expression.params)


def _folded(node: Node) -> Node:
    if not isinstance(node, Operation):
        return node
    if is_constant(node):
        return Number(constant_value(node))
    return Operation(node.name, tuple(map(_folded, node.arguments)))


def numbers_in(expression: Expression) -> set[float]:
    """All numbers that it is written with: where it may have kinks."""

    def of(node: Node) -> set[float]:
        if isinstance(node, Operation):
            return set().union(*map(of, node.arguments))
        return {node.value} if isinstance(node, Number) else set()

    return of(expression.root)


def constant_value(node: Node) -> float:
    """The value of a node that depends on nothing; may be infinite or NaN."""
    from actbench.activations.expression.float64 import VALUES, quiet  # numpy, which takes a moment to load

    with quiet():
        return float(evaluate(Expression("", node, ()), VALUES, {}))
