"""The tree of an expression, made of numbers, names and operations; its value, its text and its LaTeX."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

INPUT = "x"

CONSTANTS = {"pi": math.pi, "e": math.e}

LARGEST_NUMBER = 3.4e38
"""Upper limit of constants: tensors are computed in single precision, which ends at 3.40282e38."""

_MOST_ARGUMENTS = 16  # of min and max; each argument more is one more operation on the whole tensor

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


_SYMBOLS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "**",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}

# How tightly operators bind. A part that binds less tightly than its surroundings gets brackets.
_STRENGTH = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4}

_STRONGEST = 5  # numbers, names and calls

_LATEX_SYMBOLS = _SYMBOLS | {
    "mul": r" \, ",
    "less_equal": r"\le",
    "greater_equal": r"\ge",
    "equal": "=",
    "not_equal": r"\ne",
}

_NAMES_OF_CONSTANTS = {value: name for name, value in CONSTANTS.items()}

_GREEK = frozenset(
    ("alpha", "beta", "gamma", "delta", "epsilon", "lambda", "mu", "pi", "sigma", "tau", "theta")
)

_LATEX_FUNCTIONS = {
    **{name: rf"\{name}" for name in ("exp", "log", "min", "max", "tanh", "sin", "cos", "sinh", "cosh")},
    "atan": r"\arctan",
    "asinh": r"\mathrm{arsinh}",  # GitHub does not render \operatorname
    "sigmoid": r"\sigma",
}


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
    arguments: tuple[ExpressionNode, ...]


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
        The result of the outermost operation. An expression without operations gives a number or one of
        `values`.
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
    """Turn a function of two arguments, such as a minimum, into a function of two or more."""
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


def node_to_text(node: ExpressionNode) -> str:
    """Write a node as plain text that `parse` reads back into the same tree."""
    match node:
        case NumberNode(value=value):
            return _number(value)
        case NameNode(name=name):
            return name
        case OperationNode(name="neg", arguments=(argument,)):
            return f"-{_bracketed(argument, _STRENGTH['neg'])}"
        case OperationNode(name="pow", arguments=(base, exponent)):
            return f"{_bracketed(base, _STRONGEST)}**{node_to_text(exponent)}"
        case OperationNode(name=name, arguments=(left, right)) if name in _SYMBOLS:
            strength = _STRENGTH.get(name, 0)
            # a right-hand side of equal strength needs brackets: a - (b - c), a / (b * c)
            return f"{_bracketed(left, strength)} {_SYMBOLS[name]} {_bracketed(right, strength + 1)}"
        case OperationNode(name=name, arguments=arguments):
            return f"{name}({', '.join(map(node_to_text, arguments))})"


def node_to_latex(node: ExpressionNode) -> str:
    """Write a node in LaTeX, for math mode."""
    match node:
        case NumberNode(value=value):
            return _latex_number(value)
        case NameNode(name=name):
            return _latex_name(name)
        case OperationNode(name="neg", arguments=(argument,)):
            return f"-{_latex_bracketed(argument, _STRENGTH['neg'])}"
        case OperationNode(name="div", arguments=(left, right)):
            return rf"\frac{{{node_to_latex(left)}}}{{{node_to_latex(right)}}}"
        case OperationNode(name="pow", arguments=(base, exponent)):
            return f"{_latex_bracketed(base, _STRONGEST)}^{{{node_to_latex(exponent)}}}"
        case OperationNode(name=name, arguments=(left, right)) if name in _SYMBOLS:
            strength = _STRENGTH.get(name, 0)
            symbol = _LATEX_SYMBOLS[name]
            spaced = symbol if name == "mul" else f" {symbol} "
            return f"{_latex_bracketed(left, strength)}{spaced}{_latex_bracketed(right, strength + 1)}"
        case OperationNode(name=name, arguments=arguments):
            return _latex_call(name, [node_to_latex(argument) for argument in arguments])


def _latex_call(name: str, arguments: list[str]) -> str:
    match name, arguments:
        case "where", [condition, then, otherwise]:
            cases = rf"{then} & {condition} \\ {otherwise} & \text{{otherwise}}"
            return rf"\begin{{cases}} {cases} \end{{cases}}"
        case "abs", [argument]:
            return rf"\left|{argument}\right|"
        case "sqrt", [argument]:
            return rf"\sqrt{{{argument}}}"
        case "exp", [argument]:
            return f"e^{{{argument}}}"
    function = _LATEX_FUNCTIONS.get(name, rf"\mathrm{{{name}}}")
    return rf"{function}\left({', '.join(arguments)}\right)"


def _number(value: float) -> str:
    return _NAMES_OF_CONSTANTS.get(value) or repr(value).removesuffix(".0")


def _latex_number(value: float) -> str:
    name = _NAMES_OF_CONSTANTS.get(value)
    if name is not None:
        return rf"\{name}" if name in _GREEK else name
    digits, _, exponent = _number(value).partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


def _strength(node: ExpressionNode) -> int:
    """Return how tightly a node binds when it is written as text."""
    if isinstance(node, NumberNode) and node.value < 0:
        return _STRENGTH["neg"]
    if isinstance(node, OperationNode) and (node.name in _SYMBOLS or node.name == "neg"):
        return _STRENGTH.get(node.name, 0)  # comparisons bind least
    return _STRONGEST


def _bracketed(node: ExpressionNode, strength: int) -> str:
    text = node_to_text(node)
    return text if _strength(node) >= strength else f"({text})"


def _latex_bracketed(node: ExpressionNode, strength: int) -> str:
    text = node_to_latex(node)
    if isinstance(node, OperationNode) and node.name == "div" and strength <= _STRENGTH["neg"]:
        return text  # the fraction bar groups, without brackets
    return text if _strength(node) >= strength else rf"\left({text}\right)"


def _latex_name(name: str) -> str:
    if name in _GREEK:
        return rf"\{name}"
    escaped = name.replace("_", r"\_")
    return name if len(name) == 1 else rf"\mathrm{{{escaped}}}"
