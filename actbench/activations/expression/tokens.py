"""What an expression may be written with; anything else is refused at its place, before Python reads it."""

import keyword
import re
from collections.abc import Iterator

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
