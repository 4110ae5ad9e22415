"""The worker process: reads blocks from standard input, writes messages to standard output, a JSON line each.

Run as `python -m actbench.engine.worker`; `execution.local` starts and supervises it.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from actbench.errors import ActbenchError
from actbench.execution.protocol import Broken, Finished, Ready, Refused
from actbench.plan.micro import MicroBlock
from actbench.plan.models import Block

if TYPE_CHECKING:
    from actbench.engine.runner import Measurer
    from actbench.execution.protocol import Message, Progress

# The parent redraws at most this often; on two cores, waking it more often costs time that is being measured.
PROGRESS_INTERVAL_S = 0.5

AnyBlock = Block | MicroBlock

_block_from_json: TypeAdapter[AnyBlock] = TypeAdapter(AnyBlock)


class Outbox:
    """The way to the parent: a descriptor that no library prints to."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def send(self, message: Message) -> None:
        """Send one message, at once."""
        self._stream.write(message.model_dump_json() + "\n")
        self._stream.flush()


def main() -> None:
    """Serve blocks until standard input closes."""
    outbox = Outbox()
    blocks = _listen()
    start = time.perf_counter()
    from actbench.engine import runtime
    from actbench.engine.runner import Measurer

    runtime.configure()
    measurer = Measurer(import_s=time.perf_counter() - start)
    outbox.send(Ready())
    while True:
        outbox.send(_serve(measurer, blocks.get(), outbox))


def _listen() -> queue.SimpleQueue[AnyBlock]:
    """Read blocks in a thread, so that the parent's end ends this process even in the middle of a block."""
    blocks: queue.SimpleQueue[AnyBlock] = queue.SimpleQueue()

    def read() -> None:
        # However the reading ends, the process ends with it. Nothing here needs an orderly exit, for which
        # TensorFlow takes its time, and a parent must never wait for a worker that has nothing to do.
        status = 1
        try:
            for line in sys.stdin:
                blocks.put(_block_from_json.validate_json(line))
            status = 0
        except Exception:
            traceback.print_exc()
        os._exit(status)

    threading.Thread(target=read, daemon=True).start()
    return blocks


def _serve(measurer: Measurer, block: AnyBlock, outbox: Outbox) -> Message:
    """Measure one block, sending progress, and return the message that ends it."""
    last_report = float("-inf")

    def report(progress: Progress) -> None:
        nonlocal last_report
        if time.monotonic() - last_report >= PROGRESS_INTERVAL_S:
            last_report = time.monotonic()
            outbox.send(progress)

    try:
        return Finished(record=measurer.measure(block, report))
    except ActbenchError as error:
        return Refused(message=str(error))
    except Exception as error:  # the parent must hear of any failure
        summary = f"{type(error).__name__}: {error}".partition("\n")[0]
        text = f"{summary}\n{''.join(traceback.format_exception(error))}".strip()
        return Broken(error=text.encode("utf-8", "backslashreplace").decode())


if __name__ == "__main__":
    main()
