"""The tree of a YAML document: values that remember where they were written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actbench.errors import Fault, format_key

if TYPE_CHECKING:
    from actbench.config.schema.section import MistakeKind

OVERRIDE = "--set"

LONE_SURROGATE = "contains half of a character (a lone surrogate); use whole characters"

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Position:
    """The source, line and column where something was written.

    Attributes:
        source: A file, or `--set KEY`.
        line, column: From 1; None where the source has no lines.
    """

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return `source:line:column`, which editors and terminals recognize."""
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


@dataclass(frozen=True)
class YamlNode:
    """A value and its position.

    Attributes:
        position: Where the value begins, its anchor included.
        value: A scalar, the items of a sequence, or the entries of a mapping by key.
        span: Begin and end in the text, in characters; (0, 0) of a value that was not read from text.
    """

    position: Position
    value: Scalar | tuple[YamlNode, ...] | dict[str, Entry]
    span: tuple[int, int] = (0, 0)

    def children(self) -> tuple[YamlNode, ...]:
        """Return the items or the values of the entries."""
        if isinstance(self.value, dict):
            return tuple(entry.node for entry in self.value.values())
        return self.value if isinstance(self.value, tuple) else ()

    def to_python(self) -> Any:
        """Return the value without positions, made of scalars, lists and dicts."""
        if isinstance(self.value, dict):
            return {key: entry.node.to_python() for key, entry in self.value.items()}
        return [node.to_python() for node in self.value] if isinstance(self.value, tuple) else self.value

    def child(self, step: str | int) -> Entry | None:
        """Return the entry of a key, or the item at an index; None if it does not exist."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, tuple) and isinstance(step, int) and step < len(self.value):
            item = self.value[step]
            return Entry(item.position, item)
        return None

    def has_path(self, path: Sequence[str | int]) -> bool:
        """Return whether a value exists at a path of keys and indices."""
        if not path:
            return True
        entry = self.child(path[0])
        return entry is not None and entry.node.has_path(path[1:])


@dataclass(frozen=True)
class Entry:
    """A value of a mapping, and the position of its key."""

    key_position: Position
    node: YamlNode


@dataclass(frozen=True)
class Mistake:
    """One mistake in a config; its text is one line of an error message."""

    position: Position
    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        """Return `position: key: message`, without the key if the position names it already."""
        named = self.position.source == f"{OVERRIDE} {format_key(self.path)}"
        return f"{self.position}: {Fault(self.message, () if named else self.path)}"


@dataclass(frozen=True)
class ParsedYaml:
    """The tree of a document, and the mistakes found while reading it.

    Attributes:
        root: The whole document; None if the text is empty or cannot be read.
        mistakes: What is wrong with the document as YAML, before any key is checked.
    """

    root: YamlNode | None
    mistakes: tuple[Mistake, ...]


def mistake_at(root: YamlNode, path: Sequence[str | int], kind: MistakeKind, message: str) -> Mistake:
    """Return the mistake at a path, positioned at the deepest part of the path that exists.

    Args:
        root: The document.
        path: Keys and indices, from the root down.
        kind: An unknown key is positioned at that key, a missing key at the key of its mapping, any
            other mistake at the value.
        message: What is wrong; what to do.
    """
    node, key_position, existing = root, root.position, 0
    for step in path:
        entry = node.child(step)
        if entry is None:
            break
        node, key_position, existing = entry.node, entry.key_position, existing + 1
    named = tuple(path) if kind == "missing_key" else tuple(path[:existing])
    about_a_key = kind in ("unknown_key", "missing_key")
    return Mistake(key_position if about_a_key else node.position, named, message)


def has_lone_surrogate(text: str) -> bool:
    """Return whether text contains half of a UTF-16 pair, which no file can hold."""
    return any("\ud800" <= character <= "\udfff" for character in text)
