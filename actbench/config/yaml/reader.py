"""YAML text read into a tree.

PyYAML scans, parses and composes the text. This module adds to its composer:

- the scalars of YAML 1.2, as PyYAML has those of YAML 1.1, where `1e-3` is text and `on` is true;
- limits on depth and on the number of values, since PyYAML recurses as deep as the text says, and an alias of
  aliases of aliases stands for more values than fit in memory;
- the positions of aliases, for which PyYAML returns the node that they stand for;
- mistakes for duplicate keys, of which PyYAML keeps the last, and for tags.

No part of PyYAML that constructs Python objects is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from actbench.config.schema.section import describe_value
from actbench.config.yaml.tree import (
    LONE_SURROGATE,
    Entry,
    Mistake,
    ParsedYaml,
    Position,
    YamlNode,
    has_lone_surrogate,
)

if TYPE_CHECKING:
    from actbench.config.yaml.tree import Scalar

MAX_NODES = 10_000

MAX_DEPTH = 30

TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep; use fewer levels"

_TAG = "tag:yaml.org,2002:"

_MERGE = f"{_TAG}merge"

# Python refuses to convert thousands of digits, and no setting needs hundreds: longer scalars are text.
_MAX_LENGTH = 400


class _CoreSchema(BaseResolver):
    """A resolver for the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema).

    It also recognizes the merge key `<<` of YAML 1.1, so that it can be refused.
    """


for _name, _pattern, _first in (
    ("null", "~|null|Null|NULL|", ["", *"~nN"]),
    ("bool", "true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        [*"-+.0123456789"],
    ),
    ("merge", "<<", ["<"]),
):
    _regexp = re.compile(rf"(?!.{{{_MAX_LENGTH + 1}}})(?:{_pattern})\Z")
    _CoreSchema.add_implicit_resolver(f"{_TAG}{_name}", _regexp, _first)


def _integer(text: str) -> int:
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _floating(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


_CONVERTERS: dict[str, Callable[[str], Scalar]] = {
    f"{_TAG}null": lambda _: None,
    f"{_TAG}bool": lambda text: text.lower() == "true",
    f"{_TAG}int": _integer,
    f"{_TAG}float": _floating,
    f"{_TAG}str": str,
    _MERGE: str,  # only as a key it has a meaning
}


def resolve_scalar(text: str) -> Scalar:
    """Return the value of a plain (unquoted) scalar in YAML 1.2."""
    tag: str = _CoreSchema().resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return _CONVERTERS[tag](text)


def parse_yaml(text: str, source: str, *, lines: bool = True) -> ParsedYaml:
    """Read one YAML document.

    Args:
        text: The document.
        source: The name of the text in positions, such as a file's path.
        lines: Whether positions have a line and a column.
    """
    try:
        composer = _TreeComposer(text, source, lines)
    except ReaderError as error:
        before = text[: error.position]
        column = len(before) - before.rfind("\n")
        position = Position(source, before.count("\n") + 1, column) if lines else Position(source)
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML; remove it"
        return ParsedYaml(None, (Mistake(position, (), message),))
    root = composer.compose()
    return ParsedYaml(None if root is None else composer.to_tree(root), tuple(composer.mistakes))


class _Unreadable(Exception):  # noqa: N818 # never leaves this module
    """Signals that the rest of the text cannot be read, for a reason that has been reported."""


class _Alias(yaml.Node):
    """An alias at its own marks; `value` is the node that it stands for."""


class _TreeComposer(Reader, Scanner, Parser, Composer, _CoreSchema):
    """A composer of one document that reports mistakes with their keys and positions."""

    def __init__(self, text: str, source: str, lines: bool) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _CoreSchema.__init__(self)
        self.mistakes: list[Mistake] = []
        self._source = source
        self._lines = lines
        # The key (a node) or the index (a number) of each node that is being composed, from the root down.
        self._steps: list[Any] = []
        # The accepted keys of all mappings, by the mapping and the key's text.
        self._keys: dict[tuple[yaml.Node, str], yaml.Node] = {}
        self._size = 0

    def compose(self) -> yaml.Node | None:
        """Compose the document; return None if it is empty or cannot be read."""
        try:
            if not self.check_node():
                return None
            root = self.get_node()
            if self.check_node():
                second: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
                self._report(second.start_mark, (), "a second document begins here; remove it")
        except _Unreadable:
            return None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark or self.get_mark()
            self._report(mark, (), _explain(error))
            return None
        except (ValueError, OverflowError) as error:
            # PyYAML does not check the numbers in escapes and directives before it converts them.
            self._report(self.get_mark(), (), f"cannot be read as YAML: {error}")
            return None
        return root

    def to_tree(self, node: yaml.Node) -> YamlNode:
        """Convert a composed node; aliases are expanded."""
        position, span = self._position(node.start_mark), (node.start_mark.index, node.end_mark.index)
        if isinstance(node, _Alias):
            return replace(self.to_tree(node.value), position=position, span=span)
        if isinstance(node, yaml.MappingNode):
            entries = {
                key.value: Entry(self._position(key.start_mark), self.to_tree(value))
                for key, value in node.value
                if isinstance(key, yaml.ScalarNode) and self._keys.get((node, key.value)) is key
            }
            return YamlNode(position, entries, span)
        if isinstance(node, yaml.SequenceNode):
            return YamlNode(position, tuple(map(self.to_tree, node.value)), span)
        return YamlNode(position, _CONVERTERS[node.tag](node.value), span)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose the next node, within the limits; report what is wrong with it.

        Args:
            parent: The mapping or sequence around the node.
            index: The node's key, as a node, or its index; None for a key and for the root.
        """
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if parent is not None and isinstance(index, yaml.Node):
            self._check_key(parent, index)
        self._steps.append(index)
        self._count(event.start_mark, len(self._steps))
        node: yaml.Node | None
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            node = self._compose_alias(event)
        else:
            self._check(event)
            self.anchors.pop(event.anchor, None)  # YAML allows an anchor to be used again, PyYAML does not
            node = super().compose_node(parent, index)
        self._steps.pop()
        return node

    def _check_key(self, mapping: yaml.Node, key: yaml.Node) -> None:
        """Report a key that is a duplicate or not plain text; remember any other."""
        if not isinstance(key, yaml.ScalarNode):
            message = "a key is not plain text; use a word as the key"
            self._report(key.start_mark, self._path(), message)
        elif key.tag == _MERGE:
            message = "merge keys (<<) are not supported; write the keys out"
            self._report(key.start_mark, self._path(), message)
        elif (first := self._keys.setdefault((mapping, key.value), key)) is not key:
            mark = first.start_mark
            where = f" at line {mark.line + 1}, column {mark.column + 1}" if self._lines else ""
            message = f"the key is there already{where}; remove one of the two"
            self._report(key.start_mark, (*self._path(), key.value), message)

    def _compose_alias(self, event: Any) -> _Alias:
        target = self.anchors.get(event.anchor)
        if target is None:
            message = f"the alias *{event.anchor} has no anchor before it; write the value out"
            self._stop(event.start_mark, self._path(), message)
        if target.end_mark is None:  # PyYAML sets it last
            message = f"the alias *{event.anchor} is inside the value that it stands for; write the value out"
            self._stop(event.start_mark, self._path(), message)
        self._count_below(target, event.start_mark, len(self._steps))
        return _Alias(target.tag, target, event.start_mark, event.end_mark)

    def _check(self, event: Any) -> None:
        if event.tag is not None:
            tag = describe_value(event.tag.replace(_TAG, "!!", 1))
            self._report(event.start_mark, self._path(), f"the tag {tag} is not supported; remove the tag")
            event.tag = None  # the value is then checked as if it had no tag
        if isinstance(event, yaml.ScalarEvent) and has_lone_surrogate(event.value):
            self._stop(event.start_mark, self._path(), LONE_SURROGATE)

    def _count(self, mark: Any, depth: int) -> None:
        """Count one node, and stop at the limits, before Python's stack or the memory is exhausted."""
        self._size += 1
        if self._size > MAX_NODES:
            message = f"more than {MAX_NODES} values, aliases written out; use fewer values"
            self._stop(mark, self._path(), message)
        if depth > MAX_DEPTH:
            self._stop(mark, (), TOO_DEEP)

    def _count_below(self, node: yaml.Node, mark: Any, depth: int) -> None:
        """Count what an alias repeats, except for the node itself."""
        if isinstance(node, _Alias):
            node = node.value
        if isinstance(node, yaml.CollectionNode):
            for item in node.value:
                child = item[1] if isinstance(node, yaml.MappingNode) else item
                self._count(mark, depth + 1)
                self._count_below(child, mark, depth + 1)

    def _path(self) -> tuple[str | int, ...]:
        """Return the keys and indices of the node that is being composed; of a key, those of its mapping."""
        steps = (step.value if isinstance(step, yaml.ScalarNode) else step for step in self._steps)
        return tuple(step for step in steps if isinstance(step, str | int))

    def _position(self, mark: Any) -> Position:
        if not self._lines:
            return Position(self._source)
        return Position(self._source, mark.line + 1, mark.column + 1)

    def _report(self, mark: Any, path: tuple[str | int, ...], message: str) -> None:
        self.mistakes.append(Mistake(self._position(mark), path, message))

    def _stop(self, mark: Any, path: tuple[str | int, ...], message: str) -> NoReturn:
        self._report(mark, path, message)
        raise _Unreadable


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = f"cannot be read as YAML: {error.problem or error.context}"
    if error.context is None or error.context_mark is None:
        return problem
    mark = error.context_mark
    return f"{problem} ({error.context} that begins at line {mark.line + 1}, column {mark.column + 1})"
