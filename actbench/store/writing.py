"""Run folders that are written: one process at a time creates or resumes a run and appends its blocks."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from actbench.environment import compare_environments
from actbench.errors import EnvironmentMismatchError, StoreError
from actbench.store.files import (
    CONFIG_FILE,
    INFO_FILE,
    LEDGER_FILE,
    as_store_error,
    first_free_path,
    is_run_folder,
    make_folder,
    run_path,
    sync_folder,
    write_all,
    write_atomically,
)
from actbench.store.ledger import Ledger, encode_record
from actbench.store.reading import latest_records, read_info

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo


class FolderLock:
    """A lock on a run folder, from construction until `release` or the end of the process.

    The kernel releases the lock with the process, so that no stale lock can stay. Child processes do not
    inherit it. The file is never removed: two processes could lock two different files of the same name.

    Args:
        folder: The folder, which must exist.

    Raises:
        StoreError: Another process holds the lock, or the file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "lock"
        with as_store_error(f"lock {folder}"):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(descriptor, 0)
                write_all(descriptor, str(os.getpid()).encode())
            except BlockingIOError:
                holder = os.read(descriptor, 20).decode(errors="replace")
                os.close(descriptor)
                raise StoreError(_in_use(folder, holder)) from None
            except BaseException:
                os.close(descriptor)
                raise
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Release the lock; nothing happens if it is released already."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _in_use(folder: Path, holder: str) -> str:
    process = f"process {holder}" if holder.isdigit() else "another process"
    return f"{folder} is in use by {process}; wait for it to end, or stop it, and run again to resume"


class RunFolder:
    """A run folder that this process may write to, until `close` or the end of the `with` block.

    Attributes:
        path: The folder.
        info: The content of run.json. For a resumed run it is as first written, except for keys of the config
            that move no number, such as `verdict`.
    """

    def __init__(self, path: Path, info: RunInfo, ledger: Ledger, lock: FolderLock) -> None:
        self.path = path
        self.info = info
        self._ledger = ledger
        self._lock = lock

    def __enter__(self) -> RunFolder:
        """Return the folder; `create_or_resume` has taken the lock already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the folder."""
        self.close()

    def close(self) -> None:
        """Release the folder; nothing happens if it is closed already."""
        self._ledger.close()
        self._lock.release()

    def records(self) -> tuple[BlockRecord, ...]:
        """Return the finished blocks, each once, in the order of the plan.

        Raises:
            StoreError: The ledger is damaged or cannot be read.
        """
        return latest_records(self._ledger.read(), self.info, self._ledger.path)

    def append(self, record: BlockRecord) -> None:
        """Append a finished block, which is on disk when this returns.

        Raises:
            StoreError: The block could not be written; the earlier ones stay valid.
        """
        self._ledger.append(record)

    def write_table(self, name: str, text: str) -> None:
        """Create or replace a table.

        Args:
            name: The file name, one of the `tables` of `create_or_resume`.
            text: The content.

        Raises:
            StoreError: The table could not be written; an earlier version is still there.
        """
        with as_store_error(f"write {self.path / name}"):
            write_atomically(self.path / name, text.encode())


