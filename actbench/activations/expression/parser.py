"""What an expression may be written with; anything else is refused at its place, before Python reads it."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from actbench.activations.expression.text import to_text
from actbench.activations.expression.tree import (
    ARITIES,
    CONSTANTS,
    FUNCTIONS,
    INPUT,
    LARGEST_NUMBER,
    Expression,
    Name,
    Number,
    Operation,
    evaluate,
    is_constant,
)
from actbench.errors import did_you_mean

if TYPE_CHECKING:
    from actbench.activations.expression.tree import Node

LONGEST = 500

DEEPEST = 32

ALLOWED = "numbers, x, parameters, + - * / **, comparisons inside where, and the functions"

_TOKEN = re.compile(
    r"(?P<number>(?!0\d)(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\*\*|[<>=!]=|/(?!/)|[<>](?![<>])|[-+*(),])",
    re.ASCII,
)

_NOT_A_NUMBER = re.compile(r"\.?\d[\w.]*", re.ASCII)

_NOT_A_TOKEN = re.compile(r"//|<<|>>|<>|.", re.DOTALL)


class ExpressionError(Exception):
    """A text is no expression.

    Attributes:
        message: What is wrong, and what is allowed.
        column: Of the offending token in the text, from 1.
    """

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.message = message
        self.column = column


def check_tokens(text: str, longest: int | None = LONGEST) -> None:
    """Refuse what no expression contains.

    Numbers are decimal, names are no words of Python's, brackets are closed and nested at most 32 deep, and a
    comma stands between the arguments of a call.

    Args:
        text: What may be an expression.
        longest: Characters that it may have; None for any number.

    Raises:
        ExpressionError: It contains something else.
    """
    if not text.strip(" "):
        raise ExpressionError("it is empty; allowed: an expression such as x * sigmoid(x)", 1)
    if longest is not None and len(text) > longest:
        raise ExpressionError(f"it is longer than {longest} characters", longest + 1)
    before: re.Match[str] | None = None
    opened: list[re.Match[str]] = []
    of_calls: list[bool] = []
    for token in _tokens(text):
        _check_neighbours(before, token)
        match token[0]:
            case "(":
                opened.append(token)
                of_calls.append(before is not None and before["name"] is not None)
            case ")" if not opened:
                raise _mistake("this bracket was never opened", token)
            case ")":
                opened.pop()
                of_calls.pop()
            case "," if not any(of_calls[-1:]):
                raise _mistake("a comma stands only between the arguments of a function", token)
        if len(opened) > DEEPEST:
            raise _mistake(f"brackets are nested more than {DEEPEST} deep", token)
        before = token
    if opened:
        raise _mistake("this bracket is never closed", opened[-1])


def _tokens(text: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        token = _TOKEN.match(text, position)
        if token is None:
            raise _no_token(text, position)
        yield token
        position = token.end()


def _no_token(text: str, position: int) -> ExpressionError:
    number = _NOT_A_NUMBER.match(text, position)
    if number is not None:
        return _mistake(f"{number[0]!r} is no number; allowed: such as 2, 1.702 or 1e-3", number)
    other = _NOT_A_TOKEN.match(text, position)
    assert other is not None  # it matches anything
    what = "the character " if len(other[0]) == 1 else ""
    return _mistake(f"{what}{other[0]!r} is not allowed; allowed: {ALLOWED}", other)


def _check_neighbours(before: re.Match[str] | None, token: re.Match[str]) -> None:
    if keyword.iskeyword(token[0]):
        raise _mistake(f"{token[0]!r} is not allowed; allowed: {ALLOWED}", token)
    if before is None or (before["sign"] and before[0] != ")"):
        return
    if not token["sign"]:
        raise _mistake(f"an operator is missing before {token[0]!r}", token)
    if token[0] == "(" and not before["name"]:
        raise _mistake("only a function by its name can be called; to multiply, write *", token)


def _mistake(message: str, token: re.Match[str]) -> ExpressionError:
    return ExpressionError(message, token.start() + 1)


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


LARGEST_EXPONENT = 100

_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}

_COMPARISONS = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}


def parse(
    text: str, params: Collection[str] = (), *, all_used: bool = True, longest: int | None = LONGEST
) -> Expression:
    """The expression that a text is.

    Args:
        text: ASCII characters: `x`, numbers, `pi`, `e`, the parameters, operators + - * / and **
            with a number for an exponent, comparisons as the condition of `where`, and `FUNCTIONS`.
        params: Names of the parameters.
        all_used: Whether it has to depend on x and on every parameter.
        longest: Characters that the text may have; None for an expression's own `text`, which has spaces and
            digits that nobody wrote.

    Raises:
        ExpressionError: It is something else.
    """
    check_tokens(text, longest)
    try:
        # in brackets, so that spaces before it are no indentation; a column from 1 is Python's from 0
        tree = ast.parse(f"({text})", mode="eval")
    except SyntaxError as error:
        raise _incomplete(text, (error.offset or 1) - 1) from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise ExpressionError("too deep to be read; allowed: a simpler expression", 1) from None
    reader = _Reader(frozenset(params))
    root = reader.value(tree.body, depth=1)
    unused = [name for name in (INPUT, *params) if name not in reader.used]
    if all_used and unused:
        raise ExpressionError(
            f"{unused[0]} is not used; allowed: an expression in x and all of its params", 1
        )
    used = tuple(name for name in reader.used if name != INPUT)
    return Expression(to_text(root), root, used)


def _incomplete(text: str, column: int) -> ExpressionError:
    """A number or a name is missing; what stands in its place is pointed at."""
    if 1 <= column <= len(text):
        return ExpressionError(f"{text[column - 1]!r} does not fit here; allowed: {ALLOWED}", column)
    return ExpressionError(f"it ends too early; allowed: {ALLOWED}", len(text) + 1)


class _Reader:
    """Turns Python's tree into ours, and refuses what has no place in it."""

    def __init__(self, params: frozenset[str]) -> None:
        self._names = {INPUT, *params}
        self.used: dict[str, None] = {}

    def value(self, node: ast.expr, depth: int) -> Node:
        """A number for each element of x."""
        self._check_depth(node, depth)
        match node:
            case ast.Constant(value=int() | float() as number):
                return self._number(number, node)
            case ast.Name(id=name):
                return self._name(name, node)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.value(node.operand, depth + 1)
            case ast.UnaryOp(op=ast.USub()):
                return self._folded("neg", (self.value(node.operand, depth + 1),), node)
            case ast.BinOp(op=ast.Pow()):
                return self._power(node, depth)
            case ast.BinOp() if type(node.op) in _BINARY:
                sides = (self.value(node.left, depth + 1), self.value(node.right, depth + 1))
                return self._folded(_BINARY[type(node.op)], sides, node)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node, depth)
            case ast.Compare():
                raise self._error("a comparison stands only as the condition of where(...)", node)
        raise self._error(f"this is no arithmetic; allowed: {ALLOWED}", node)

    def _condition(self, node: ast.expr, depth: int) -> Node:
        self._check_depth(node, depth)
        if not isinstance(node, ast.Compare):
            raise self._error("the condition of where is a comparison, such as x > 0", node)
        if len(node.ops) > 1:
            raise self._error("one comparison at a time; allowed: x > 0, not 0 < x < 1", node.comparators[1])
        sides = (self.value(node.left, depth + 1), self.value(node.comparators[0], depth + 1))
        return Operation(_COMPARISONS[type(node.ops[0])], sides)

    def _number(self, number: float, node: ast.expr) -> Number:
        if number > LARGEST_NUMBER:
            raise self._error("too large for single precision", node)
        return Number(float(number))

    def _name(self, name: str, node: ast.expr) -> Node:
        if name in self._names:
            self.used[name] = None
            return Name(name)
        if name in CONSTANTS:
            return Number(CONSTANTS[name])
        if name in FUNCTIONS:
            raise self._error(f"{name} is a function; allowed: {name}(...)", node)
        known = [*self._names, *CONSTANTS]
        allowed = f"{', '.join(sorted(known))}, and params of your own"
        raise self._error(f"unknown name {name!r}; allowed: {allowed}{did_you_mean(name, known)}", node)

    def _power(self, node: ast.BinOp, depth: int) -> Node:
        written = self.value(node.right, depth + 1)
        if not is_constant(written):
            raise self._error("an exponent is a number; allowed: x ** 2, or exp(a * log(...))", node.right)
        exponent = Number(constant_value(written))
        if abs(exponent.value) > LARGEST_EXPONENT:
            raise self._error(f"an exponent is at most {LARGEST_EXPONENT} in size", node.right)
        return self._folded("pow", (self.value(node.left, depth + 1), exponent), node)

    def _call(self, name: str, node: ast.Call, depth: int) -> Node:
        if name not in FUNCTIONS:
            hint = did_you_mean(name, FUNCTIONS)
            raise self._error(f"unknown function {name!r}; allowed: {', '.join(FUNCTIONS)}{hint}", node)
        starred = [keyword.value for keyword in node.keywords]
        starred += [argument for argument in node.args if isinstance(argument, ast.Starred)]
        if starred:
            raise self._error("arguments are written out, separated by commas", starred[0])
        least, most = ARITIES[name]
        if not least <= len(node.args) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise self._error(f"{name} takes {wanted} argument(s), not {len(node.args)}", node)
        if name == "where":
            condition = self._condition(node.args[0], depth + 1)
            branches = (self.value(branch, depth + 1) for branch in node.args[1:])
            return Operation(name, (condition, *branches))
        return self._folded(name, tuple(self.value(argument, depth + 1) for argument in node.args), node)

    def _folded(self, name: str, arguments: tuple[Node, ...], node: ast.expr) -> Node:
        """The operation; of numbers alone, refused where it is not finite."""
        numbers = [argument.value for argument in arguments if isinstance(argument, Number)]
        if name == "neg" and numbers:
            return Number(0.0 - numbers[0])  # which is 0, not -0, for 0
        operation = Operation(name, arguments)
        if is_constant(operation) and not abs(constant_value(operation)) <= LARGEST_NUMBER:
            raise self._error("this constant is not a finite number of single precision", node)
        return operation

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            raise self._error(f"it is nested more than {DEEPEST} deep; allowed: fewer terms", node)

    def _error(self, message: str, node: ast.expr) -> ExpressionError:
        return ExpressionError(message, node.col_offset)
