"""What older versions of actbench wrote, in the shape of today's records."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from actbench.errors import StoreError
from actbench.records.base import SCHEMA_VERSION, Record

# Up to schema version 3 a single target of classes was all that there was.
_SCORES = {
    "train_accuracy": "train_score",
    "validation_accuracy": "validation_score",
    "test_accuracy": "test_score",
}


def modernised(content: bytes) -> bytes:
    """The JSON of a record in today's shape; the same where that is not its trouble.

    Args:
        content: JSON of an older record; its `schema_version` stays what it is.
    """
    value = from_json(content)
    cells = value.get("cells")
    if not isinstance(cells, list) or not any(_is_old(cell) for cell in cells):
        return content
    return json.dumps({**value, "cells": [_cell(cell) for cell in cells]}).encode()


def _is_old(cell: Any) -> bool:
    return isinstance(cell, Mapping) and not _SCORES.keys().isdisjoint(cell)


def _cell(cell: Any) -> Any:
    if not _is_old(cell):
        return cell
    accuracy = cell.get("test_accuracy")
    metrics = {} if accuracy is None else {"accuracy": accuracy}
    return {**{_SCORES.get(name, name): value for name, value in cell.items()}, "test_metrics": metrics}


AnyRecord = TypeVar("AnyRecord", bound=Record)


def encode(record: Record, indent: int | None = None) -> bytes:
    """The record as JSON in UTF-8, on one line unless indented.

    Raises:
        StoreError: It holds a value that could not be read back, such as NaN.
    """
    try:
        # pydantic's own JSON has null for NaN, which would pass for "does not exist"
        text = json.dumps(record.model_dump(), allow_nan=False, ensure_ascii=False, indent=indent)
        # an undecodable byte of a file name is a lone surrogate here, which is not JSON either
        content = text.encode("utf-8", errors="replace")
        type(record).model_validate_json(content)
    except (TypeError, ValueError) as error:
        raise StoreError(f"a {type(record).__name__} cannot be written: {_first_line(error)}") from error
    return content


def decode(model: type[AnyRecord], content: bytes, where: str) -> AnyRecord:
    """The record of this JSON.

    Args:
        model: What it should be.
        content: UTF-8.
        where: For the message, such as "ledger.jsonl:3".

    Raises:
        StoreError: It is no such record, or was written by a newer actbench.
    """
    try:
        record = model.model_validate_json(content)
    except ValidationError as error:
        version = _written_version(content)
        _check_version(version, where)
        if 0 < version < SCHEMA_VERSION and (modern := modernised(content)) != content:
            return decode(model, modern, where)
        raise StoreError(f"{where}: not a valid {model.__name__}: {_first_line(error)}") from error
    # a newer schema may look the same and mean something else
    _check_version(getattr(record, "schema_version", SCHEMA_VERSION), where)
    return record


def _check_version(version: int, where: str) -> None:
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{where}: written by a newer actbench (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade actbench to read it"
        )


def _written_version(content: bytes) -> int:
    """Of JSON that is no record of this version; 0 where there is none to be found."""
    try:
        value = from_json(content)
    except ValueError:
        return 0
    version = value.get("schema_version") if isinstance(value, dict) else None
    return version if isinstance(version, int) else 0


def _first_line(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(key) for key in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
