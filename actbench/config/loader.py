"""Reading of configs from files, mappings and objects; every mistake is reported with its position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from actbench.config.overrides import apply_overrides, require_texts
from actbench.config.schema.bench import SWEPT_SECTIONS, BenchConfig
from actbench.config.schema.section import MistakeKind, describe_value
from actbench.config.sweep.variants import merge_mistakes, sweep_variants, tune_candidates
from actbench.config.yaml.data_paths import make_paths_absolute
from actbench.config.yaml.objects import read_object, to_yaml
from actbench.config.yaml.reader import parse_yaml
from actbench.config.yaml.tree import Mistake, Position, mistake_at
from actbench.errors import ConfigError, DataError

if TYPE_CHECKING:
    from actbench.config.sweep.variants import Variant
    from actbench.config.yaml.tree import ParsedYaml, YamlNode
    from actbench.errors import Fault

MAX_BYTES = 1024 * 1024

_MAX_LINES = 100

ConfigSource = str | Path | Mapping[str, Any] | BenchConfig


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
        first = tune_candidates(self.config.tune)[0]  # whose values the variants contain
        variants = [
            variant.joined_with(first) for variant in sweep_variants(self.config.sweep, SWEPT_SECTIONS)
        ]
        wrong = merge_mistakes(
            [
                [(self._key(fault, variant), "value", fault.message) for fault in of]
                for of, variant in zip(found, variants, strict=True)
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
        return LoadedConfig(config, make_paths_absolute(text, parsed.root, Path(source).parent), document)
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
    require_texts(overrides)
    if parsed.root is None or parsed.root.value is None:
        empty = Mistake(Position(source), (), "is empty; write a config such as configs/mnist.yaml")
        raise _error(parsed.mistakes or [empty])
    changed = apply_overrides(parsed.root, overrides)
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
