"""Reads YAML into a tree of values and places.

PyYAML's own construction is left out: it has YAML 1.1's scalars, keeps the last of two equal keys in silence,
recurses as deep as the text says, expands aliases without bound, and forgets where a value was written.
"""

from dataclasses import dataclass, replace

import yaml

from actbench.config.mistakes import show
from actbench.config.scalars import Scalar, resolve
from actbench.config.tree import Entry, Mistake, Node, Place
from actbench.config.yaml_events import Events, NotYamlError, position, span

MAX_NODES = 10_000
MAX_DEPTH = 30

_MERGE_KEY = "<<"
_TAG_PREFIX = "tag:yaml.org,2002:"

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Parsed:
    """What was read.

    Attributes:
        root: The document; None if there is none, or it cannot be understood.
        mistakes: What is wrong with it as YAML.
    """

    root: Node | None
    mistakes: tuple[Mistake, ...]


def parse(text: str, source: str, *, lines: bool = True) -> Parsed:
    """Read one YAML document.

    Args:
        text: The document.
        source: What places call it.
        lines: Whether places name line and column.
    """
    reader = _Reader(source, lines)
    root = None
    try:
        root = reader.document(Events(text))
    except NotYamlError as error:
        reader.report((error.line, error.column), (), error.message)
    except _StopReading:
        pass  # it has been reported
    return Parsed(root, tuple(reader.mistakes))


class _StopReading(Exception):  # noqa: N818 # never leaves this module
    """What follows cannot be understood."""


class _Reader:
    def __init__(self, source: str, lines: bool) -> None:
        self.mistakes: list[Mistake] = []
        self._source = source
        self._lines = lines
        self._anchors: dict[str, Node] = {}
        self._nodes = 0

    def report(self, at: tuple[int, int], path: Path, message: str) -> None:
        self.mistakes.append(Mistake(self._place(at), path, message))

    def document(self, events: Events) -> Node | None:
        events.take()
        if isinstance(events.take(), yaml.StreamEndEvent):
            return None
        root = self._node(events, (), 1)
        events.take()
        if not isinstance(events.peek(), yaml.StreamEndEvent):
            at = position(events.peek())
            self.report(at, (), "a second document begins here; allowed: one document")
        return root

    def _node(self, events: Events, path: Path, depth: int) -> Node:
        event = events.take()
        at = position(event)
        self._spend(at, path, depth)
        if isinstance(event, yaml.AliasEvent):
            return replace(self._alias(str(event.anchor), at, path, depth), span=span(event))
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.tag is not None:
            tag = event.tag.replace(_TAG_PREFIX, "!!", 1)
            self.report(at, path, f"the tag {show(tag)} is not understood; allowed: values without tags")
        node = Node(self._place(at), self._value(event, events, path, depth), span(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _value(
        self, event: yaml.Event, events: Events, path: Path, depth: int
    ) -> Scalar | tuple[Node, ...] | dict[str, Entry]:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(events, path, depth)
        return self._entries(events, path, depth)

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Scalar:
        if any("\ud800" <= character <= "\udfff" for character in event.value):
            self.report(position(event), path, "half a character (a lone surrogate); allowed: whole ones")
            raise _StopReading
        return resolve(event.value) if event.implicit[0] else event.value

    def _items(self, events: Events, path: Path, depth: int) -> tuple[Node, ...]:
        items: list[Node] = []
        while not isinstance(events.peek(), yaml.SequenceEndEvent):
            items.append(self._node(events, (*path, len(items)), depth + 1))
        events.take()
        return tuple(items)

    def _entries(self, events: Events, path: Path, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := events.peek(), yaml.MappingEndEvent):
            at = position(event)
            key_place = self._node(events, path, depth + 1).place
            key = event.value if isinstance(event, yaml.ScalarEvent) else None
            node = self._node(events, path if key is None else (*path, key), depth + 1)
            if not isinstance(event, yaml.ScalarEvent):
                self.report(at, path, "a key is not plain text; allowed: words as keys")
            elif event.value == _MERGE_KEY and event.implicit[0]:
                self.report(at, path, "merge keys (<<) are not supported; allowed: the keys written out")
            elif event.value in entries:
                first = entries[event.value].key_place
                where = f" at line {first.line}, column {first.column}" if self._lines else ""
                self.report(at, (*path, event.value), f"the key is there already{where}; allowed: once")
            else:
                entries[event.value] = Entry(key_place, node)
        events.take()
        return entries

    def _alias(self, anchor: str, at: tuple[int, int], path: Path, depth: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            self.report(at, path, f"the alias *{anchor} stands for nothing that ends before it")
            raise _StopReading
        self._spend_below(node, at, path, depth)
        return Node(self._place(at), node.value)

    def _spend_below(self, node: Node, at: tuple[int, int], path: Path, depth: int) -> None:
        for child in node.children():
            self._spend(at, path, depth + 1)
            self._spend_below(child, at, path, depth + 1)

    def _spend(self, at: tuple[int, int], path: Path, depth: int) -> None:
        """Count a value, and stop before there are more of them, or deeper ones, than any config has."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self.report(at, path, f"more than {MAX_NODES} values, aliases written out; allowed: fewer")
            raise _StopReading
        if depth > MAX_DEPTH:
            self.report(at, (), f"nested more than {MAX_DEPTH} deep; allowed: less")
            raise _StopReading

    def _place(self, at: tuple[int, int]) -> Place:
        return Place(self._source, at[0] + 1, at[1] + 1) if self._lines else Place(self._source)
