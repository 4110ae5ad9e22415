"""Options that several verbs share, and the readers of their values.

Values are read strictly: a limit of a gate that is taken for another one is worse than an error.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from actbench.errors import did_you_mean
from actbench.report.registry import FORMATS

if TYPE_CHECKING:
    from actbench.activations.entry import ParameterValue
    from actbench.config.schema.activation import ActivationConfig

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


def read_activations(texts: Sequence[str]) -> "list[ActivationConfig]":
    """Return the activations that the arguments name.

    Args:
        texts: Each is a name of the catalogue, a mapping in braces as in a config, or an expression in x.

    Raises:
        ConfigError: At least one text is none of these. The message has a line per mistake and points at
            the column of an expression where the mistake is.
    """
    from actbench.errors import ConfigError

    read = [_read_or_explain(text.strip()) for text in texts]
    mistakes = [entry for entry in read if isinstance(entry, str)]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return [entry for entry in read if not isinstance(entry, str)]


def _read_or_explain(text: str) -> "ActivationConfig | str":
    """Return the activation that a text names, or a message that says what is wrong with the text."""
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
    if _looks_like_a_name(text):
        return ActivationConfig.model_validate({"name": text, "params": _required_params(text)})
    parse(text)
    return ActivationConfig.model_validate({"expr": text, "label": _shortened(text)})


def _required_params(name: str) -> dict[str, "ParameterValue"]:
    """Return the catalogue's own values of the parameters without a default, which a config has to give."""
    from actbench.activations.catalogue import ACTIVATION_NAMES, find_activation

    entry = find_activation(name) if name in ACTIVATION_NAMES else None
    return {} if entry is None else {required: entry.params[required] for required in entry.required}


def _looks_like_a_name(text: str) -> bool:
    """Return True for words, perhaps joined by hyphens, but not for arithmetic with x such as "x-alpha"."""
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
    """Return an expression as a label, cut to the length that a label may have."""
    from actbench.config.schema.fields import LONGEST_LABEL

    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 3].rstrip()}..."


def _pointer(text: str, column: int) -> list[str]:
    """Return two lines that show the text and point at a column; none for text that moves the cursor."""
    return [f"  {text}", f"  {' ' * (column - 1)}^"] if text.isprintable() and text else []
