"""The base of all records, the ids made from them, and how values of a config are written as text."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 4
"""The version of run.json and of the ledger that this actbench writes; it reads all earlier ones."""


class Record(BaseModel):
    """The base of everything that is written to disk or sent to a worker: immutable, strict and finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def hash_content(content: Any, digits: int) -> str:
    """Return the first hexadecimal digits of the SHA-256 of plain data, from which ids are made.

    Args:
        content: What JSON can hold; the order of keys does not matter.
        digits: The length of the id, 1 to 64.
    """
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def format_values(values: Mapping[str, Any]) -> str:
    """Return values of a setting as text, such as "learning_rate 0.01, hidden_units [100]".

    Args:
        values: Values by dotted key.

    Returns:
        Each value after the last part of its key, or after the whole key if two keys end in the same part.
    """
    last_parts = [key.rpartition(".")[2] for key in values]
    return ", ".join(
        f"{last if last_parts.count(last) == 1 else key} {format_inline(value)}"
        for last, (key, value) in zip(last_parts, values.items(), strict=True)
    )


def format_config_value(value: Any) -> str:
    """Return a value of a config as text, a mapping without braces. Null and empty items are left out."""
    if not isinstance(value, Mapping):
        return format_inline(value)
    items = _without_empty(value)
    if list(items) == ["name"]:  # the config's shorthand is the name alone
        return str(items["name"])
    return ", ".join(f"{name} {format_inline(item)}" for name, item in items.items())


def format_inline(value: Any) -> str:
    """Return a value of a config as YAML writes it on one line. Null and empty items are left out."""
    if isinstance(value, Mapping):
        items = _without_empty(value)
        if list(items) == ["name"]:
            return str(items["name"])
        return f"{{{', '.join(f'{name}: {format_inline(item)}' for name, item in items.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(format_inline(item) for item in value)}]"
    if isinstance(value, str) and not value[:1].isalnum():
        return f'"{value}"'
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_empty(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in mapping.items() if item is not None and item != {}}
