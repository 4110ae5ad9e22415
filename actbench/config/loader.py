"""From a YAML file to a checked config, or to a message with every mistake in it, one line each.

A line reads `path:line:column: key.path: what is wrong; what is allowed; did you mean 'x'?`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from actbench.config.mistakes import Kind
from actbench.config.overrides import apply_overrides
from actbench.config.schema import BenchConfig
from actbench.config.tree import Mistake, Place, locate
from actbench.config.yaml_tree import parse
from actbench.errors import ConfigError

MAX_BYTES = 1024 * 1024

_MAX_LINES = 100


def load_config(path: Path, overrides: Sequence[str] = ()) -> BenchConfig:
    """Read and check a config.

    Args:
        path: A YAML file of at most 1 MiB.
        overrides: Values to replace, each as KEY=VALUE, such as "train.epochs=2".

    Raises:
        ConfigError: The file cannot be read, or there is something wrong in it or in the overrides.
    """
    return parse_config(read_config(path), str(path), overrides)


def read_config(path: Path) -> str:
    """The text of a config file.

    Raises:
        ConfigError: It cannot be read, is too large, or is not text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; allowed: a YAML file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a directory; allowed: a YAML file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: is too large; allowed: up to {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: is not UTF-8 text (byte {error.start + 1}); allowed: a YAML file"
        ) from None


def parse_config(text: str, source: str, overrides: Sequence[str] = ()) -> BenchConfig:
    """Check a config that has been read already.

    Args:
        text: YAML.
        source: What messages call it.
        overrides: As in `load_config`.

    Raises:
        ConfigError: As in `load_config`.
    """
    parsed = parse(text, source)
    if parsed.root is None or parsed.root.value is None:
        empty = Mistake(Place(source), (), "is empty; allowed: a config such as configs/mnist.yaml")
        raise _error(parsed.mistakes or [empty])
    changed = apply_overrides(parsed.root, overrides)
    mistakes = [*parsed.mistakes, *changed.mistakes]
    root = changed.root or parsed.root
    try:
        config = BenchConfig.model_validate(root.plain())
    except ValidationError as error:
        mistakes += [
            locate(root, item["loc"], cast(Kind, item["type"]), item["msg"])
            for item in error.errors(include_url=False)
        ]
        raise _error(mistakes) from None
    if mistakes:
        raise _error(mistakes)
    return config


def _error(mistakes: Iterable[Mistake]) -> ConfigError:
    in_reading_order = sorted(mistakes, key=lambda mistake: _position(mistake.place))
    lines = [str(mistake) for mistake in in_reading_order[:_MAX_LINES]]
    if len(in_reading_order) > _MAX_LINES:
        lines.append(f"and {len(in_reading_order) - _MAX_LINES} more mistakes")
    return ConfigError("\n".join(lines))


def _position(place: Place) -> tuple[bool, int, int]:
    return (place.line is None, place.line or 0, place.column or 0)
