"""The progress of a run on standard error: a bar that redraws itself on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from actbench.execution.protocol import Beginning, Finished, Progress, Started, WorkerDied
from actbench.report.formatting import format_duration, format_value

if TYPE_CHECKING:
    from actbench.execution.protocol import Event

# A redraw competes with the timed process for the processor; a log needs fewer lines still.
REDRAW_INTERVAL_S = 0.5

LINE_INTERVAL_S = 5.0

BAR_WIDTH = 24


class ErrorConsole(Console):
    """Standard error; if its reader has gone, the run continues in silence.

    Args:
        quiet: True to print nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        # In a notebook rich would print into the cell's output, which is for results. The cell's standard
        # error claims to be a terminal, but cannot move the cursor.
        terminal = False if Console().is_jupyter else None
        super().__init__(stderr=True, quiet=quiet, force_jupyter=False, force_terminal=terminal)

    def on_broken_pipe(self) -> None:
        """Go quiet; rich itself would end the process."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class ProgressDisplay:
    """A listener of a run that shows blocks, epochs, time left and validation scores.

    Args:
        console: The console to write to.
        clock: A monotonic clock in seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._interval_s = REDRAW_INTERVAL_S if console.is_terminal else LINE_INTERVAL_S
        self._shown_at = float("-inf")
        self._started_at = clock()
        self._pending: tuple[str, ...] = ()
        self._titles: dict[str, str] = {}
        self._weights: dict[str, float] = {}
        self._done = 0.0  # sum of the weights of the finished blocks

    def __enter__(self) -> ProgressDisplay:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, event: Beginning | Event) -> None:
        """Show the event, or skip it if the last one was shown a moment ago."""
        match event:
            case Beginning():
                self._begin(event)
            case Started():
                self._show(event.block, 0.0, "starting")
            case Progress():
                seen = event.validation_score.items()
                scores = ", ".join(f"{label} {format_value(score, 'score')}" for label, score in seen)
                detail = f"{event.unit} {event.epoch}/{event.epochs}"
                self._show(event.block, event.epoch / event.epochs, detail, scores)
            case WorkerDied():
                again = "trying once more" if event.will_retry else "giving the block up"
                self._line(f"{self._name(event.block)}: {event.reason}\n{again}")
            case Finished():
                self._done += self._weights[event.record.block]
                self._finish(event)

    def _begin(self, event: Beginning) -> None:
        self._started_at = self._clock()
        self._pending = tuple(block.id for block in event.pending)
        self._weights = {block.id: event.weights.get(block.id, 1.0) for block in event.pending}
        self._titles = {block.id: block.title for block in event.plan.blocks}
        done = len(event.plan.blocks) - len(event.pending)
        resumed = f"; {done} of {len(event.plan.blocks)} blocks are already in the ledger" if done else ""
        self._line(f"{event.path}{resumed}")

    def _finish(self, event: Finished) -> None:
        record = event.record
        if record.status == "failed" or record.phases is None:
            self._line(f"{self._name(record.block)}: failed")
            return
        diverged = [cell.activation for cell in record.cells if cell.status == "diverged"]
        note = f"; diverged: {', '.join(diverged)}" if diverged else ""
        left = self._time_left(record.block, 0.0)
        self._line(f"{self._name(record.block)}: {record.phases.wall_s:.1f} s{note}{left}")

    def _show(self, block: str, fraction: float, detail: str, more: str = "") -> None:
        if self._clock() - self._shown_at < self._interval_s:
            return
        self._shown_at = self._clock()
        status = f"{self._name(block)}: {detail}{self._time_left(block, fraction)}"
        if self._console.is_terminal:
            filled = round(BAR_WIDTH * self._share(block, fraction))
            bar = "━" * filled + "╌" * (BAR_WIDTH - filled)
            self._live.update(Text(f"{bar} {status}\n{more}"), refresh=True)
        else:
            self._line(f"{status}: {more}" if more else status)

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _name(self, block: str) -> str:
        position = self._pending.index(block) + 1
        return f"block {position}/{len(self._pending)} ({self._titles[block]})"

    def _share(self, block: str, fraction: float) -> float:
        """Return the share of the work that is done; blocks of different settings differ in weight."""
        return (self._done + fraction * self._weights[block]) / sum(self._weights.values())

    def _time_left(self, block: str, fraction: float) -> str:
        share = self._share(block, fraction)
        if not 0.0 < share < 1.0:
            return ""
        left_s = (self._clock() - self._started_at) * (1.0 - share) / share
        return f", {format_duration(left_s)} left"
