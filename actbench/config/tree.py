"""A YAML document as plain values that remember where they were written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actbench.config.mistakes import Kind
from actbench.config.scalars import Scalar
from actbench.errors import Fault, format_key

OVERRIDE = "--set"


@dataclass(frozen=True)
class Place:
    """Where something was written.

    Attributes:
        source: A file, or `--set KEY`.
        line, column: From 1; None where the source has no lines.
    """

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """As editors and compilers write it."""
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Node:
    """A value and its place; a sequence holds nodes, a mapping entries.

    Attributes:
        span: Where a scalar, with its anchor, or an alias begins and ends in the text.
    """

    place: Place
    value: "Scalar | tuple[Node, ...] | dict[str, Entry]"
    span: tuple[int, int] = (0, 0)

    def children(self) -> "tuple[Node, ...]":
        """The values directly below."""
        if isinstance(self.value, dict):
            return tuple(entry.node for entry in self.value.values())
        return self.value if isinstance(self.value, tuple) else ()

    def plain(self) -> Any:
        """The value without places: scalars, lists and dicts."""
        if isinstance(self.value, dict):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, tuple) else self.value

    def find(self, step: str | int) -> "Entry | None":
        """The entry of that key, or the item of that index; None where there is none."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, tuple) and isinstance(step, int) and step < len(self.value):
            item = self.value[step]
            return Entry(item.place, item)
        return None

    def has(self, loc: Sequence[str | int]) -> bool:
        """Whether there is something at a path."""
        if not loc:
            return True
        entry = self.find(loc[0])
        return entry is not None and entry.node.has(loc[1:])


@dataclass(frozen=True)
class Entry:
    """A value of a mapping, with the place of its key."""

    key_place: Place
    node: Node


@dataclass(frozen=True)
class Mistake:
    """One line of a message: where, at which key, what."""

    place: Place
    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        """The line."""
        said = self.place.source == f"{OVERRIDE} {format_key(self.path)}"
        return f"{self.place}: {Fault(self.message, () if said else self.path)}"


def locate(root: Node, loc: Sequence[str | int], kind: Kind, message: str) -> Mistake:
    """The mistake at a path, or at the deepest part of the path that was written.

    Args:
        root: The document.
        loc: Keys and indices, from the root down.
        kind: A mistake about a key is placed at a key: its own, or that of the mapping it is missing from.
        message: What is wrong.
    """
    node, key_place, written = root, root.place, 0
    for step in loc:
        entry = node.find(step)
        if entry is None:
            break
        node, key_place, written = entry.node, entry.key_place, written + 1
    path = tuple(loc) if kind == "missing_key" else tuple(loc[:written])
    about_a_key = kind in ("unknown_key", "missing_key")
    return Mistake(key_place if about_a_key else node.place, path, message)
