"""The base of all records, and their version."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 4


class Record(BaseModel):
    """Base of everything that is written to disk."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


_WORDS = {None: "null", True: "true", False: "false"}


def name_of(varied: Mapping[str, Any]) -> str:
    """What a setting is called, such as "learning_rate 0.01, hidden_units [100]".

    Args:
        varied: Value by dotted key; the other settings of the run have the same keys.

    Returns:
        Each value behind the last part of its key, or the whole key where two end alike.
    """
    short = [key.rpartition(".")[2] for key in varied]
    return ", ".join(
        f"{last if short.count(last) == 1 else key} {in_flow(value)}"
        for last, (key, value) in zip(short, varied.items(), strict=True)
    )


def in_words(value: Any) -> str:
    """A value of a config, such as a setting's description, without what is null or empty."""
    if isinstance(value, Mapping):
        told = _told(value)
        if list(told) == ["name"]:
            return str(told["name"])  # as the shorthand has it
        return ", ".join(f"{name} {in_flow(item)}" for name, item in told.items())
    return in_flow(value)


def _told(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if item is not None and item != {}}


def in_flow(value: Any) -> str:
    """A value of a config as that has it on one line, without what is null or empty."""
    if isinstance(value, Mapping):
        told = _told(value)
        if list(told) == ["name"]:
            return str(told["name"])
        return f"{{{', '.join(f'{name}: {in_flow(item)}' for name, item in told.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(in_flow(item) for item in value)}]"
    if isinstance(value, str) and not value[:1].isalnum():
        return f'"{value}"'
    return _WORDS[value] if value is None or isinstance(value, bool) else str(value)
