"""The running of blocks, one after another, in a supervised worker process on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pydantic import ValidationError

from actbench.errors import DataError, WorkerError
from actbench.execution.protocol import (
    Broken,
    Finished,
    Progress,
    Ready,
    Refused,
    Started,
    WorkerDied,
    parse_message,
)
from actbench.plan.micro import MicroBlock
from actbench.records.block import BlockRecord

if TYPE_CHECKING:
    from actbench.execution.protocol import Event, Message
    from actbench.plan.models import Block

# TensorFlow logs every start at length. The user's own setting of a variable precedes this one.
_DEFAULT_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "2"}

# The engine is written for this backend, whatever the user's Keras is set to.
_FIXED_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow"}

# The end of a worker's log that the message about its death quotes.
_LOG_TAIL_CHARACTERS = 2000


class WorkerLostError(Exception):
    """The worker can no longer be used; the message says what is known of the reason."""


class Worker:
    """A fresh process that measures one block after another.

    The process is started, never forked, because TensorFlow does not survive a fork. It has a session of its
    own, so that Ctrl-C reaches only the parent, which then stops the worker.

    Args:
        command: The program and its arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._log = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - lives as long as the worker
        # The worker imports the same modules as its parent: a keras.py in the current folder is not Keras.
        path = {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_DEFAULT_ENVIRONMENT | dict(os.environ) | _FIXED_ENVIRONMENT | path,
            encoding="utf-8",
            start_new_session=True,
        )

    def send(self, block: Block | MicroBlock) -> None:
        """Send a block to the worker.

        Raises:
            WorkerLostError: The worker has died.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(block.model_dump_json() + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerLostError(self._death()) from None

    def receive(self) -> Message:
        """Wait for the next message and return it.

        Raises:
            WorkerLostError: The worker has died, or has written a line that is no message.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise WorkerLostError(self._death())
        try:
            return parse_message(line)
        except ValidationError:
            raise WorkerLostError(f"the worker sent an unreadable message: {line[:200]!r}") from None

    def stop(self) -> None:
        """Kill the process; it holds nothing that needs an orderly end."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            # A block that could not be sent may still be in the buffer, and closing tries to write it.
            try:
                stream.close()
            except BrokenPipeError:
                continue
        self._log.close()

    def _death(self) -> str:
        code = self._process.wait()
        if code < 0:
            hint = "; the system may have run out of memory" if -code == signal.SIGKILL else ""
            cause = f"the worker was killed by signal {-code} ({signal.strsignal(-code)}){hint}"
        else:
            cause = f"the worker ended with exit code {code}"
        self._log.seek(0)
        tail = self._log.read()[-_LOG_TAIL_CHARACTERS:].strip()
        return f"{cause}\n{tail}" if tail else cause


# `python -m` would put the current folder before everything else that can be imported.
_WORKER_CODE = (
    "import sys; sys.path = list(filter(None, sys.path)); from actbench.engine import worker; worker.main()"
)

WORKER_COMMAND = (sys.executable, "-c", _WORKER_CODE)

# One death may be an accident, for instance because another program took the memory. After two, the block is
# most likely the reason.
ATTEMPTS = 2


def run_blocks(
    blocks: Iterable[Block | MicroBlock], command: Sequence[str] = WORKER_COMMAND
) -> Iterator[Event]:
    """Measure blocks in order, and yield events as they happen.

    The caller waits while a block runs, because on two cores a busy parent competes with what it times. A
    worker that dies is replaced once for its block; then the block has failed, and the next one starts.

    Each setting has a worker of its own, because XLA keeps what it has compiled until the process ends: about
    20 MB for each activation of each setting. Closing the iterator kills the worker.

    Args:
        blocks: The blocks to measure.
        command: The command that starts a worker; tests pass their own.

    Yields:
        For each block `Started`, any number of `Progress` and `WorkerDied`, and one `Finished`.

    Raises:
        DataError: A worker has refused a block; another try would not help.
        WorkerError: No worker can be started.
    """
    worker: Worker | None = None
    setting = ""
    try:
        for block in blocks:
            if worker is not None and _setting_id(block) != setting:
                worker.stop()
                worker = None
            setting = _setting_id(block)
            yield Started(block.id)
            for attempt in range(1, ATTEMPTS + 1):
                worker = worker or _start(command)
                try:
                    yield from _measure(worker, block)
                    break
                except WorkerLostError as loss:
                    worker.stop()
                    worker = None
                    reason = str(loss)
                    yield WorkerDied(block.id, reason, will_retry=attempt < ATTEMPTS)
            else:
                yield Finished(record=_failed(block, reason))
    finally:
        if worker is not None:
            worker.stop()


def _start(command: Sequence[str]) -> Worker:
    """Return a worker that is ready for a block.

    Raises:
        WorkerError: No worker can be started, for which no block is to blame.
    """
    for _ in range(ATTEMPTS):
        worker = Worker(command)
        try:
            message = worker.receive()
            if isinstance(message, Ready):
                return worker
            reason = f"the worker began with {message.kind!r}"
        except WorkerLostError as loss:
            reason = str(loss)
        except BaseException:
            worker.stop()
            raise
        worker.stop()
    raise WorkerError(f"no worker could be started: {reason}")


def _measure(worker: Worker, block: Block | MicroBlock) -> Iterator[Event]:
    worker.send(block)
    while True:
        match worker.receive():
            case Progress() as progress:
                yield progress
            case Finished() as finished:
                yield finished
                return
            case Refused(message=message):
                raise DataError(message)
            case Broken(error=error):
                raise WorkerLostError(error)


def _setting_id(block: Block | MicroBlock) -> str:
    """Return the id of a block's setting; empty for blocks of `actbench micro`, which share one worker."""
    return "" if isinstance(block, MicroBlock) else block.setting.id


def _failed(block: Block | MicroBlock, reason: str) -> BlockRecord:
    """Return the record of a block whose workers died."""
    return BlockRecord(
        block=block.id,
        setting=block.id if isinstance(block, MicroBlock) else block.setting.id,
        seed=0 if isinstance(block, MicroBlock) else block.seed,
        status="failed",
        error=reason,
        started_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        environment=None,
        slice_steps=(),
        slices_per_epoch=0,
        phases=None,
        peak_memory_bytes=None,
        cells=(),
        candidate={} if isinstance(block, MicroBlock) else block.candidate,
    )