def create_or_resume(
    root: Path, info: RunInfo, config_bytes: bytes, fresh: bool = False, *, tables: Iterable[str] = ()
) -> RunFolder:
    """Lock the folder `root/<name>/<run id>`, and create it or resume the run that it holds.

    A kill at any moment leaves a folder that the next call accepts: run.json is written last, and without a
    finished block beside it is written again.

    Args:
        root: The folder of all runs, such as `results`; it is created if it is missing.
        info: The plan, and the environment of this process.
        config_bytes: The config file as given.
        fresh: Start again. An earlier ledger is renamed to `ledger.old-N.jsonl`.
        tables: File names of all tables that a run can have. Those of an earlier start are removed; other
            files in the folder are the user's own.

    Raises:
        StoreError: The folder cannot be written, is in use, is damaged, or was written by a newer actbench.
        EnvironmentMismatchError: Its finished blocks were measured on other data, software or hardware.
    """
    if info.name in {"", ".", ".."} or {"/", "\0"} & set(info.name):
        raise StoreError(f"{info.name!r} cannot be the name of a folder; choose another name in the config")
    path = run_path(root, info.name, info.run_id)
    with as_store_error(f"write the run folder {path}"):
        make_folder(path)
        lock = FolderLock(path)
        try:
            ledger = Ledger(path / LEDGER_FILE)
            if fresh or not is_run_folder(path):
                _set_ledger_aside(ledger.path)
                resumed = None
            else:
                resumed = _resumable(path, ledger, info)
            if resumed is None:
                _start(path, info, config_bytes, tables)
            elif resumed.config != info.config:  # they differ in keys that do not enter the run id
                resumed = resumed.model_copy(update={"config": info.config, "overrides": info.overrides})
                _write_plan(path, resumed, config_bytes)
            ledger.open()
        except BaseException:
            lock.release()
            raise
    return RunFolder(path, resumed or info, ledger, lock)


def _resumable(path: Path, ledger: Ledger, info: RunInfo) -> RunInfo | None:
    """Return the run.json of the run to resume; None if no block is measured, so that nothing can be mixed.

    Raises:
        StoreError: The folder is damaged, or holds another plan.
        EnvironmentMismatchError: The finished blocks were measured under other conditions.
    """
    stored = read_info(path)
    records = latest_records(ledger.read(), stored, ledger.path)
    measured = [record for record in records if record.status == "ok"]
    if not records:
        return None
    if (stored.run_id, stored.blocks) != (info.run_id, info.blocks):
        raise StoreError(f"{path / INFO_FILE} is of another plan; use `fresh` to start again")
    if not measured:
        return None
    if len(measured) == len(info.blocks):
        return stored  # nothing is left to measure, so the tables can be written on any machine
    changes = list(_changes(stored, info))
    if changes:
        raise EnvironmentMismatchError(
            f"the finished blocks in {path} were measured under other conditions: {'; '.join(changes)}. "
            "Restore those conditions, or use `fresh` to measure everything again (the earlier ledger is "
            "kept under another name)"
        )
    return stored


def _set_ledger_aside(ledger: Path) -> None:
    if ledger.exists() and ledger.stat().st_size > 0:
        os.rename(ledger, first_free_path("ledger.old-{}.jsonl", ledger.parent))  # noqa: PTH104 - as in files.py
        sync_folder(ledger.parent)


def _start(path: Path, info: RunInfo, config_bytes: bytes, tables: Iterable[str]) -> None:
    for table in tables:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path / table)  # noqa: PTH108
    _write_plan(path, info, config_bytes)


def _write_plan(path: Path, info: RunInfo, config_bytes: bytes) -> None:
    write_atomically(path / CONFIG_FILE, config_bytes)
    write_atomically(path / INFO_FILE, encode_record(info, indent=2) + b"\n")


def _changes(stored: RunInfo, info: RunInfo) -> Iterator[str]:
    """Yield the changed conditions that would move a number; the version of actbench is not one of them."""
    found = compare_environments(stored.environment, info.environment, strict=True)
    yield from (f"{name} was {old}, is {new}" for name, (old, new) in found.items() if name != "actbench")
    before, now = _dataset_facts(stored), _dataset_facts(info)
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name), now.get(name)
        unrecorded = old in (0, "", ())  # an older version did not record this fact
        if old != new and not unrecorded:
            yield f"dataset of setting {name} was {old}, is {new}"


def _dataset_facts(info: RunInfo) -> dict[str, object]:
    return {
        f"{setting}, {name}": value
        for setting, dataset in info.dataset.items()
        for name, value in dataset.model_dump(exclude={"name", "files", "constant_score"}).items()
    }
