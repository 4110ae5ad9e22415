"""The names of a run's files, and functions that write files so that they survive a crash.

The functions of `os` are used instead of those of `pathlib`, because a test replaces them to kill the process
at each of them.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from actbench.errors import StoreError

CONFIG_FILE = "config.yaml"

INFO_FILE = "run.json"

LEDGER_FILE = "ledger.jsonl"


def run_path(root: Path, name: str, run_id: str) -> Path:
    """Return the folder of a run under the folder of all runs."""
    return root / name / run_id


def is_run_folder(path: Path) -> bool:
    """Return True if a run was started in this folder; the run may still be damaged."""
    try:
        return (path / INFO_FILE).is_file()
    except OSError:  # for instance, the folder must not be searched
        return False


@contextlib.contextmanager
def as_store_error(action: str) -> Iterator[None]:
    """Raise an OSError of the block as a StoreError that says what could not be done.

    Args:
        action: The words after "cannot", such as "read run.json".

    Raises:
        StoreError: The block has raised an OSError.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot {action}: {error.strerror or error}") from error


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of the content. After a short write, the next one raises the reason.

    Raises:
        OSError: The content could not be written; a part of it may be on disk.
    """
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_new(path: Path, content: bytes) -> None:
    """Create a file that must not exist yet. It is on disk when this returns; its folder is not synced.

    Raises:
        OSError: The file exists, or could not be written and was removed again.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
    except OSError:
        os.unlink(path)  # noqa: PTH108 - see the module's docstring; so below
        raise
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes) -> None:
    """Create or replace a file, so that readers see either the old content or the new content.

    Only one process may write at a time.

    Raises:
        OSError: The file could not be written; the old content is still there.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)  # noqa: PTH108
    write_new(temporary, content)
    os.replace(temporary, path)  # noqa: PTH105
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Create a folder and its parents. They are on disk when this returns.

    Raises:
        OSError: The folder cannot be created, or the path is something else.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path)  # noqa: PTH102
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Write the names of a folder's files to disk.

    Raises:
        OSError: The folder cannot be opened or synced.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def first_free_path(pattern: str, folder: Path) -> Path:
    """Return the first path of a numbered series that does not exist.

    Args:
        pattern: The file name with `{}` for the number, which counts from 1.
        folder: The folder of the series.
    """
    number = 1
    while (path := folder / pattern.format(number)).exists():
        number += 1
    return path
