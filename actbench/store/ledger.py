"""The ledger: one durable JSON line for every finished block; records as JSON, older ones, too."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from actbench.errors import StoreError
from actbench.records.base import SCHEMA_VERSION, Record
from actbench.records.block import BlockRecord
from actbench.store.files import as_store_error, first_free_path, sync_folder, write_all, write_new

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


class Ledger:
    """The file `ledger.jsonl`. Reading needs no lock; only the holder of the folder's lock may write.

    A line is complete when its newline is there. The text after the last newline is torn, because the process
    was stopped while it wrote. Readers ignore it, and the next writer moves it to `ledger.torn-N`. A complete
    line that is no record is damage, and an error.

    Args:
        path: The file, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._length = 0

    def read(self) -> list[BlockRecord]:
        """Return the records of all complete lines, in the order of the file; none if there is no file.

        Raises:
            StoreError: The file cannot be read, a complete line is no record, or a newer actbench wrote it.
        """
        return self.scan()[0]

    def scan(self) -> tuple[list[BlockRecord], bool]:
        """Return the records as `read` does, and True if the file ends in the middle of a line.

        Raises:
            StoreError: As for `read`.
        """
        *lines, tail = self._content().split(b"\n")
        records = [
            decode_record(BlockRecord, line, f"{self.path}:{number}")
            for number, line in enumerate(lines, start=1)
        ]
        return records, tail != b""

    def last(self) -> BlockRecord | None:
        """Return the last record without reading the earlier ones; None if there is no complete line.

        Raises:
            StoreError: As for `read`, but only for this line.
        """
        with as_store_error(f"read {self.path}"):
            try:
                line = _last_line(self.path)
            except FileNotFoundError:
                return None
        return None if line is None else decode_record(BlockRecord, line, f"{self.path}, last line")

    def open(self) -> None:
        """Prepare for writing: create the file, and set a torn tail aside.

        Raises:
            StoreError: The file or its folder cannot be written; nothing is lost.
        """
        if self._descriptor is not None:
            return
        with as_store_error(f"write {self.path}"):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                sync_folder(self.path.parent)
                self._length = self._set_torn_tail_aside(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
        self._descriptor = descriptor

    def append(self, record: BlockRecord) -> None:
        """Append a line, which is on disk when this returns.

        Raises:
            StoreError: The line could not be written, for instance because the disk is full. The ledger is as
                it was before, and may be appended to again.
        """
        line = encode_record(record) + b"\n"
        self.open()
        assert self._descriptor is not None
        try:
            write_all(self._descriptor, line)
            os.fsync(self._descriptor)
        except OSError as error:
            # If this fails, too, the next `open` finds a torn tail and sets it aside.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._length)
                os.fsync(self._descriptor)
            self.close()
            raise StoreError(
                f"cannot append block {record.block} to {self.path}: {error.strerror or error}; "
                "the lines before it stay valid, and the run can be resumed"
            ) from error
        except BaseException:
            self.close()  # interrupted: the length is unknown, so the next `open` has to read it again
            raise
        self._length += len(line)

    def close(self) -> None:
        """Stop writing; nothing happens if the file is not open."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _content(self) -> bytes:
        with as_store_error(f"read {self.path}"):
            try:
                return self.path.read_bytes()
            except FileNotFoundError:
                return b""

    def _set_torn_tail_aside(self, descriptor: int) -> int:
        """Move a torn tail to a file of its own, and return the length of what stays, in bytes."""
        content = self._content()
        length = content.rfind(b"\n") + 1
        if length < len(content):
            write_new(first_free_path(f"{self.path.stem}.torn-{{}}", self.path.parent), content[length:])
            sync_folder(self.path.parent)
            os.ftruncate(descriptor, length)
            os.fsync(descriptor)
        return length


def _last_line(path: Path, reach: int = 1 << 16) -> bytes | None:
    """Return the text between the last two newlines, read from the end of the file; None if there is none.

    Args:
        path: The file.
        reach: Bytes to read from the end; more are read if they hold no whole line.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        while True:
            begin = max(0, size - reach)
            file.seek(begin)
            *lines, _torn = file.read(size - begin).split(b"\n")
            if begin == 0 or len(lines) > 1:  # the first of several may lack its beginning
                return lines[-1] if lines else None
            reach *= 4
