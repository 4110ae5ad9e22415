"""Overrides of single values of a config, each written as KEY=VALUE, where VALUE is YAML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from actbench.config.schema.section import describe_value
from actbench.config.yaml.reader import parse_yaml
from actbench.config.yaml.tree import OVERRIDE, Entry, Mistake, ParsedYaml, Position, YamlNode
from actbench.errors import ConfigError, format_key

# Below these a key has dots of its own, as in sweep.train.learning_rate; the deepest first.
_DOTTED_BELOW = ("sweep.zip", "sweep", "tune")


def apply_overrides(root: YamlNode, overrides: Iterable[str]) -> ParsedYaml:
    """Return the document with every override applied, and the mistakes in them; of equal keys the last wins.

    Args:
        root: The document. If it is not a mapping, it is returned as it is: the mistake is in the document.
        overrides: Each as KEY=VALUE, where KEY has a dot before each deeper key.
    """
    if not isinstance(root.value, dict):
        return ParsedYaml(root, ())
    mistakes: list[Mistake] = []
    for override in overrides:
        key, equals, text = override.partition("=")
        path = _path(key)
        position = Position(f"{OVERRIDE} {key if key.isprintable() else describe_value(key)}")
        if not equals or not all(path):
            mistakes.append(Mistake(position, (), "is not KEY=VALUE; use a form such as train.epochs=2"))
            continue
        parsed = parse_yaml(text, position.source, lines=False)
        mistakes += [
            Mistake(position, (*path, *mistake.path), mistake.message) for mistake in parsed.mistakes
        ]
        if not parsed.mistakes:
            outcome = _assign(root, path, 0, parsed.root or YamlNode(position, None))
            if isinstance(outcome, Mistake):
                mistakes.append(outcome)
            else:
                root = outcome
    return ParsedYaml(root, tuple(mistakes))


def require_texts(overrides: object) -> None:
    """Refuse anything but a list of text; each letter of a single text would be taken for an override.

    Raises:
        ConfigError: `overrides` is not a list of text.
    """
    if not isinstance(overrides, list | tuple):
        wrong = [f"overrides: {describe_value(overrides)} is not a list"]
    else:
        wrong = [
            f"overrides[{index}]: {describe_value(item)} is not text"
            for index, item in enumerate(overrides)
            if not isinstance(item, str)
        ]
    if wrong:
        raise ConfigError(*(f'{told}; allowed: a list such as ["train.epochs=1"]' for told in wrong))


def _path(key: str) -> tuple[str, ...]:
    """Return the keys on the way to a value."""
    prefix = next((prefix for prefix in _DOTTED_BELOW if key.startswith(f"{prefix}.")), None)
    if prefix is None or key in _DOTTED_BELOW:
        return tuple(key.split("."))
    return (*prefix.split("."), key.removeprefix(f"{prefix}."))


def _assign(node: YamlNode, path: Sequence[str], depth: int, value: YamlNode) -> YamlNode | Mistake:
    """Return a copy of the node with the value at path[depth:]; aliases share nodes, so none is changed."""
    if depth == len(path):
        return value
    entries = {} if node.value is None else node.value
    if not isinstance(entries, dict):
        what = f"{format_key(path[:depth])} is {describe_value(node.to_python())}"
        return Mistake(value.position, tuple(path), f"{what}, which has no keys; replace it as a whole")
    entry = entries.get(path[depth])
    child = entry.node if entry else YamlNode(value.position, {})
    outcome = _assign(child, path, depth + 1, value)
    if isinstance(outcome, Mistake):
        return outcome
    key_position = entry.key_position if entry and depth + 1 < len(path) else value.position
    return YamlNode(node.position, {**entries, path[depth]: Entry(key_position, outcome)})
