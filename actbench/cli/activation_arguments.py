"""Activations on the command line: names, mappings as in a config, expressions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actbench.config.schema import ActivationConfig


_LONGEST_LABEL = 60


def read_activations(texts: Sequence[str]) -> "list[ActivationConfig]":
    """What the arguments name.

    Args:
        texts: Each a name of the catalogue; a mapping in braces, as in a config; or else an expression in x.

    Raises:
        ConfigError: At least one is none of these; the message has one line per mistake.
    """
    from pydantic import ValidationError

    from actbench.config.schema import ActivationConfig
    from actbench.config.yaml_tree import parse
    from actbench.errors import ConfigError

    entries: list[ActivationConfig] = []
    mistakes: list[str] = []
    for text in texts:
        parsed = parse(text, text, lines=False) if text.startswith("{") else None
        if parsed is not None and (parsed.mistakes or parsed.root is None):
            mistakes += map(str, parsed.mistakes)
            continue
        try:
            entry = _entry(text) if parsed is None or parsed.root is None else parsed.root.plain()
            entries.append(ActivationConfig.model_validate(entry))
        except ValidationError as error:
            for item in error.errors(include_url=False):
                place = ".".join(map(str, item["loc"]))
                mistakes.append(": ".join(part for part in (text, place, item["msg"]) if part))
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return entries


def _entry(text: str) -> object:
    # a single word is meant as a name, but for x itself
    named = text.isidentifier() and text != "x"
    return text if named else {"expr": text, "label": text.strip()[:_LONGEST_LABEL].strip() or "?"}
