"""Real runs with the real worker, killed, interrupted and rivalled."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.commands import actbench, start_actbench

pytestmark = [pytest.mark.tensorflow, pytest.mark.timeout(240)]

CONFIG = """
name: faults
dataset: {name: mnist, validation: 500, train_samples: 3968, test_samples: 1000}
model: {hidden_units: [32]}
activations: [relu, tanh]
baseline: relu
placebo: false
probes: false
train: {optimizer: adam, learning_rate: 0.001, batch_size: 64, epochs: 10}
timing: {slices_per_epoch: 2, inference_batch_sizes: []}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "faults.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def undisturbed(config, tmp_path_factory):
    """The results folder of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("undisturbed")
    assert actbench(*run_arguments(config, out, 4)).returncode == 0
    return out


def ledger_lines(out):
    return [line for path in out.glob("faults/*/ledger.jsonl") for line in path.read_text().splitlines()]


def wait_for_lines(out, count, process):
    wait_for(lambda: len(ledger_lines(out)) >= count, process)


def wait_for(happened, process):
    while not happened():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def worker_of(process):
    [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def gone(pid):
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def run_arguments(config, out, seeds):
    return ("run", config, "--out", out, "--set", f"seeds={seeds}")


def accuracies(out):
    [table] = out.glob("faults/*/accuracy.csv")
    return table.read_text()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the worker through /proc")
def test_killing_parent_and_worker_changes_no_number_and_repeats_no_block(config, undisturbed, tmp_path):
    stormy = tmp_path / "stormy"
    first = start_actbench(*run_arguments(config, stormy, 4))
    wait_for_lines(stormy, 1, first)
    worker = worker_of(first)
    first.kill()
    first.communicate()
    deadline = time.monotonic() + 30
    while not gone(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(worker)
    kept = ledger_lines(stormy)
    assert 1 <= len(kept) < 4

    second = start_actbench(*run_arguments(config, stormy, 4))
    wait_for_lines(stormy, len(kept) + 1, second)
    os.kill(worker_of(second), signal.SIGKILL)
    _, heard = second.communicate()
    assert second.returncode == 0, heard
    lines = ledger_lines(stormy)
    assert lines[: len(kept)] == kept
    assert len(lines) == 4
    assert accuracies(stormy) == accuracies(undisturbed)


def test_a_run_is_reproduced_bit_by_bit(undisturbed):
    done = actbench("verify", "faults", "--out", undisturbed, "--format", "json")
    done.check_returncode()
    value = json.loads(done.stdout)
    assert (value["result"], value["changes"], len(value["cells"])) == ("identical", [], 3)


def test_ctrl_c_keeps_what_is_finished_and_a_rival_is_told(config, tmp_path):
    running = start_actbench(*run_arguments(config, tmp_path, 500))
    wait_for_lines(tmp_path, 1, running)
    rival = actbench(*run_arguments(config, tmp_path, 500))
    assert rival.returncode == 2
    assert f"in use by process {running.pid}" in rival.stderr
    assert "Traceback" not in rival.stderr

    running.send_signal(signal.SIGINT)
    # The promise is 2 s; on a machine that is busy with other tests, some slack.
    _, heard = running.communicate(timeout=5)
    assert running.returncode == 130
    assert "interrupted" in heard
    assert "Traceback" not in heard
    assert ledger_lines(tmp_path)
    report = actbench("report", "--out", tmp_path, "--format", "csv", "--table", "accuracy")
    assert report.returncode == 0
    assert "blocks are measured" in report.stderr
