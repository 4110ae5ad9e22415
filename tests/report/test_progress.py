import io

from rich.console import Console

from actbench.execution.protocol import Beginning, Finished, Progress, Started, WorkerDied
from actbench.plan.models import Plan
from actbench.report.progress import ErrorConsole, ProgressDisplay
from tests.blocks import block, cell
from tests.fake_worker import record_of
from tests.fakes import FakeClock

BLOCKS = tuple(block(cell("relu"), seed=seed) for seed in range(3))
PLAN = Plan(
    run_id="0" * 12, name="t", settings=(BLOCKS[0].setting,), blocks=BLOCKS, baseline="relu", placebo=None
)


class Screen:
    """A display on a console that is read afterwards."""

    def __init__(self, tmp_path, *, terminal=False, pending=BLOCKS):
        self.clock = FakeClock()
        self.written = io.StringIO()
        console = Console(file=self.written, force_terminal=terminal, width=100, color_system=None)
        self.display = ProgressDisplay(console, self.clock)
        self.display(Beginning(tmp_path, PLAN, pending))

    def lines(self):
        return self.written.getvalue().splitlines()[1:]

    def epoch(self, number, seconds, seed=0):
        self.clock.now += seconds
        self.display(
            Progress(
                block=BLOCKS[seed].id, epoch=number, epochs=2, validation_score={"relu": 0.91, "tanh": 0.5}
            )
        )


def test_plain_lines_show_blocks_epochs_time_left_and_accuracies(tmp_path):
    screen = Screen(tmp_path)
    screen.display(Started(BLOCKS[0].id))
    screen.epoch(1, 10.0)
    screen.display(Finished(record=record_of(BLOCKS[0])))
    assert screen.lines() == [
        "block 1/3 (seed 0): starting",
        # After 10 s, half of the first of three blocks: five times as long is still to come.
        "block 1/3 (seed 0): epoch 1/2, 0:50 left: relu 0.910, tanh 0.500",
        "block 1/3 (seed 0): 3.0 s, 0:20 left",
    ]


def test_a_score_of_any_size_takes_little_room(tmp_path):
    screen = Screen(tmp_path)
    screen.clock.now += 10.0
    wild = {"relu": -3.2e36, "tanh": -12_345.678}
    screen.display(Progress(block=BLOCKS[0].id, epoch=1, epochs=2, validation_score=wild))
    assert screen.lines()[0].endswith(": relu -3.200e+36, tanh -12,346")


def test_plain_lines_come_at_most_every_five_seconds_but_finished_blocks_always(tmp_path):
    screen = Screen(tmp_path)
    screen.display(Started(BLOCKS[0].id))
    for _ in range(20):
        screen.epoch(1, 0.5)
    assert len(screen.lines()) == 3
    screen.display(Finished(record=record_of(BLOCKS[0])))
    assert len(screen.lines()) == 4


def test_a_terminal_is_redrawn_at_most_twice_a_second(tmp_path):
    screen = Screen(tmp_path, terminal=True)
    with screen.display:
        for _ in range(100):
            screen.epoch(1, 0.01)
    assert 1 <= screen.written.getvalue().count("epoch 1/2") <= 4


def test_resuming_says_how_much_is_there_already(tmp_path):
    screen = Screen(tmp_path, pending=BLOCKS[1:])
    assert "1 of 3 blocks are already in the ledger" in screen.written.getvalue()
    screen.display(Started(BLOCKS[1].id))
    assert screen.lines() == ["block 1/2 (seed 1): starting"]


def test_deaths_and_failures_are_told(tmp_path):
    screen = Screen(tmp_path)
    screen.display(WorkerDied(BLOCKS[0].id, "killed", will_retry=True))
    screen.display(WorkerDied(BLOCKS[0].id, "killed again", will_retry=False))
    failed = record_of(BLOCKS[0]).model_copy(update={"status": "failed", "phases": None, "cells": ()})
    screen.display(Finished(record=failed))
    assert screen.lines() == [
        "block 1/3 (seed 0): killed",
        "trying once more",
        "block 1/3 (seed 0): killed again",
        "giving the block up",
        "block 1/3 (seed 0): failed",
    ]


def test_a_notebook_sees_progress_on_standard_error_in_plain_lines(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert ErrorConsole().is_terminal
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert not ErrorConsole().is_jupyter  # rich would print into the cell's output
    assert not ErrorConsole().is_terminal  # a notebook says that it is one
