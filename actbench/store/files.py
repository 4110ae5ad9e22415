"""Where a run lies, and what the files in its folder are called."""

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
    """Where a run lies or would lie under the folder of all runs."""
    return root / name / run_id


def is_run_folder(path: Path) -> bool:
    """Whether a run was started here; it may still be damaged."""
    try:
        return (path / INFO_FILE).is_file()
    except OSError:  # for instance a folder that may not be searched
        return False


@contextlib.contextmanager
def reporting(action: str) -> Iterator[None]:
    """Turn an OSError inside into a StoreError that says what could not be done.

    Args:
        action: What comes after "cannot", such as "read run.json".
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot {action}: {error.strerror or error}") from error


def write_all(descriptor: int, content: bytes) -> None:
    """One write, or as many as it takes to hear why the first was short.

    Raises:
        OSError: Part of the content may have been written.
    """
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_new(path: Path, content: bytes) -> None:
    """A file that must not exist yet, on disk when this returns; its folder is not synced.

    Raises:
        OSError: It exists, or could not be written and is gone again.
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
    """Create or replace a file; readers see the old content or the new. One writer at a time.

    Raises:
        OSError: The old content is still there.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)  # noqa: PTH108
    write_new(temporary, content)
    os.replace(temporary, path)  # noqa: PTH105
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Create a folder and its parents, on disk when this returns.

    Raises:
        OSError: It cannot be created, or is something else.
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
    """Make the names in a folder durable.

    Raises:
        OSError: As `os.fsync`.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def first_free_path(pattern: str, folder: Path) -> Path:
    """The first name that nothing has yet.

    Args:
        pattern: With `{}` for the number, counted from 1.
        folder: Where.
    """
    number = 1
    while (path := folder / pattern.format(number)).exists():
        number += 1
    return path
