"""The user's own files: opening them, checking their type, and hashing their content."""

import functools
import gzip
import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from actbench.errors import DataError

_HASHED_AT_ONCE = 1 << 20

GZIP_MAGIC = b"\x1f\x8b"

# First bytes by which other kinds of files are recognized, so that a message can say what a file is.
_MAGIC = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive, as .npz and .xlsx are",
    GZIP_MAGIC: "a gzip file",
    b"\x93NUMPY": "a single NumPy array",
    b"\x89PNG": "a PNG picture",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF document",
    b"version https://git-lfs": "a pointer of git lfs to a file that has not been fetched",
}


def file_sha256(path: Path) -> str:
    """Return the hash of a file's content; an untouched file is hashed once per process.

    Raises:
        DataError: The file cannot be read.
    """
    try:
        state = path.stat()
    except (OSError, ValueError):
        return _sha256_of(path)  # opening the file raises the error with a message
    return _sha256_of_state(path, state.st_mtime_ns, state.st_size, state.st_ino)


@functools.lru_cache(maxsize=1024)  # a sweep has many settings of the same files
def _sha256_of_state(path: Path, *state: int) -> str:
    del state  # part of the cache's key only
    return _sha256_of(path)


def _sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open_file(path) as file:
        while piece := file.read(_HASHED_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()


def combine_sha256(hashes: Iterable[str]) -> str:
    """Return one hash for several files, from the hash of each; a single file keeps its own.

    Args:
        hashes: In the order of the files' roles. Names do not count, so that a renamed file is the same data.
    """
    first, *others = hashes
    return hashlib.sha256("\n".join((first, *others)).encode()).hexdigest() if others else first


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        DataError: The file is missing, a folder, or may not be read.
    """
    try:
        return path.open("rb")
    except FileNotFoundError:
        elsewhere = (
            f"; there is one at {path.name}, but paths are relative to the config" * Path(path.name).exists()
        )
        raise DataError(f"{path}: there is no such file{elsewhere}") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder; use a file, or format: idx") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # a NUL in the name
        raise DataError(f"{str(path)!r}: cannot be read: {error}") from None


def decompress(content: bytes, path: Path) -> bytes:
    """Return the content of a gzip file.

    Args:
        content: The bytes of the file.
        path: Name of the file in messages.

    Raises:
        DataError: The file is no gzip file, or is damaged.
    """
    if not content.startswith(GZIP_MAGIC):
        raise wrong_file_type(path, content, "a gzip file")
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path}: is damaged or truncated: {error}") from None


def check_file_type(path: Path, magic: bytes | None, what: str) -> None:
    """Refuse a file whose content is not of the type that its name or `dataset.format` says.

    Args:
        path: The file.
        magic: First bytes of such files; None for text.
        what: The type that the file should have, for the message, such as "a Parquet file".

    Raises:
        DataError: The file is empty, or begins otherwise.
    """
    with open_file(path) as file:
        beginning = file.read(4096)
    if not beginning:
        raise DataError(f"{path}: is empty; use {what}")
    binary = b"\0" in beginning or any(beginning.startswith(known) for known in _MAGIC)
    if binary if magic is None else not beginning.startswith(magic):
        raise wrong_file_type(path, beginning, what)


def wrong_file_type(path: Path, beginning: bytes, expected: str) -> DataError:
    """Return the exception for a file of another type than `expected`, which says what the file is."""
    found = next((kind for magic, kind in _MAGIC.items() if beginning.startswith(magic)), None)
    if found is None:
        found = "empty" if not beginning else f"something else, beginning with {beginning[:12]!r}"
    return DataError(f"{path}: is not what its name or format says, {expected}; it is {found}")
