"""YAML text whose relative paths of data are made absolute, so that it can be read from any folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.config.paths import PATH_KEYS, absolute_path
from actbench.config.yaml.objects import to_inline_yaml

if TYPE_CHECKING:
    from actbench.config.yaml.tree import YamlNode

# of a scalar as it is written: its anchor, itself, and the line's end that belongs to one in a block
_PARTS = re.compile(r"(&\S+\s+)?(.*?)(\s*)", re.DOTALL)


def make_paths_absolute(text: str, document: YamlNode, folder: Path) -> str:
    """The same config for any other folder; all but the relative paths of its data stays as it is.

    Args:
        text: YAML.
        document: What was read from it.
        folder: Where it lies.
    """
    found = {node.span: str(node.value) for key in ("dataset", "sweep") for node in _paths(document, key)}
    written, aliases = {}, set()
    for span, path in found.items():
        if not os.path.isabs(os.path.expanduser(path)):  # noqa: PTH111, PTH117 - so
            parts = _PARTS.fullmatch(text[slice(*span)])
            assert parts is not None
            written[span] = f"{parts[1] or ''}{to_inline_yaml(absolute_path(path, folder))}{parts[3]}"
            aliases |= {f"*{parts[1].strip()[1:]}"} if parts[1] else set()
    for node in _every(document):  # an alias elsewhere means what the path was
        if node.span not in written and text[slice(*node.span)].strip() in aliases:
            written[node.span] = to_inline_yaml(node.to_python())
    for (start, end), new in sorted(written.items(), reverse=True):
        text = f"{text[:start]}{new}{text[end:]}"
    return text


def _every(node: YamlNode) -> Iterator[YamlNode]:
    yield node
    for child in node.children():
        yield from _every(child)


def _paths(node: YamlNode, key: str) -> Iterator[YamlNode]:
    """The paths below a key, which may be a dotted one of a sweep."""
    entry = node.child(key)
    if entry is not None:
        yield from _in(entry.node, key.rpartition(".")[2])


def _in(node: YamlNode, key: str) -> Iterator[YamlNode]:
    if isinstance(node.value, dict):
        for deeper in node.value:
            yield from _paths(node, deeper)
    elif isinstance(node.value, tuple):
        for item in node.value:
            yield from _in(item, key)
    elif isinstance(node.value, str) and key in PATH_KEYS:
        yield node
