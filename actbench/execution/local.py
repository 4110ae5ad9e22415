"""The execution of blocks, one after the other, in a supervised worker process on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from actbench.errors import DataError, WorkerError
from actbench.execution.protocol import Broken, Finished, Progress, Ready, Refused, Started, WorkerDied
from actbench.execution.worker_process import Worker, WorkerLostError
from actbench.plan.micro import MicroBlock
from actbench.records.block import BlockRecord

if TYPE_CHECKING:
    from actbench.execution.protocol import Event
    from actbench.plan.models import Block

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
