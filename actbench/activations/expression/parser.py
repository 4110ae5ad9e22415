"""Reading an expression: Python's own grammar, of which little is allowed; nothing is ever executed."""

import ast
import warnings
from collections.abc import Collection

from actbench.activations.expression.nodes import Expression, Name, Node, Number, Operation
from actbench.activations.expression.operations import (
    ARITIES,
    CONSTANTS,
    FUNCTIONS,
    INPUT,
    constant_value,
    is_constant,
)
from actbench.activations.expression.text import to_text
from actbench.errors import did_you_mean

LONGEST = 500
DEEPEST = 32
LARGEST_EXPONENT = 100
_LARGEST_NUMBER = 3.4e38  # what is computed with has single precision

_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
_COMPARISONS = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_ALLOWED = "numbers, x, parameters, + - * / **, comparisons inside where, and the functions"


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


def parse(text: str, params: Collection[str] = (), *, all_used: bool = True) -> Expression:
    """The expression that a text is.

    Args:
        text: At most 500 ASCII characters: `x`, numbers, `pi`, `e`, the parameters, operators + - * / and **
            with a number for an exponent, comparisons as the condition of `where`, and `FUNCTIONS`.
        params: Names of the parameters.
        all_used: Whether it has to depend on x and on every parameter.

    Raises:
        ExpressionError: It is something else.
    """
    _check_characters(text)
    _check_nesting(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is refused below anyway
            tree = ast.parse(text.lstrip(), mode="eval")
    except SyntaxError as error:
        column = (error.offset or 1) + _indent(text)
        raise ExpressionError(f"{error.msg}; allowed: {_ALLOWED}", _within(column, text)) from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise ExpressionError("too deep to be read; allowed: a simpler expression", 1) from None
    reader = _Reader(text, frozenset(params))
    root = reader.value(tree.body, depth=1)
    unused = [name for name in (INPUT, *params) if name not in reader.used]
    if all_used and unused:
        raise ExpressionError(
            f"{unused[0]} is not used; allowed: an expression in x and all of its params", 1
        )
    used = tuple(name for name in reader.used if name != INPUT)
    return Expression(to_text(root), root, used)


def _check_characters(text: str) -> None:
    if not text.strip():
        raise ExpressionError("it is empty; allowed: an expression such as x * sigmoid(x)", 1)
    if len(text) > LONGEST:
        raise ExpressionError(f"it is longer than {LONGEST} characters", LONGEST + 1)
    for column, character in enumerate(text, 1):
        # also no line break: an expression is one line, and a comment would hide what follows
        if not (character.isascii() and character.isprintable()) or character in "#\\;`$?!@":
            if character == "!" and text[column : column + 1] == "=":
                continue
            raise ExpressionError(f"the character {character!r} is not allowed; allowed: {_ALLOWED}", column)


def _check_nesting(text: str) -> None:
    """Brackets, before Python's parser meets them: its own limit is no exception on every version."""
    depth = 0
    for column, character in enumerate(text, 1):
        depth += (character in "([{") - (character in ")]}")
        if depth > DEEPEST:
            raise ExpressionError(f"it is nested more than {DEEPEST} deep", column)


def _indent(text: str) -> int:
    """Spaces before the first token, which Python would take for the body of something."""
    return len(text) - len(text.lstrip())


def _within(column: int, text: str) -> int:
    return min(max(column, 1), len(text))


class _Reader:
    """Turns Python's tree into ours, and refuses what has no place in it."""

    def __init__(self, text: str, params: frozenset[str]) -> None:
        self._text = text
        self._names = {INPUT, *params}
        self.used: dict[str, None] = {}

    def value(self, node: ast.expr, depth: int) -> Node:
        """A number for each element of x."""
        self._check_depth(node, depth)
        match node:
            case ast.Constant():
                return self._number(node)
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
            case ast.Call():
                return self._call(node, depth)
            case ast.Compare():
                raise self._error("a comparison stands only as the condition of where(...)", node)
            case ast.Attribute():
                raise self._error("there are no attributes", node, at=self._dot(node))
        raise self._error(f"this is no arithmetic; allowed: {_ALLOWED}", node)

    def _condition(self, node: ast.expr, depth: int) -> Node:
        self._check_depth(node, depth)
        if not isinstance(node, ast.Compare):
            raise self._error("the condition of where is a comparison, such as x > 0", node)
        if len(node.ops) > 1:
            raise self._error("one comparison at a time; allowed: x > 0, not 0 < x < 1", node.comparators[1])
        name = _COMPARISONS.get(type(node.ops[0]))
        if name is None:
            raise self._error("allowed: < <= > >= == !=", node.comparators[0])
        sides = (self.value(node.left, depth + 1), self.value(node.comparators[0], depth + 1))
        return Operation(name, sides)

    def _number(self, node: ast.Constant) -> Number:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self._error("not a number; allowed: numbers such as 1.702", node)
        if not abs(node.value) <= _LARGEST_NUMBER:
            raise self._error("too large for single precision", node)
        return Number(float(node.value))

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
        exponent = self.value(node.right, depth + 1)
        if not isinstance(exponent, Number):
            raise self._error("an exponent is a number; allowed: x ** 2, or exp(a * log(...))", node.right)
        if abs(exponent.value) > LARGEST_EXPONENT:
            raise self._error(f"an exponent is at most {LARGEST_EXPONENT} in size", node.right)
        return self._folded("pow", (self.value(node.left, depth + 1), exponent), node)

    def _call(self, node: ast.Call, depth: int) -> Node:
        if not isinstance(node.func, ast.Name):
            raise self._error("only a function by its name can be called", node.func, at=self._dot(node.func))
        name = node.func.id
        if name not in FUNCTIONS:
            hint = did_you_mean(name, FUNCTIONS)
            raise self._error(f"unknown function {name!r}; allowed: {', '.join(FUNCTIONS)}{hint}", node.func)
        if node.keywords:
            raise self._error(f"{name} takes no named arguments", node.keywords[0].value)
        least, most = ARITIES[name]
        if not least <= len(node.args) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise self._error(f"{name} takes {wanted} argument(s), not {len(node.args)}", node.func)
        if name == "where":
            condition = self._condition(node.args[0], depth + 1)
            branches = (self.value(branch, depth + 1) for branch in node.args[1:])
            return Operation(name, (condition, *branches))
        return self._folded(name, tuple(self.value(argument, depth + 1) for argument in node.args), node)

    def _folded(self, name: str, arguments: tuple[Node, ...], node: ast.expr) -> Node:
        """The operation; of numbers alone, refused where it is not finite."""
        numbers = [argument.value for argument in arguments if isinstance(argument, Number)]
        if name == "neg" and numbers:
            return Number(-numbers[0])
        operation = Operation(name, arguments)
        if is_constant(operation) and not abs(constant_value(operation)) <= _LARGEST_NUMBER:
            raise self._error("this constant is not a finite number of single precision", node)
        return operation

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            raise self._error(f"it is nested more than {DEEPEST} deep", node)

    def _dot(self, node: ast.expr) -> int | None:
        """Where the dot of an attribute stands; the value before it ends where its brackets do not."""
        if not isinstance(node, ast.Attribute):
            return None
        return self._text.find(".", (node.value.end_col_offset or 0) + _indent(self._text)) + 1

    def _error(self, message: str, node: ast.expr, at: int | None = None) -> ExpressionError:
        column = at or node.col_offset + 1 + _indent(self._text)
        return ExpressionError(message, _within(column, self._text))
