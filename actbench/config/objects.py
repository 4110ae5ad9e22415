"""Configs that are Python objects, not files: read with the same messages, and written down as YAML."""

import math
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any

import yaml
from pydantic import BaseModel

from actbench.config.mistakes import show
from actbench.config.scalars import resolve
from actbench.config.tree import Entry, Mistake, Node, Place
from actbench.config.yaml_tree import MAX_DEPTH, Parsed

_Path = tuple[str | int, ...]


def read_object(value: object, source: str) -> Parsed:
    """The tree of a mapping or a section, as if it had been written in YAML, and what YAML could not hold.

    Args:
        value: Mappings, lists, tuples, sections of a config, paths, text, numbers, bools, None.
        source: What places call it.
    """
    reader = _Reader(Place(source))
    root = reader.node(value, ())
    return Parsed(root, tuple(reader.mistakes))


def to_yaml(value: Mapping[str, Any]) -> str:
    """Plain data as YAML that the loader reads back as the same data."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def to_flow(value: Any) -> str:
    """The same of one value, on one line, for a place inside other YAML."""
    text: str = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=math.inf
    )
    return text.strip().removeprefix("[").removesuffix("]")


class _Reader:
    def __init__(self, place: Place) -> None:
        self.mistakes: list[Mistake] = []
        self._place = place

    def node(self, value: object, path: _Path) -> Node:
        if isinstance(value, BaseModel):
            value = value.model_dump(mode="json")
        if len(path) > MAX_DEPTH:
            return self._refused(path[:1], f"nested more than {MAX_DEPTH} deep; allowed: less")
        if isinstance(value, Mapping):
            return Node(self._place, self._entries(value, path))
        if isinstance(value, list | tuple):
            items = (self.node(item, (*path, index)) for index, item in enumerate(value))
            return Node(self._place, tuple(items))
        return self._scalar(value, path)

    def _entries(self, value: Mapping[Any, object], path: _Path) -> dict[str, Entry]:
        entries = {}
        for key, item in value.items():
            if isinstance(key, str):
                entries[str(key)] = Entry(self._place, self.node(item, (*path, key)))
            else:
                self._refused(path, f"the key {show(key)} is not text; allowed: words as keys")
        return entries

    def _scalar(self, value: object, path: _Path) -> Node:
        if isinstance(value, str | PurePath):
            text = str(value)
            if any("\ud800" <= character <= "\udfff" for character in text):
                return self._refused(path, "half a character (a lone surrogate); allowed: whole ones")
            return Node(self._place, text)
        if value is None or isinstance(value, bool):
            return Node(self._place, value)
        if isinstance(value, Integral):
            return Node(self._place, int(value))
        if isinstance(value, Real):
            return Node(self._place, float(value))
        allowed = "None, booleans, numbers, text, lists and mappings"
        return self._refused(path, f"{show(value)} cannot be written in YAML; allowed: {allowed}")

    def _refused(self, path: _Path, message: str) -> Node:
        self.mistakes.append(Mistake(self._place, path, message))
        return Node(self._place, None)


class _Dumper(yaml.SafeDumper):
    """PyYAML has YAML 1.1's scalars: it would not quote text that the loader takes for a number: 1e-3."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 # PyYAML's signature
        """Equal parts are written out: whoever reads the file need not look for them."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = resolve(text) == text and text.isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _represent_text)
