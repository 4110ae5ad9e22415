import os
import signal
import sys
import threading
import time

import pytest

from actbench.errors import DataError, WorkerError
from actbench.execution.local import WORKER_COMMAND, run_blocks
from actbench.execution.protocol import Finished, Progress, Started, WorkerDied
from tests.blocks import block, cell
from tests.commands import ROOT


@pytest.fixture
def blocks():
    return [block(cell("relu"), seed=seed) for seed in range(3)]


def command(folder, *mishaps):
    return (sys.executable, "-m", "tests.fake_worker", str(folder), *mishaps)


def attempts(folder, seed):
    return len(list(folder.glob(f"seed-{seed}-*")))


def workers(folder):
    return {path.name.rpartition("-")[2] for path in folder.iterdir()}


def outcomes(events):
    return [(event.record.seed, event.record.status) for event in events if isinstance(event, Finished)]


def test_blocks_run_in_order_in_one_worker(blocks, tmp_path):
    events = list(run_blocks(blocks, command(tmp_path)))
    kinds = [type(event) for event in events]
    assert kinds == [Started, Progress, Finished] * 3
    assert outcomes(events) == [(0, "ok"), (1, "ok"), (2, "ok")]
    assert len(workers(tmp_path)) == 1


def test_each_setting_has_a_worker_of_its_own(blocks, tmp_path):
    other = blocks[0].setting.model_copy(update={"id": "0tHer000"})
    blocks += [entry.model_copy(update={"setting": other, "seed": entry.seed + 3}) for entry in blocks]
    assert len(outcomes(run_blocks(blocks, command(tmp_path)))) == 6
    pids = [next(tmp_path.glob(f"seed-{seed}-*")).name.rpartition("-")[2] for seed in range(6)]
    assert len(set(pids[:3])) == len(set(pids[3:])) == 1
    assert pids[0] != pids[3]


def test_no_worker_is_started_for_no_blocks(tmp_path):
    assert list(run_blocks([], ("/nowhere/no-such-program",))) == []


@pytest.mark.parametrize(
    ("mishap", "reason"),
    [
        ("kill-once", "killed by signal 9 (Killed); the system may have run out of memory\nabout to die"),
        ("exit-once", "the worker ended with exit code 3\nlast words"),
        ("raise-once", "ValueError: something unforeseen"),
        ("babble-once", "the worker sent an unreadable message: 'hello\\n'"),
    ],
)
def test_a_lost_worker_is_replaced_once_for_its_block(blocks, tmp_path, mishap, reason):
    events = list(run_blocks(blocks, command(tmp_path, f"1={mishap}")))
    [death] = [event for event in events if isinstance(event, WorkerDied)]
    assert death.block == blocks[1].id
    assert reason in death.reason
    assert death.will_retry
    assert outcomes(events) == [(0, "ok"), (1, "ok"), (2, "ok")]
    assert [attempts(tmp_path, seed) for seed in range(3)] == [1, 2, 1]
    assert len(workers(tmp_path)) == 2


def test_a_block_that_kills_two_workers_is_recorded_as_failed_and_the_rest_goes_on(blocks, tmp_path):
    events = list(run_blocks(blocks, command(tmp_path, "1=kill")))
    assert [event.will_retry for event in events if isinstance(event, WorkerDied)] == [True, False]
    assert outcomes(events) == [(0, "ok"), (1, "failed"), (2, "ok")]
    assert [attempts(tmp_path, seed) for seed in range(3)] == [1, 2, 1]
    [failed] = [event.record for event in events if isinstance(event, Finished) and event.record.error]
    assert "Killed" in failed.error
    assert failed.cells == ()


def test_a_refusal_ends_the_run_and_is_not_tried_again(blocks, tmp_path):
    with pytest.raises(DataError, match="the data is damaged"):
        list(run_blocks(blocks, command(tmp_path, "0=refuse")))
    assert attempts(tmp_path, 0) == 1


def test_a_worker_killed_from_outside_is_noticed(blocks, tmp_path):
    def kill_when_busy():
        while not list(tmp_path.glob("seed-1-*")):
            time.sleep(0.01)
        os.kill(int(next(tmp_path.glob("seed-1-*")).name.rpartition("-")[2]), signal.SIGKILL)

    threading.Thread(target=kill_when_busy, daemon=True).start()
    events = list(run_blocks(blocks, command(tmp_path, "1=hang-once")))
    assert outcomes(events) == [(0, "ok"), (1, "ok"), (2, "ok")]


def test_closing_the_events_ends_the_worker_at_once(blocks, tmp_path):
    def interrupt_when_busy():
        while not list(tmp_path.glob("seed-0-*")):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    events = run_blocks(blocks, command(tmp_path, "0=hang"))
    next(events)
    threading.Thread(target=interrupt_when_busy, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        next(events)
    [pid] = workers(tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_worker_that_cannot_start_ends_the_run_with_its_last_words(blocks, tmp_path):
    broken = (sys.executable, "-c", "import tensorflow_that_is_not_there")
    with pytest.raises(WorkerError, match="No module named 'tensorflow_that_is_not_there'"):
        list(run_blocks(blocks, broken))


def test_the_worker_imports_what_its_parent_would_wherever_the_user_stands(blocks, tmp_path, monkeypatch):
    for name in ("queue", "keras", "pydantic"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    attempts_folder = tmp_path / "attempts"
    attempts_folder.mkdir()
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.chdir(tmp_path)
    code = WORKER_COMMAND[2].replace("actbench.engine import worker", "tests import fake_worker as worker")
    events = list(run_blocks(blocks[:1], (sys.executable, "-c", code, str(attempts_folder))))
    assert outcomes(events) == [(0, "ok")]
