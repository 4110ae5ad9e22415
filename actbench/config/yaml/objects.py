"""Python objects as YAML: read into the same tree as a file, and written as text."""

import math
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any

import yaml
from pydantic import BaseModel

from actbench.config.schema.section import describe_value
from actbench.config.yaml.reader import MAX_DEPTH, TOO_DEEP, resolve_scalar
from actbench.config.yaml.tree import (
    LONE_SURROGATE,
    Entry,
    Mistake,
    ParsedYaml,
    Position,
    YamlNode,
    has_lone_surrogate,
)

_Path = tuple[str | int, ...]


def read_object(value: object, source: str) -> ParsedYaml:
    """Convert a Python object to the tree that the same config as YAML text has.

    Args:
        value: Mappings, lists, tuples, sections of a config, paths, text, numbers, bools, None. Anything
            else is a mistake.
        source: The name of the object in positions.
    """
    reader = _ObjectReader(Position(source))
    root = reader.node(value, ())
    return ParsedYaml(root, tuple(reader.mistakes))


def to_yaml(value: Mapping[str, Any]) -> str:
    """Write a mapping as YAML that `parse_yaml` reads back as the same data."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def to_inline_yaml(value: Any) -> str:
    """Write one value on one line, to be put into other YAML."""
    text: str = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=math.inf
    )
    return text.strip().removeprefix("[").removesuffix("]")


class _ObjectReader:
    def __init__(self, position: Position) -> None:
        self.mistakes: list[Mistake] = []
        self._position = position

    def node(self, value: object, path: _Path) -> YamlNode:
        if isinstance(value, BaseModel):
            value = value.model_dump(mode="json")
        if len(path) > MAX_DEPTH:
            return self._refused(path[:1], TOO_DEEP)
        if isinstance(value, Mapping):
            return YamlNode(self._position, self._entries(value, path))
        if isinstance(value, list | tuple):
            items = (self.node(item, (*path, index)) for index, item in enumerate(value))
            return YamlNode(self._position, tuple(items))
        return self._scalar(value, path)

    def _entries(self, value: Mapping[Any, object], path: _Path) -> dict[str, Entry]:
        entries = {}
        for key, item in value.items():
            if isinstance(key, str):
                entries[str(key)] = Entry(self._position, self.node(item, (*path, key)))
            else:
                self._refused(path, f"the key {describe_value(key)} is not text; use text as keys")
        return entries

    def _scalar(self, value: object, path: _Path) -> YamlNode:
        if isinstance(value, str | PurePath):
            text = str(value)
            if has_lone_surrogate(text):
                return self._refused(path, LONE_SURROGATE)
            return YamlNode(self._position, text)
        if value is None or isinstance(value, bool):
            return YamlNode(self._position, value)
        if isinstance(value, Integral):
            return YamlNode(self._position, int(value))
        if isinstance(value, Real):
            return YamlNode(self._position, float(value))
        allowed = "None, booleans, numbers, text, lists and mappings"
        return self._refused(path, f"{describe_value(value)} cannot be written in YAML; allowed: {allowed}")

    def _refused(self, path: _Path, message: str) -> YamlNode:
        self.mistakes.append(Mistake(self._position, path, message))
        return YamlNode(self._position, None)


class _Dumper(yaml.SafeDumper):
    """A dumper that quotes text which YAML 1.1 or 1.2 takes for another value.

    PyYAML quotes the words of YAML 1.1, such as `on`, so that other readers of the file agree. It does not
    quote the numbers of YAML 1.2, such as `1e-3`: `_represent_text` does.
    """

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 # PyYAML's signature
        """Write repeated parts out, so that a reader need not look for their anchors."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = resolve_scalar(text) == text and text.isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _represent_text)
