"""Options that set a limit, read strictly: a gate that means something else than its author is no gate."""

import math
from collections.abc import Callable
from typing import Any

import click

from actbench.errors import did_you_mean

Callback = Callable[[click.Context, click.Parameter, Any], Any]


def share(most: float = math.inf) -> Callback:
    """Reads a share of something, "5%" or the fraction 0.05; None where it is not given.

    Args:
        most: The largest fraction that makes sense.
    """

    def read(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
        if text is None:
            return None
        number, percent, rest = text.strip().partition("%")
        try:
            value = float(number) / (100 if percent else 1)
        except ValueError:
            value = math.nan
        if rest or not 0 <= value < math.inf:
            raise click.BadParameter(f"{text!r} is no share; allowed: such as 5% or 0.05")
        if not percent and value >= 1:
            allowed = f"{value:g}% or {value / 100:g}"
            raise click.BadParameter(f"{text!r} would be {100 * value:g} %; allowed: {allowed}")
        if value > most:
            raise click.BadParameter(f"{text!r} is too large; allowed: up to {100 * most:g}%")
        return value

    return read


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
