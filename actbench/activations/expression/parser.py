"""The parser of expressions, which refuses at its column everything that does not belong to the language.

A text passes two stages. `_check_tokens` admits nothing but numbers, names, operators and balanced brackets.
Python's own parser, which reads the text next, thus sees harmless text of limited depth. Its tree is then
translated node by node; a node without a meaning here is refused. Nothing is compiled or evaluated as Python.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from actbench.activations.expression.tree import (
    ARITIES,
    CONSTANTS,
    FUNCTIONS,
    INPUT,
    LARGEST_NUMBER,
    Expression,
    NameNode,
    NumberNode,
    OperationNode,
    is_constant,
    node_to_text,
)
from actbench.errors import did_you_mean

if TYPE_CHECKING:
    from actbench.activations.expression.tree import ExpressionNode

LONGEST_TEXT = 500

DEEPEST_NESTING = 32  # far below the depth at which Python's parser or a recursion of ours gives up

LARGEST_EXPONENT = 100

_ALLOWED_PARTS = "numbers, x, parameters, + - * / **, comparisons inside where, and the functions"

_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}

_COMPARISONS = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}

_TOKEN = re.compile(
    r"(?P<number>(?!0\d)(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\*\*|[<>=!]=|/(?!/)|[<>](?![<>])|[-+*(),])",
    re.ASCII,
)

_NOT_A_NUMBER = re.compile(r"\.?\d[\w.]*", re.ASCII)

_NOT_A_TOKEN = re.compile(r"//|<<|>>|<>|.", re.DOTALL)


class ExpressionError(Exception):
    """A text is not an expression.

    Attributes:
        message: What is wrong; what to write instead.
        column: Position of the offending token in the text, from 1.
    """

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.message = message
        self.column = column


def parse(
    text: str, params: Collection[str] = (), *, all_used: bool = True, longest: int | None = LONGEST_TEXT
) -> Expression:
    """Read an expression from text.

    Args:
        text: ASCII characters: `x`, numbers, `pi`, `e`, the parameters, the operators + - * / and ** with a
            constant exponent, comparisons as the condition of `where`, and calls of `FUNCTIONS`.
        params: Names of the parameters.
        all_used: Whether the expression must contain x and every parameter.
        longest: Most characters of the text. Pass None for the `text` of an `Expression`, whose spaces and
            digits nobody wrote.

    Returns:
        The tree, with its canonical text.

    Raises:
        ExpressionError: The text is not an expression.
    """
    _check_tokens(text, longest)
    try:
        # The bracket keeps leading spaces from being an indentation. It also shifts columns by one: Python
        # counts them from 0, we count from 1.
        tree = ast.parse(f"({text})", mode="eval")
    except SyntaxError as error:
        raise _syntax_error(text, (error.offset or 1) - 1) from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise ExpressionError("it is nested too deep to be read; write a simpler expression", 1) from None
    reader = _Reader(frozenset(params))
    root = reader.translate(tree.body, depth=1)
    unused = [name for name in (INPUT, *params) if name not in reader.used]
    if all_used and unused:
        raise ExpressionError(f"{unused[0]} is not used; write an expression in x and all of its params", 1)
    used = tuple(name for name in reader.used if name != INPUT)
    return Expression(node_to_text(root), root, used)


def _check_tokens(text: str, longest: int | None = LONGEST_TEXT) -> None:
    """Refuse a text that contains anything but tokens of the language in a plausible order.

    Numbers are decimal and names are no keywords of Python. Brackets are closed and nested at most 32 deep. A
    comma stands only between the arguments of a call.

    Args:
        text: The text to check.
        longest: Most characters of the text; None for any number.

    Raises:
        ExpressionError: Something else is in the text.
    """
    if not text.strip(" "):
        raise ExpressionError("it is empty; write an expression such as x * sigmoid(x)", 1)
    if longest is not None and len(text) > longest:
        raise ExpressionError(
            f"it is longer than {longest} characters; write a shorter expression", longest + 1
        )
    before: re.Match[str] | None = None
    opened: list[re.Match[str]] = []
    of_calls: list[bool] = []  # for each open bracket, whether it holds the arguments of a call
    for token in _tokens(text):
        _check_neighbors(before, token)
        match token[0]:
            case "(":
                opened.append(token)
                of_calls.append(before is not None and before["name"] is not None)
            case ")" if not opened:
                raise _error_at("this bracket was never opened; remove it", token)
            case ")":
                opened.pop()
                of_calls.pop()
            case "," if not any(of_calls[-1:]):
                raise _error_at("a comma stands only between the arguments of a function; remove it", token)
        if len(opened) > DEEPEST_NESTING:
            raise _error_at(f"brackets are nested more than {DEEPEST_NESTING} deep; use fewer", token)
        before = token
    if opened:
        raise _error_at("this bracket is never closed; add a closing one", opened[-1])


def _tokens(text: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        token = _TOKEN.match(text, position)
        if token is None:
            raise _wrong_character(text, position)
        yield token
        position = token.end()


def _wrong_character(text: str, position: int) -> ExpressionError:
    """Describe what stands where no token begins."""
    number = _NOT_A_NUMBER.match(text, position)
    if number is not None:
        return _error_at(f"{number[0]!r} is not a number; write one such as 2, 1.702 or 1e-3", number)
    other = _NOT_A_TOKEN.match(text, position)
    assert other is not None  # the pattern matches any character
    what = "the character " if len(other[0]) == 1 else ""
    return _error_at(f"{what}{other[0]!r} is not allowed; allowed: {_ALLOWED_PARTS}", other)


def _check_neighbors(before: re.Match[str] | None, token: re.Match[str]) -> None:
    """Refuse a keyword, two operands side by side, and a call of anything but a name."""
    if keyword.iskeyword(token[0]):
        raise _error_at(f"{token[0]!r} is not allowed; allowed: {_ALLOWED_PARTS}", token)
    if before is None or (before["sign"] and before[0] != ")"):
        return
    if not token["sign"]:
        raise _error_at(f"an operator is missing before {token[0]!r}; add one such as *", token)
    if token[0] == "(" and not before["name"]:
        raise _error_at("only a function name can stand before a bracket; write * to multiply", token)


def _error_at(message: str, token: re.Match[str]) -> ExpressionError:
    return ExpressionError(message, token.start() + 1)


def _syntax_error(text: str, column: int) -> ExpressionError:
    """Describe where Python's parser stopped: at the token in place of a missing number or name."""
    if 1 <= column <= len(text):
        return ExpressionError(f"{text[column - 1]!r} does not fit here; allowed: {_ALLOWED_PARTS}", column)
    return ExpressionError("it ends too early; add a number, a name or a call", len(text) + 1)


