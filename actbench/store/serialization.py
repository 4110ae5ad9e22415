"""Records as JSON and back, including the JSON that older versions of actbench wrote."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from actbench.errors import StoreError
from actbench.records.base import SCHEMA_VERSION, Record

# Up to schema version 3, a run had a single target, of classes, and its scores were accuracies.
_RENAMED_SCORES = {
    "train_accuracy": "train_score",
    "validation_accuracy": "validation_score",
    "test_accuracy": "test_score",
}


AnyRecord = TypeVar("AnyRecord", bound=Record)


def encode_record(record: Record, indent: int | None = None) -> bytes:
    """Return a record as JSON in UTF-8, on one line unless it is indented.

    Raises:
        StoreError: The record holds a value that could not be read back, such as NaN.
    """
    try:
        # The JSON that pydantic writes has null for NaN, which would mean that there is no value.
        text = json.dumps(record.model_dump(), allow_nan=False, ensure_ascii=False, indent=indent)
        # An undecodable byte of a file name is a lone surrogate here, which UTF-8 cannot encode.
        content = text.encode("utf-8", errors="replace")
        type(record).model_validate_json(content)
    except (TypeError, ValueError) as error:
        raise StoreError(f"a {type(record).__name__} cannot be written: {_first_line(error)}") from error
    return content


def decode_record(model: type[AnyRecord], content: bytes, where: str) -> AnyRecord:
    """Return the record that was written as JSON.

    Args:
        model: The class of the record.
        content: JSON in UTF-8.
        where: The place of the JSON for messages, such as "ledger.jsonl:3".

    Raises:
        StoreError: The JSON is no such record, or was written by a newer actbench.
    """
    try:
        record = model.model_validate_json(content)
    except ValidationError as error:
        version = _written_version(content)
        _check_version(version, where)
        if 0 < version < SCHEMA_VERSION and (upgraded := _upgrade(content)) != content:
            return decode_record(model, upgraded, where)
        raise StoreError(f"{where}: not a valid {model.__name__}: {_first_line(error)}") from error
    # A newer schema may look the same and mean something else.
    _check_version(getattr(record, "schema_version", SCHEMA_VERSION), where)
    return record


def _check_version(version: int, where: str) -> None:
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{where}: written by a newer actbench (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade actbench to read it"
        )


def _written_version(content: bytes) -> int:
    """Return the schema version of JSON that is no record of this version; 0 if it has none."""
    try:
        value = from_json(content)
    except ValueError:
        return 0
    version = value.get("schema_version") if isinstance(value, dict) else None
    return version if isinstance(version, int) else 0


def _upgrade(content: bytes) -> bytes:
    """Return the JSON of an older record with today's names; its `schema_version` stays as it is."""
    value = from_json(content)
    cells = value.get("cells")
    if not isinstance(cells, list) or not any(_has_old_names(cell) for cell in cells):
        return content
    return json.dumps({**value, "cells": [_upgrade_cell(cell) for cell in cells]}).encode()


def _has_old_names(cell: Any) -> bool:
    return isinstance(cell, Mapping) and not _RENAMED_SCORES.keys().isdisjoint(cell)


def _upgrade_cell(cell: Any) -> Any:
    if not _has_old_names(cell):
        return cell
    accuracy = cell.get("test_accuracy")
    metrics = {} if accuracy is None else {"accuracy": accuracy}
    renamed = {_RENAMED_SCORES.get(name, name): value for name, value in cell.items()}
    return {**renamed, "test_metrics": metrics}


def _first_line(error: Exception) -> str:
    """Return the first mistake that an error names, after the key that it is about."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(key) for key in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
