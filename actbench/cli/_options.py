"""Options that several verbs share, and the readers of their values.

Values are read strictly: a limit of a gate that is taken for another one is worse than an error.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from actbench.errors import did_you_mean
from actbench.report.registry import FORMATS

Callback = Callable[[click.Context, click.Parameter, Any], Any]
"""A function that click calls with the context, the parameter, and the text of an option."""


def example(*lines: str) -> str:
    """Return the end of a help text: commands that the reader can copy."""
    title = "Example" if len(lines) == 1 else "Examples"
    return f"\b\n{title}:\n" + "\n".join(f"  {line}" for line in lines)


set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Replace a value of the config, such as train.epochs=2; repeatable.",
)

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that holds the runs.",
)

quiet_option = click.option("--quiet", is_flag=True, help="Show no progress on standard error.")

fresh_option = click.option(
    "--fresh", is_flag=True, help="Measure everything again; the earlier ledger is set aside."
)

text_or_json_option = click.option(
    "--format",
    "form",
    type=click.Choice(("terminal", "json")),
    default="terminal",
    show_default=True,
    help="Text for the terminal, or JSON with unrounded figures.",
)

report_format_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS.choices),
    default="terminal",
    show_default=True,
    help="Format of the tables; csv and json have unrounded figures.",
)


def read_share(most: float = math.inf) -> Callback:
    """Return a reader of a share, "5%" or the fraction 0.05; None if the option is not given.

    Args:
        most: The largest fraction that makes sense.
    """

    def read(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
        if text is None:
            return None
        value = _fraction(text)
        if not 0 <= value < math.inf:
            raise click.BadParameter(f"{text!r} is not a share; write it as 5% or 0.05")
        if "%" not in text and value >= 1:
            meant = f"{value:g}% or {value / 100:g}"
            raise click.BadParameter(f"{text!r} would be {100 * value:g} %; write {meant}")
        if value > most:
            raise click.BadParameter(f"{text!r} is too large; allowed: up to {100 * most:g}%")
        return value

    return read


def read_sd(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Read a standard deviation of scores, "0.16%" or 0.0016; None if the option is not given."""
    if text is None:
        return None
    value = _fraction(text)
    if not 0.0 < value < 1.0:
        raise click.BadParameter(
            f"{text!r} is not a standard deviation of scores; write it as 0.16% or 0.0016"
        )
    return value


def read_words(allowed: tuple[str, ...]) -> Callback:
    """Return a reader of words separated by commas, each once; empty if the option is not given."""

    def read(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...]:
        given = [] if text is None else [word.strip() for word in text.split(",")]
        unknown = [word for word in given if word not in allowed]
        if unknown:
            named = ", ".join(map(repr, unknown))
            hints = "".join(did_you_mean(word, allowed) for word in unknown)
            raise click.BadParameter(f"{named} cannot be judged; allowed: {', '.join(allowed)}{hints}")
        return tuple(dict.fromkeys(given))

    return read


def read_sizes(least: int, most: int, step: int) -> Callback:
    """Return a reader of whole numbers separated by commas, such as 1e3,20000, each once, in that order.

    Args:
        least: The smallest allowed number.
        most: The largest allowed number.
        step: Every number has to be a multiple of it.
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


def read_folder_name(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Read a name that a folder can have on any system; None if the option is not given."""
    from pydantic_core import PydanticCustomError

    from actbench.config.schema.fields import FolderNameField

    try:
        return None if text is None else FolderNameField().check(text)
    except PydanticCustomError as error:
        raise click.BadParameter(error.message()) from None


def _fraction(text: str) -> float:
    """Return the fraction that "0.05" or "5%" stands for; NaN for any other text."""
    number, percent, rest = text.strip().partition("%")
    return math.nan if rest else _number(number) / (100 if percent else 1)


def _number(text: str) -> float:
    """Return the number that a text stands for; NaN for any other text."""
    try:
        return float(text)
    except ValueError:
        return math.nan


sd_option = click.option(
    "--sd",
    callback=read_sd,
    metavar="SD",
    help="Standard deviation, from seed to seed, of the paired difference of two scores: 0.16% (points of "
    "accuracy) or 0.0016.  [default: that of the finished run of this plan, else one typical of accuracies]",
)