class _Reader:
    """A translator of Python's tree into ours, which refuses nodes that have no meaning here.

    Attributes:
        used: The names read so far, in the order of their first use (a dict as an ordered set).
    """

    def __init__(self, params: frozenset[str]) -> None:
        self._names = {INPUT, *params}
        self.used: dict[str, None] = {}

    def translate(self, node: ast.expr, depth: int) -> ExpressionNode:
        """Translate a node that stands for one number for each element of x."""
        self._check_depth(node, depth)
        match node:
            case ast.Constant(value=int() | float() as number):
                return self._number(number, node)
            case ast.Name(id=name):
                return self._name(name, node)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.translate(node.operand, depth + 1)
            case ast.UnaryOp(op=ast.USub()):
                return self._operation("neg", (self.translate(node.operand, depth + 1),), node)
            case ast.BinOp(op=ast.Pow()):
                return self._power(node, depth)
            case ast.BinOp() if type(node.op) in _BINARY:
                sides = (self.translate(node.left, depth + 1), self.translate(node.right, depth + 1))
                return self._operation(_BINARY[type(node.op)], sides, node)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node, depth)
            case ast.Compare():
                raise self._error(
                    "a comparison is allowed only as a condition; write where(x > 0, then, otherwise)", node
                )
        raise self._error(f"this is not arithmetic; allowed: {_ALLOWED_PARTS}", node)

    def _condition(self, node: ast.expr, depth: int) -> ExpressionNode:
        self._check_depth(node, depth)
        if not isinstance(node, ast.Compare):
            raise self._error("the condition of where must be a comparison; write one such as x > 0", node)
        if len(node.ops) > 1:
            raise self._error(
                "comparisons cannot be chained; write x > 0, not 0 < x < 1", node.comparators[1]
            )
        sides = (self.translate(node.left, depth + 1), self.translate(node.comparators[0], depth + 1))
        return OperationNode(_COMPARISONS[type(node.ops[0])], sides)

    def _number(self, number: float, node: ast.expr) -> NumberNode:
        if number > LARGEST_NUMBER:
            raise self._error(
                f"this number is too large for single precision; use at most {LARGEST_NUMBER:g}", node
            )
        return NumberNode(float(number))

    def _name(self, name: str, node: ast.expr) -> ExpressionNode:
        if name in self._names:
            self.used[name] = None
            return NameNode(name)
        if name in CONSTANTS:
            return NumberNode(CONSTANTS[name])
        if name in FUNCTIONS:
            raise self._error(f"{name} is a function; write {name}(...)", node)
        known = [*self._names, *CONSTANTS]
        allowed = f"{', '.join(sorted(known))}, and params of your own"
        raise self._error(f"unknown name {name!r}; allowed: {allowed}{did_you_mean(name, known)}", node)

    def _power(self, node: ast.BinOp, depth: int) -> ExpressionNode:
        written = self.translate(node.right, depth + 1)
        if not is_constant(written):
            raise self._error(
                "an exponent must be a constant; write x ** 2, or exp(a * log(...))", node.right
            )
        exponent = NumberNode(_constant(written))
        if abs(exponent.value) > LARGEST_EXPONENT:
            raise self._error(
                f"an exponent lies between -{LARGEST_EXPONENT} and {LARGEST_EXPONENT}; use a smaller one",
                node.right,
            )
        return self._operation("pow", (self.translate(node.left, depth + 1), exponent), node)

    def _call(self, name: str, node: ast.Call, depth: int) -> ExpressionNode:
        if name not in FUNCTIONS:
            hint = did_you_mean(name, FUNCTIONS)
            raise self._error(f"unknown function {name!r}; allowed: {', '.join(FUNCTIONS)}{hint}", node)
        starred = [keyword.value for keyword in node.keywords]
        starred += [argument for argument in node.args if isinstance(argument, ast.Starred)]
        if starred:
            raise self._error(
                "an argument has no name and no star; write the arguments alone, separated by commas",
                starred[0],
            )
        least, most = ARITIES[name]
        if not least <= len(node.args) <= most:
            count = str(least) if least == most else f"{least} to {most}"
            raise self._error(f"{name} takes {count} argument(s), not {len(node.args)}", node)
        if name == "where":
            condition = self._condition(node.args[0], depth + 1)
            branches = (self.translate(branch, depth + 1) for branch in node.args[1:])
            return OperationNode(name, (condition, *branches))
        return self._operation(
            name, tuple(self.translate(argument, depth + 1) for argument in node.args), node
        )

    def _operation(self, name: str, arguments: tuple[ExpressionNode, ...], node: ast.expr) -> ExpressionNode:
        """Build an operation; refuse an operation on constants alone whose value is not finite."""
        numbers = [argument.value for argument in arguments if isinstance(argument, NumberNode)]
        if name == "neg" and numbers:
            # "-0" becomes 0, not -0, so that equal trees have equal texts
            return NumberNode(0.0 - numbers[0])
        operation = OperationNode(name, arguments)
        if is_constant(operation) and not abs(_constant(operation)) <= LARGEST_NUMBER:
            raise self._error("this constant is not a finite number in single precision; use another", node)
        return operation

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST_NESTING:
            raise self._error(f"it is nested more than {DEEPEST_NESTING} deep; use fewer terms", node)

    def _error(self, message: str, node: ast.expr) -> ExpressionError:
        return ExpressionError(message, node.col_offset)


def _constant(node: ExpressionNode) -> float:
    # NumPy and SciPy take a moment to load; only an expression with constants needs them.
    from actbench.activations.expression.float64 import compute_constant

    return compute_constant(node)
