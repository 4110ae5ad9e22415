"""An expression written out: in canonical plain text, and in LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actbench.activations.expression.tree import CONSTANTS, Name, Number, Operation

if TYPE_CHECKING:
    from actbench.activations.expression.tree import Node

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

_STRENGTH = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4}

_STRONGEST = 5

_LATEX_SYMBOLS = _SYMBOLS | {
    "mul": r" \, ",
    "less_equal": r"\le",
    "greater_equal": r"\ge",
    "equal": "=",
    "not_equal": r"\ne",
}

_CONSTANTS = {value: name for name, value in CONSTANTS.items()}

_GREEK = frozenset(
    ("alpha", "beta", "gamma", "delta", "epsilon", "lambda", "mu", "pi", "sigma", "tau", "theta")
)

_LATEX_FUNCTIONS = {
    **{name: rf"\{name}" for name in ("exp", "log", "min", "max", "tanh", "sin", "cos", "sinh", "cosh")},
    "atan": r"\arctan",
    "asinh": r"\mathrm{arsinh}",  # GitHub refuses \operatorname
    "sigmoid": r"\sigma",
}


def to_text(node: Node) -> str:
    """Plain text that reads back as the same tree."""
    match node:
        case Number(value=value):
            return _number(value)
        case Name(name=name):
            return name
        case Operation(name="neg", arguments=(argument,)):
            return f"-{_bracketed(argument, _STRENGTH['neg'])}"
        case Operation(name="pow", arguments=(base, exponent)):
            return f"{_bracketed(base, _STRONGEST)}**{to_text(exponent)}"
        case Operation(name=name, arguments=(left, right)) if name in _SYMBOLS:
            strength = _STRENGTH.get(name, 0)
            # a - (b - c) needs its brackets, and a / (b * c); so does every right-hand side of equal strength
            return f"{_bracketed(left, strength)} {_SYMBOLS[name]} {_bracketed(right, strength + 1)}"
        case Operation(name=name, arguments=arguments):
            return f"{name}({', '.join(map(to_text, arguments))})"


def to_latex(node: Node) -> str:
    """For a formula in a document, without the dollar signs."""
    match node:
        case Number(value=value):
            return _latex_number(value)
        case Name(name=name):
            return _latex_name(name)
        case Operation(name="neg", arguments=(argument,)):
            return f"-{_latex_bracketed(argument, _STRENGTH['neg'])}"
        case Operation(name="div", arguments=(left, right)):
            return rf"\frac{{{to_latex(left)}}}{{{to_latex(right)}}}"
        case Operation(name="pow", arguments=(base, exponent)):
            return f"{_latex_bracketed(base, _STRONGEST)}^{{{to_latex(exponent)}}}"
        case Operation(name=name, arguments=(left, right)) if name in _SYMBOLS:
            strength = _STRENGTH.get(name, 0)
            symbol = _LATEX_SYMBOLS[name]
            spaced = symbol if name == "mul" else f" {symbol} "
            return f"{_latex_bracketed(left, strength)}{spaced}{_latex_bracketed(right, strength + 1)}"
        case Operation(name=name, arguments=arguments):
            return _latex_call(name, [to_latex(argument) for argument in arguments])


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
    return _CONSTANTS.get(value) or repr(value).removesuffix(".0")


def _latex_number(value: float) -> str:
    name = _CONSTANTS.get(value)
    if name is not None:
        return rf"\{name}" if name in _GREEK else name
    digits, _, exponent = _number(value).partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


def _strength(node: Node) -> int:
    if isinstance(node, Number) and node.value < 0:
        return _STRENGTH["neg"]
    return (
        _STRENGTH.get(node.name, 0) if isinstance(node, Operation) and node.name in _SYMBOLS else _named(node)
    )


def _named(node: Node) -> int:
    return _STRENGTH["neg"] if isinstance(node, Operation) and node.name == "neg" else _STRONGEST


def _bracketed(node: Node, strength: int) -> str:
    text = to_text(node)
    return text if _strength(node) >= strength else f"({text})"


def _latex_bracketed(node: Node, strength: int) -> str:
    text = to_latex(node)
    if isinstance(node, Operation) and node.name == "div" and strength <= _STRENGTH["neg"]:
        return text  # the fraction bar brackets
    return text if _strength(node) >= strength else rf"\left({text}\right)"


def _latex_name(name: str) -> str:
    if name in _GREEK:
        return rf"\{name}"
    escaped = name.replace("_", r"\_")
    return name if len(name) == 1 else rf"\mathrm{{{escaped}}}"
