"""A small language for activation functions: arithmetic in x, read but never executed as Python."""

from actbench.activations.expression.nodes import Expression, evaluate
from actbench.activations.expression.operations import (
    CONSTANTS,
    FUNCTIONS,
    OPERATIONS,
    folded,
    numbers_in,
    of_many,
)
from actbench.activations.expression.parser import LARGEST_NUMBER, parse
from actbench.activations.expression.text import to_latex
from actbench.activations.expression.tokens import ExpressionError

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "LARGEST_NUMBER",
    "OPERATIONS",
    "Expression",
    "ExpressionError",
    "evaluate",
    "folded",
    "numbers_in",
    "of_many",
    "parse",
    "to_latex",
]
