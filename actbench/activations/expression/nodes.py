"""What an expression is once it is read: a tree of numbers, names and operations."""

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
