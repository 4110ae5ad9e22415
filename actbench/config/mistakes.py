"""How the parts of a config report what is wrong with them: every mistake at once, each a plain sentence.

A sentence says what is wrong; what is allowed; and, for a misspelt word, what may have been meant. Pydantic
carries the sentences up, so that each keeps its path (`loc`) whatever section it was found in.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from actbench.errors import quoted

T = TypeVar("T")

Kind = Literal["value", "unknown_key", "missing_key"]


def mistake(message: str, *loc: str | int, kind: Kind = "value") -> InitErrorDetails:
    """One mistake, to be given to `gather`.

    Args:
        message: The sentence.
        loc: Where it is, seen from the section or list that reports it.
        kind: What it is about: a value, or a key that is too much or not there.
    """
    return _details(kind, message, loc)


def refuse(message: str) -> PydanticCustomError:
    """The exception for a value that is wrong as a whole."""
    return PydanticCustomError("value", message)


def gather(found: Iterable[InitErrorDetails], validate: Callable[[], T]) -> T:
    """Validate, and report the mistakes that this finds together with those found already.

    Raises:
        ValidationError: There is at least one.
    """
    mistakes = list(found)
    try:
        result = validate()
    except ValidationError as error:
        # a section reports its missing keys itself, and better than pydantic
        caught = (item for item in error.errors(include_url=False) if item["type"] != "missing")
        mistakes += [_details(item["type"], item["msg"], item["loc"]) for item in caught]
        raise ValidationError.from_exception_data("config", mistakes) from None
    if mistakes:
        raise ValidationError.from_exception_data("config", mistakes)
    return result


def show(value: object) -> str:
    """A value as a config's author would write it, short, on one line, without control characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and value.bit_length() > 128:
        return "a huge number"
    return quoted(value)


def _details(kind: str, message: str, loc: tuple[str | int, ...]) -> InitErrorDetails:
    error = PydanticCustomError(kind, message)
    return InitErrorDetails(type=error, loc=loc, input=None)
