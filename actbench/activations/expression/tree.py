"""The tree that an expression is read into: numbers, names and operations."""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

INPUT = "x"

CONSTANTS = {"pi": math.pi, "e": math.e}

LARGEST_NUMBER = 3.4e38
"""Upper limit of constants: tensors are computed in single precision, which ends at 3.40282e38."""

_MOST_ARGUMENTS = 16  # of min and max, which are chained: each argument adds an operation on the tensor

ARITIES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        ("exp", "expm1", "log", "log1p", "sqrt", "abs", "sign", "relu", "sigmoid", "tanh", "softplus", "erf"),
        (1, 1),
    ),
    **dict.fromkeys(("sin", "cos", "atan", "sinh", "cosh", "asinh"), (1, 1)),
    "min": (2, _MOST_ARGUMENTS),
    "max": (2, _MOST_ARGUMENTS),
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
"""Names of all operations of a tree; a table for `evaluate` must define each."""


@dataclass(frozen=True)
class NumberNode:
    """A constant."""

    value: float


@dataclass(frozen=True)
class NameNode:
    """The input `x`, or a parameter."""

    name: str


@dataclass(frozen=True)
class OperationNode:
    """An operator or a function with its arguments.

    Attributes:
        name: One of `OPERATIONS`.
        arguments: From left to right.
    """

    name: str
    arguments: tuple["ExpressionNode", ...]


ExpressionNode = NumberNode | NameNode | OperationNode


@dataclass(frozen=True)
class Expression:
    """A formula in x and parameters.

    Attributes:
        text: The formula in canonical form: equal trees have equal texts.
        root: The tree.
        params: Names of the parameters that the formula uses, in the order of their first use.
    """

    text: str
    root: ExpressionNode
    params: tuple[str, ...]


def evaluate(
    expression: Expression, operations: Mapping[str, Callable[..., Any]], values: Mapping[str, Any]
) -> Any:
    """Compute an expression on any kind of array.

    Args:
        expression: The formula.
        operations: The function that computes each of `OPERATIONS`.
        values: The value of `x` and of every parameter.

    Returns:
        What the outermost operation returns; a number or a value of `values` without any operation.
    """

    def compute(node: ExpressionNode) -> Any:
        match node:
            case NumberNode(value=value):
                return value
            case NameNode(name=name):
                return values[name]
            case OperationNode(name=name, arguments=arguments):
                return operations[name](*map(compute, arguments))

    return compute(expression.root)


def extend_to_many(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Turn a function of two arguments, such as a minimum, into one of two or more, from left to right."""
    return lambda *arguments: functools.reduce(function, arguments)


def is_constant(node: ExpressionNode) -> bool:
    """Return whether a node contains neither x nor a parameter."""
    if isinstance(node, OperationNode):
        return all(map(is_constant, node.arguments))
    return isinstance(node, NumberNode)


def find_numbers(expression: Expression) -> set[float]:
    """Collect all numbers that an expression contains, at any depth."""

    def collect(node: ExpressionNode) -> set[float]:
        if isinstance(node, OperationNode):
            return set().union(*map(collect, node.arguments))
        return {node.value} if isinstance(node, NumberNode) else set()

    return collect(expression.root)
