"""Options that hold a number or words, read strictly: a gate that means something else is no gate."""

import math
from collections.abc import Callable
from typing import Any

import click

from actbench.errors import did_you_mean

Callback = Callable[[click.Context, click.Parameter, Any], Any]


def fraction(text: str) -> float:
    """Reads 0.05 or 5%; NaN for what is neither a number nor a percentage."""
    number, percent, rest = text.strip().partition("%")
    return math.nan if rest else _number(number) / (100 if percent else 1)


def share(most: float = math.inf) -> Callback:
    """Reads a share of something, "5%" or the fraction 0.05; None where it is not given.

    Args:
        most: The largest fraction that makes sense.
    """

    def read(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
        if text is None:
            return None
        value = fraction(text)
        if not 0 <= value < math.inf:
            raise click.BadParameter(f"{text!r} is no share; allowed: such as 5% or 0.05")
        if "%" not in text and value >= 1:
            allowed = f"{value:g}% or {value / 100:g}"
            raise click.BadParameter(f"{text!r} would be {100 * value:g} %; allowed: {allowed}")
        if value > most:
            raise click.BadParameter(f"{text!r} is too large; allowed: up to {100 * most:g}%")
        return value

    return read


def spread(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Reads a standard deviation of accuracies, "0.16%" or 0.0016; None where it is not given."""
    if text is None:
        return None
    value = fraction(text)
    if not 0.0 < value < 1.0:
        raise click.BadParameter(f"{text!r} is no spread of accuracies; allowed: such as 0.16% or 0.0016")
    return value


def words(allowed: tuple[str, ...]) -> Callback:
    """Reads a list of these words, separated by commas; empty where it is not given."""

    def read(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...]:
        given = [] if text is None else [word.strip() for word in text.split(",")]
        unknown = [word for word in given if word not in allowed]
        if unknown:
            named = ", ".join(map(repr, unknown))
            hints = "".join(did_you_mean(word, allowed) for word in unknown)
            raise click.BadParameter(f"{named} cannot be judged; allowed: {', '.join(allowed)}{hints}")
        return tuple(dict.fromkeys(given))

    return read


def sizes(least: int, most: int, step: int) -> Callback:
    """Reads whole numbers separated by commas, such as 1e3,20000; each once, in that order.

    Args:
        least: The smallest that is allowed.
        most: The largest.
        step: What they are multiples of.
    """

    def read(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
        given = {word.strip(): _number(word) for word in text.split(",")}
        wrong = [
            repr(word) for word, value in given.items() if not (least <= value <= most and value % step == 0)
        ]
        if wrong:
            allowed = f"multiples of {step} from {least:,} to {most:,}, such as 1e3,1e6"
            raise click.BadParameter(f"{', '.join(wrong)} cannot be measured; allowed: {allowed}")
        return tuple(dict.fromkeys(int(value) for value in given.values()))

    return read


def folder_name(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Reads what a folder can be called on any system; None where it is not given."""
    from pydantic_core import PydanticCustomError

    from actbench.config.fields import FolderName

    try:
        return None if text is None else FolderName().check(text)
    except PydanticCustomError as error:
        raise click.BadParameter(error.message()) from None


def _number(text: str) -> float:
    """NaN for what is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
