"""Options that hold a number or words, read strictly: a gate that means something else is no gate."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from actbench.errors import did_you_mean

if TYPE_CHECKING:
    from actbench.activations.entry import ParameterValue
    from actbench.config.schema.activation import ActivationConfig

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

    from actbench.config.schema.fields import FolderName

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


set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Replace a value of the config, such as train.epochs=2; may be repeated.",
)

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that holds the runs.",
)

report_format_option = click.option(
    "--format",
    "form",
    type=click.Choice(("terminal", "markdown", "html", "latex", "csv", "json")),
    default="terminal",
    show_default=True,
)

sd_option = click.option(
    "--sd",
    callback=spread,
    metavar="SPREAD",
    help="Plan with this standard deviation of a paired difference of scores from seed to seed, such as "
    "0.16% (points of accuracy) or 0.0016; by default that of the finished run of this plan, else a typical "
    "one of accuracies.",
)


def example(*lines: str) -> str:
    """The end of a help text: what one may type."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def read_activations(texts: Sequence[str]) -> "list[ActivationConfig]":
    """What the arguments name.

    Args:
        texts: Each a name of the catalogue; a mapping in braces, as in a config; or else an expression in x.

    Raises:
        ConfigError: At least one is none of these; the message has a line per mistake, and points at the
            column of an expression where it is.
    """
    from actbench.errors import ConfigError

    read = [_entry_or_mistakes(text.strip()) for text in texts]
    mistakes = [entry for entry in read if isinstance(entry, str)]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return [entry for entry in read if not isinstance(entry, str)]


def _entry_or_mistakes(text: str) -> "ActivationConfig | str":
    from pydantic import ValidationError

    from actbench.activations.expression.parser import ExpressionError
    from actbench.errors import ConfigError

    try:
        return _read(text)
    except ConfigError as error:
        return str(error)
    except ExpressionError as error:
        return "\n".join([f"{text or repr(text)}: {error}", *_pointer(text, error.column)])
    except ValidationError as error:
        return "\n".join(
            ": ".join(part for part in (text, ".".join(map(str, item["loc"])), item["msg"]) if part)
            for item in error.errors(include_url=False)
        )


def _read(text: str) -> "ActivationConfig":
    from actbench.activations.expression.parser import parse
    from actbench.config.schema.activation import ActivationConfig

    if text.startswith("{"):
        return ActivationConfig.model_validate(_mapping(text))
    if _is_name(text):
        return ActivationConfig.model_validate({"name": text, "params": _example_of_required(text)})
    parse(text)
    return ActivationConfig.model_validate({"expr": text, "label": _shortened(text)})


def _example_of_required(name: str) -> dict[str, "ParameterValue"]:
    """What the catalogue itself takes for parameters that have no default; a config has to say them."""
    from actbench.activations.catalogue import NAMES, find

    entry = find(name) if name in NAMES else None
    return {} if entry is None else {required: entry.params[required] for required in entry.required}


def _is_name(text: str) -> bool:
    """Whether it is meant as one: words, perhaps with hyphens for underscores, but no arithmetic with x."""
    words = text.split("-")
    return all(word.isidentifier() for word in words) and "x" not in words


def _mapping(text: str) -> object:
    from actbench.config.yaml.reader import parse_yaml
    from actbench.errors import ConfigError

    parsed = parse_yaml(text, text, lines=False)
    if parsed.mistakes or parsed.root is None:
        raise ConfigError("\n".join(map(str, parsed.mistakes)))
    return parsed.root.to_python()


def _shortened(text: str) -> str:
    from actbench.config.schema.fields import LONGEST_LABEL

    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 3].rstrip()}..."


def _pointer(text: str, column: int) -> list[str]:
    return [f"  {text}", f"  {' ' * (column - 1)}^"] if text.isprintable() and text else []
