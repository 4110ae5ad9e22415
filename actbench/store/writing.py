"""One writer for each run folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from actbench.environment import compare_environments
from actbench.errors import EnvironmentMismatchError, StoreError
from actbench.store.files import (
    CONFIG_FILE,
    INFO_FILE,
    LEDGER_FILE,
    first_free_path,
    is_run_folder,
    make_folder,
    reporting,
    run_path,
    sync_folder,
    write_all,
    write_atomically,
)
from actbench.store.ledger import Ledger
from actbench.store.reading import latest, read_info
from actbench.store.serialization import encode

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo


class FolderLock:
    """Held from construction until `release`, or until the process ends in whatever way.

    The kernel drops it with the process, so no stale lock can stay; child processes do not inherit it. The
    file itself is never removed: two processes could otherwise lock two different files of the same name.

    Args:
        folder: Must exist.

    Raises:
        StoreError: Another process holds it, or the file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "lock"
        with reporting(f"lock {folder}"):
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
        """Let others in. Harmless when already released."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _in_use(folder: Path, holder: str) -> str:
    process = f"process {holder}" if holder.isdigit() else "another process"
    return f"{folder} is in use by {process}; wait for it to end, or stop it, and run again to resume"


TABLES = (
    "accuracy.csv",
    "time.csv",
    "inference.csv",
    "metrics.csv",
    "pareto.csv",
    "why.csv",
    "summary.csv",
    "tuning.csv",
    "micro.csv",
)


class RunFolder:
    """A run folder that this process may write to, until `close` or the end of the `with` block.

    Attributes:
        path: The folder.
        info: What was planned; of a resumed run, as it was first written, but for a config that now differs
            in what moves no number, such as `verdict`.
    """

    def __init__(self, path: Path, info: RunInfo, ledger: Ledger, lock: FolderLock) -> None:
        self.path = path
        self.info = info
        self._ledger = ledger
        self._lock = lock

    def __enter__(self) -> RunFolder:
        """Nothing more to do: `create_or_resume` took the lock."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the folder."""
        self.close()

    def close(self) -> None:
        """Release the folder. Harmless when already closed."""
        self._ledger.close()
        self._lock.release()

    def records(self) -> tuple[BlockRecord, ...]:
        """The finished blocks, each once, in the order of the plan.

        Raises:
            StoreError: As `open_run`.
        """
        return latest(self._ledger.read(), self.info, self._ledger.path)

    def append(self, record: BlockRecord) -> None:
        """Add a finished block; it is on disk when this returns.

        Raises:
            StoreError: It could not be written; the earlier ones stay valid.
        """
        self._ledger.append(record)

    def write_table(self, name: str, text: str) -> None:
        """Create or replace one of `TABLES`.

        Raises:
            StoreError: It could not be written; an earlier version is still there.
        """
        with reporting(f"write {self.path / name}"):
            write_atomically(self.path / name, text.encode())


def create_or_resume(root: Path, info: RunInfo, config_bytes: bytes, fresh: bool = False) -> RunFolder:
    """Take the folder `root/<name>/<run id>`, and keep what it already holds of this run.

    A kill at any moment leaves a folder that the next call accepts: run.json comes last, and one that has no
    finished block beside it is simply written again.

    Args:
        root: Such as `results`; created when missing.
        info: What is planned now.
        config_bytes: The config file as given.
        fresh: Start again; an earlier ledger is renamed to `ledger.old-N.jsonl`.

    Raises:
        StoreError: The folder cannot be written, is in use, damaged, or written by a newer actbench.
        EnvironmentMismatchError: Its finished blocks were measured on other data, software or hardware.
    """
    if info.name in {"", ".", ".."} or {"/", "\0"} & set(info.name):
        raise StoreError(f"{info.name!r} cannot be the name of a folder; choose another name in the config")
    path = run_path(root, info.name, info.run_id)
    with reporting(f"write the run folder {path}"):
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
                _start(path, info, config_bytes)
            elif resumed.config != info.config:  # in what does not enter the run id
                resumed = resumed.model_copy(update={"config": info.config, "overrides": info.overrides})
                _write_plan(path, resumed, config_bytes)
            ledger.open()
        except BaseException:
            lock.release()
            raise
    return RunFolder(path, resumed or info, ledger, lock)


def _resumable(path: Path, ledger: Ledger, info: RunInfo) -> RunInfo | None:
    """The run.json to go on with; None when no block is measured, so that nothing could be mixed."""
    stored = read_info(path)
    records = latest(ledger.read(), stored, ledger.path)
    measured = [record for record in records if record.status == "ok"]
    if not records:
        return None
    if (stored.run_id, stored.blocks) != (info.run_id, info.blocks):
        raise StoreError(f"{path / INFO_FILE} is of another plan; use --fresh to start again")
    if not measured:
        return None
    if len(measured) == len(info.blocks):
        return stored  # nothing is left to measure, so that it can be tabulated anywhere
    changes = list(_changes(stored, info))
    if changes:
        raise EnvironmentMismatchError(
            f"the finished blocks in {path} were measured under other conditions: {'; '.join(changes)}. "
            "Go back to those, or use --fresh to measure all again (the earlier ledger is kept as a file)"
        )
    return stored


def _set_ledger_aside(ledger: Path) -> None:
    if ledger.exists() and ledger.stat().st_size > 0:
        os.rename(ledger, first_free_path("ledger.old-{}.jsonl", ledger.parent))  # noqa: PTH104 - as in files.py
        sync_folder(ledger.parent)


def _start(path: Path, info: RunInfo, config_bytes: bytes) -> None:
    for table in TABLES:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path / table)  # noqa: PTH108
    _write_plan(path, info, config_bytes)


def _write_plan(path: Path, info: RunInfo, config_bytes: bytes) -> None:
    write_atomically(path / CONFIG_FILE, config_bytes)
    write_atomically(path / INFO_FILE, encode(info, indent=2) + b"\n")


def _changes(stored: RunInfo, info: RunInfo) -> Iterator[str]:
    """Describe what would move a number; actbench itself may be another version."""
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
