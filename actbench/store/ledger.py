"""The append-only ledger of finished blocks: one JSON line each, on disk before anyone is told."""

import contextlib
import os
from pathlib import Path

from actbench.errors import StoreError
from actbench.records.block import BlockRecord
from actbench.store.files import as_store_error, first_free_path, sync_folder, write_all, write_new
from actbench.store.serialization import decode_record, encode_record


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
