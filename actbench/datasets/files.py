"""The files of one's own: where they lie, what is in them, and their hash."""

import functools
import gzip
import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from actbench.errors import DataError

_PIECE = 1 << 20

_GZIP = b"\x1f\x8b"

_BEGINNINGS = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive, as .npz and .xlsx are",
    _GZIP: "a gzip file",
    b"\x93NUMPY": "a single NumPy array",
    b"\x89PNG": "a PNG picture",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF document",
    b"version https://git-lfs": "a pointer of git lfs to a file that has not been fetched",
}


def file_sha256(path: Path) -> str:
    """Of a file's content; that of a file which has not been touched since is not computed again.

    Raises:
        DataError: It cannot be read.
    """
    try:
        state = path.stat()
    except (OSError, ValueError):
        return _sha256_of(path)  # which says what is wrong
    return _sha256_as_of(path, state.st_mtime_ns, state.st_size, state.st_ino)


@functools.lru_cache(maxsize=1024)  # a sweep has many settings of the same files
def _sha256_as_of(path: Path, *state: int) -> str:
    del state
    return _sha256_of(path)


def _sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open_file(path) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def combine_sha256(hashes: Iterable[str]) -> str:
    """Of several files, from the hash of each, in an order of what they are for: their names have no say.

    That of a single one is its own.
    """
    first, *others = hashes
    return hashlib.sha256("\n".join((first, *others)).encode()).hexdigest() if others else first


def open_file(path: Path) -> BinaryIO:
    """An open file.

    Raises:
        DataError: It is missing, a folder, or may not be read.
    """
    try:
        return path.open("rb")
    except FileNotFoundError:
        here = (
            f"; there is one at {path.name}, but paths are relative to the config" * Path(path.name).exists()
        )
        raise DataError(f"{path}: there is no such file{here}") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder; allowed: a file, or format: idx") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # a NUL in the name
        raise DataError(f"{str(path)!r}: cannot be read: {error}") from None


def unpack(content: bytes, path: Path) -> bytes:
    """What a gzip file holds.

    Raises:
        DataError: It is none, or damaged.
    """
    if not content.startswith(_GZIP):
        raise not_what_it_says(path, content, "a gzip file")
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path}: is damaged or truncated: {error}") from None


def check_beginning(path: Path, allowed: bytes | None, what: str) -> None:
    """Refuses a file whose content is not what its name says.

    Args:
        path: The file.
        allowed: How it has to begin; None for text.
        what: What it should be, for the message.

    Raises:
        DataError: It is empty, or begins otherwise.
    """
    with open_file(path) as file:
        beginning = file.read(4096)
    if not beginning:
        raise DataError(f"{path}: is empty; allowed: {what}")
    binary = b"\0" in beginning or any(beginning.startswith(known) for known in _BEGINNINGS)
    if binary if allowed is None else not beginning.startswith(allowed):
        raise not_what_it_says(path, beginning, what)


def not_what_it_says(path: Path, beginning: bytes, what: str) -> DataError:
    """The exception for a file of another kind."""
    found = next((kind for start, kind in _BEGINNINGS.items() if beginning.startswith(start)), None)
    if found is None:
        found = "empty" if not beginning else f"something else, beginning with {beginning[:12]!r}"
    return DataError(f"{path}: is not what its name or format says, {what}; it is {found}")
