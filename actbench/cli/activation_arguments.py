"""Activations on the command line: names, mappings as in a config, expressions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actbench.activations import ParameterValue
    from actbench.config.schema import ActivationConfig


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

    from actbench.activations.expression import ExpressionError
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
    from actbench.activations.expression import parse
    from actbench.config.schema import ActivationConfig

    if text.startswith("{"):
        return ActivationConfig.model_validate(_mapping(text))
    if _is_name(text):
        return ActivationConfig.model_validate({"name": text, "params": _example_of_required(text)})
    parse(text)
    return ActivationConfig.model_validate({"expr": text, "label": _shortened(text)})


def _example_of_required(name: str) -> dict[str, "ParameterValue"]:
    """What the catalogue itself takes for parameters that have no default; a config has to say them."""
    from actbench.activations import NAMES, find

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
    from actbench.config.fields import LONGEST_LABEL

    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 3].rstrip()}..."


def _pointer(text: str, column: int) -> list[str]:
    return [f"  {text}", f"  {' ' * (column - 1)}^"] if text.isprintable() and text else []
