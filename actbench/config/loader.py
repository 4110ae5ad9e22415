"""The loader of configs: it reads a YAML file or an object, applies overrides, and checks the result.

All mistakes are reported together, each at the position where it was written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from actbench.config.schema.bench import SWEPT_SECTIONS, BenchConfig
from actbench.config.schema.dataset import PATH_KEYS, absolute_path
from actbench.config.schema.section import MistakeKind, describe_value
from actbench.config.sweep.variants import merge_mistakes, sweep_variants, tune_candidates
from actbench.config.yaml.objects import read_object, to_inline_yaml, to_yaml
from actbench.config.yaml.reader import parse_yaml
from actbench.config.yaml.tree import OVERRIDE, Entry, Mistake, ParsedYaml, Position, YamlNode, mistake_at
from actbench.errors import ConfigError, DataError, format_key

if TYPE_CHECKING:
    from actbench.config.sweep.variants import Variant
    from actbench.errors import Fault

ConfigSource = str | Path | Mapping[str, Any] | BenchConfig

MAX_BYTES = 1024 * 1024
"""The largest file that is read; a config with every key of the schema has a few kilobytes."""

_MAX_LINES = 100  # of an error message: more would push the first mistakes off the screen

# Keys below these have dots of their own, as in sweep.train.learning_rate; the deepest comes first.
_DOTTED_BELOW = ("sweep.zip", "sweep", "tune")

# The parts of a scalar as it is written: an anchor, the value, and the line's end behind a block scalar.
_SCALAR_PARTS = re.compile(r"(&\S+\s+)?(.*?)(\s*)", re.DOTALL)


@dataclass(frozen=True)
class LoadedConfig:
    """A valid config together with the text and the tree that it was read from.

    Attributes:
        config: The config with the overrides applied.
        text: YAML that means the same in any folder. For a file, its text without the overrides, with its
            relative paths made absolute; for an object, the dumped config with the overrides.
        document: The tree that was read, with the overrides applied.
    """

    config: BenchConfig
    text: str
    document: YamlNode

    def data_error(self, found: Sequence[Sequence[Fault]]) -> DataError:
        """Return the exception for faults that only the data shows, each at the position of its value.

        Args:
            found: The faults of each of the config's `variants`.
        """
        first = tune_candidates(self.config.tune)[0]  # the variants contain the values of this candidate
        variants = [
            variant.joined_with(first) for variant in sweep_variants(self.config.sweep, SWEPT_SECTIONS)
        ]
        wrong = merge_mistakes(
            [
                [(self._key(fault, variant), "value", fault.message) for fault in faults]
                for faults, variant in zip(found, variants, strict=True)
            ],
            variants,
        )
        return DataError(*_lines(mistake_at(self.document, *item) for item in wrong))

    def _key(self, fault: Fault, variant: Variant) -> tuple[str | int, ...]:
        """Return the key of a fault, or the swept key that alone creates that part of the config."""
        written = self.document.has_path(fault.key) or variant.written_at(fault.key)
        return fault.key if written else variant.swept_parent(fault.key) or fault.key


def load_source(source: ConfigSource, overrides: Sequence[str] = ()) -> LoadedConfig:
    """Read and check a config from a file, a mapping or an object.

    Args:
        source: The path of a YAML file, a mapping as in such a file, or a config that was read before.
        overrides: As in `load_config`.

    Raises:
        ConfigError: As in `load_config`.
    """
    if isinstance(source, str | Path):
        text = read_config_text(Path(source))
        parsed = parse_yaml(text, str(source))
        config, document = _check(parsed, str(source), overrides)
        assert parsed.root is not None
        return LoadedConfig(config, _make_paths_absolute(text, parsed.root, Path(source).parent), document)
    if not isinstance(source, Mapping | BenchConfig):
        raise ConfigError(
            f"config: {describe_value(source)} is not a config; allowed: a path, a mapping or a BenchConfig"
        )
    parsed = read_object(source, "config")
    if parsed.mistakes:  # checking would go on with null in the place of refused values
        raise _error(parsed.mistakes)
    config, document = _check(parsed, "config", overrides)
    return LoadedConfig(config, to_yaml(config.model_dump(mode="json")), document)


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> BenchConfig:
    """Read and check a config.

    Args:
        path: A YAML file of at most 1 MiB.
        overrides: Values to replace, each as KEY=VALUE, such as "train.epochs=2".

    Raises:
        ConfigError: The file cannot be read, or the config or an override is invalid.
    """
    return parse_config(read_config_text(Path(path)), str(path), overrides)


def read_config_text(path: Path) -> str:
    """Return the text of a config file.

    Raises:
        ConfigError: The file cannot be read, is too large, or is not UTF-8 text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; use the path of a YAML file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a directory; use the path of a YAML file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: is too large; allowed: up to {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from None


def parse_config(text: str, source: str, overrides: Sequence[str] = ()) -> BenchConfig:
    """Check the text of a config.

    Args:
        text: YAML.
        source: The file's name in messages; relative paths in the config start at its folder.
        overrides: As in `load_config`.

    Raises:
        ConfigError: As in `load_config`.
    """
    return _check(parse_yaml(text, source), source, overrides)[0]


def _check(parsed: ParsedYaml, source: str, overrides: Sequence[str]) -> tuple[BenchConfig, YamlNode]:
    """Return the checked config, and the tree that it comes from, with the overrides applied."""
    _require_texts(overrides)
    if parsed.root is None or parsed.root.value is None:
        empty = Mistake(Position(source), (), "is empty; write a config such as configs/mnist.yaml")
        raise _error(parsed.mistakes or [empty])
    changed = _apply_overrides(parsed.root, overrides)
    mistakes = [*parsed.mistakes, *changed.mistakes]
    root = changed.root or parsed.root
    try:
        config = BenchConfig.model_validate(root.to_python(), context={"folder": Path(source).parent})
    except ValidationError as error:
        mistakes += [
            mistake_at(root, item["loc"], cast(MistakeKind, item["type"]), item["msg"])
            for item in error.errors(include_url=False)
        ]
        raise _error(mistakes) from None
    if mistakes:
        raise _error(mistakes)
    return config, root


def _require_texts(overrides: object) -> None:
    """Refuse anything but a list of text: of a single text, each letter would be taken for an override.

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


def _apply_overrides(root: YamlNode, overrides: Iterable[str]) -> ParsedYaml:
    """Return the document with every override applied, and the mistakes in the overrides.

    Args:
        root: The document. If it is not a mapping, it is returned as it is: the mistake is in the document.
        overrides: Each as KEY=VALUE, where KEY has a dot before each deeper key. Of overrides with equal
            keys the last wins.
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


def _path(key: str) -> tuple[str, ...]:
    """Return the keys that lead from the root to the value of a dotted key."""
    prefix = next((prefix for prefix in _DOTTED_BELOW if key.startswith(f"{prefix}.")), None)
    if prefix is None or key in _DOTTED_BELOW:
        return tuple(key.split("."))
    return (*prefix.split("."), key.removeprefix(f"{prefix}."))


def _assign(node: YamlNode, path: Sequence[str], depth: int, value: YamlNode) -> YamlNode | Mistake:
    """Return a copy of the node with the value at path[depth:].

    The node itself stays as it is, because aliases of other places may share it.
    """
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


def _error(mistakes: Iterable[Mistake]) -> ConfigError:
    return ConfigError(*_lines(mistakes))


def _lines(mistakes: Iterable[Mistake]) -> list[str]:
    in_reading_order = sorted(mistakes, key=lambda mistake: _reading_order(mistake.position))
    lines = [str(mistake) for mistake in in_reading_order[:_MAX_LINES]]
    if len(in_reading_order) > _MAX_LINES:
        lines.append(f"and {len(in_reading_order) - _MAX_LINES} more mistakes")
    return lines


def _reading_order(position: Position) -> tuple[bool, int, int]:
    return (position.line is None, position.line or 0, position.column or 0)


def _make_paths_absolute(text: str, document: YamlNode, folder: Path) -> str:
    """Return the text of a config with the relative paths of its data made absolute.

    Everything else, such as comments and layout, stays as it is, so that the copy in a run folder reads like
    the original.

    Args:
        text: The YAML text.
        document: The tree that was read from the text.
        folder: The folder of the config, at which relative paths start.
    """
    found = {
        node.span: str(node.value) for key in ("dataset", "sweep") for node in _path_nodes(document, key)
    }
    written, aliases = {}, set()
    for span, path in found.items():
        if not os.path.isabs(os.path.expanduser(path)):  # noqa: PTH111, PTH117 - text in
            parts = _SCALAR_PARTS.fullmatch(text[slice(*span)])
            assert parts is not None
            written[span] = f"{parts[1] or ''}{to_inline_yaml(absolute_path(path, folder))}{parts[3]}"
            aliases |= {f"*{parts[1].strip()[1:]}"} if parts[1] else set()
    for node in _all_nodes(document):  # an alias elsewhere stands for the path as it was
        if node.span not in written and text[slice(*node.span)].strip() in aliases:
            written[node.span] = to_inline_yaml(node.to_python())
    for (start, end), new in sorted(written.items(), reverse=True):
        text = f"{text[:start]}{new}{text[end:]}"
    return text


def _all_nodes(node: YamlNode) -> Iterator[YamlNode]:
    """Yield a node and all nodes below it."""
    yield node
    for child in node.children():
        yield from _all_nodes(child)


def _path_nodes(node: YamlNode, key: str) -> Iterator[YamlNode]:
    """Yield the paths of data files below a key, which in a sweep may be dotted."""
    entry = node.child(key)
    if entry is not None:
        yield from _path_nodes_in(entry.node, key.rpartition(".")[2])


def _path_nodes_in(node: YamlNode, key: str) -> Iterator[YamlNode]:
    """Yield the paths of data files in the value of a key."""
    if isinstance(node.value, dict):
        for deeper in node.value:
            yield from _path_nodes(node, deeper)
    elif isinstance(node.value, tuple):
        for item in node.value:
            yield from _path_nodes_in(item, key)
    elif isinstance(node.value, str) and key in PATH_KEYS:
        yield node
