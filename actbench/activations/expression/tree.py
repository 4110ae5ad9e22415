"""What an expression is once it is read: a tree of numbers, names and operations."""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Name:
    """The input `x`, or a parameter."""

    name: str


@dataclass(frozen=True)
class Operation:
    """An operator or a function, applied."""

    name: str
    arguments: tuple["Node", ...]


Node = Number | Name | Operation


@dataclass(frozen=True)
class Expression:
    """A formula in x and parameters.

    Attributes:
        text: In canonical form: equal trees have equal texts.
        root: The tree.
        params: The parameters that it uses, in the order of their first use.
    """

    text: str
    root: Node
    params: tuple[str, ...]


def evaluate(
    expression: Expression, operations: Mapping[str, Callable[..., Any]], values: Mapping[str, Any]
) -> Any:
    """The value of an expression.

    Args:
        expression: What to evaluate.
        operations: What computes each of `OPERATIONS`, on whatever kind of array.
        values: Of `x` and of every parameter.
    """

    def of(node: Node) -> Any:
        match node:
            case Number(value=value):
                return value
            case Name(name=name):
                return values[name]
            case Operation(name=name, arguments=arguments):
                return operations[name](*map(of, arguments))

    return of(expression.root)


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


LARGEST_NUMBER = 3.4e38  # what is computed with has single precision
