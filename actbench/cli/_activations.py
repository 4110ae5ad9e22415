"""The arguments of `actbench show` and `actbench micro` that name activations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actbench.activations.entry import ParameterValue
    from actbench.config.schema.activation import ActivationConfig


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
