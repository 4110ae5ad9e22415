"""One writer for each run folder."""

import fcntl
import os
from pathlib import Path

from actbench.errors import StoreError
from actbench.store.files import reporting, write_all


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
