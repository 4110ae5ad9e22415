"""The parent's handle on one worker process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from actbench.execution.protocol import parse_message

if TYPE_CHECKING:
    from actbench.execution.protocol import Message
    from actbench.plan.micro import MicroBlock
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
