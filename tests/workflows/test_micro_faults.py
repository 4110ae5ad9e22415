"""Real runs of `actbench micro` with the real worker, whole, killed and interrupted."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.commands import actbench, modules_after, start_actbench
from tests.workflows.test_faults import wait_for, worker_of

pytestmark = [pytest.mark.tensorflow, pytest.mark.timeout(240)]


def arguments(out, rounds, *names, sizes="1e3,1e4"):
    return ("micro", *names, "--out", out, "--sizes", sizes, "--rounds", rounds)


def ledger_lines(out):
    return [line for path in out.glob("micro/*/ledger.jsonl") for line in path.read_text().splitlines()]


def test_all_kinds_of_activation_are_measured_and_reported_without_tensorflow(tmp_path):
    names = ("relu", "swiglu", "prelu", "softmax", "{name: step, surrogate: sigmoid}", "x * sigmoid(x)")
    done = actbench(*arguments(tmp_path, 6, *names, sizes="1e3"), "--format", "json", "--dtype", "bfloat16")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert len(value["settings"]) == 4
    for setting in value["settings"]:
        assert [row["activation"] for row in setting["rows"]] == [
            "copy", "relu", "swiglu", "prelu", "softmax", "step", "x * sigmoid(x)", "placebo",
        ]  # fmt: skip
        assert all(row["ns_per_element"]["median"] > 0 for row in setting["rows"])
        assert all(row["rounds"] == 6 for row in setting["rows"])
    loaded = modules_after("report", "--out", str(tmp_path), "--output", os.devnull)
    assert not {"tensorflow", "keras", "matplotlib"} & loaded


def test_an_import_is_measured_or_refused_with_exit_code_2(tmp_path, monkeypatch):
    (tmp_path / "functions.py").write_text(
        "def twice(x):\n    return 2 * x\n\n\ndef broken(x):\n    return 1 / 0\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = actbench(
        *arguments(tmp_path, 6, '{import: "functions:twice"}', sizes="1e3"), "--quiet", "--format", "csv"
    )
    assert done.returncode == 0, done.stderr
    assert "twice" in done.stdout
    refused = actbench(*arguments(tmp_path, 6, '{import: "functions:broken"}'), "--quiet")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "functions:broken: calling it on a tensor failed: ZeroDivisionError" in refused.stderr


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the worker through /proc")
@pytest.mark.heavy  # test_faults does the same to what runs both
def test_killing_parent_and_worker_repeats_no_block(tmp_path):
    first = start_actbench(*arguments(tmp_path, 300, "relu"))
    wait_for(lambda: ledger_lines(tmp_path), first)
    first.kill()
    first.communicate()
    kept = ledger_lines(tmp_path)
    assert 1 <= len(kept) < 8

    second = start_actbench(*arguments(tmp_path, 300, "relu"))
    wait_for(lambda: len(ledger_lines(tmp_path)) > len(kept), second)
    os.kill(worker_of(second), signal.SIGKILL)
    _, heard = second.communicate()
    assert second.returncode == 0, heard
    assert "trying once more" in heard
    lines = ledger_lines(tmp_path)
    assert lines[: len(kept)] == kept
    assert len(lines) == 8


@pytest.mark.heavy  # likewise
def test_ctrl_c_keeps_what_is_finished(tmp_path):
    running = start_actbench(*arguments(tmp_path, 2000, "relu"))
    wait_for(lambda: ledger_lines(tmp_path), running)
    running.send_signal(signal.SIGINT)
    _, heard = running.communicate(timeout=5)
    assert running.returncode == 130
    assert "interrupted" in heard
    assert "Traceback" not in heard
    report = actbench("report", "--out", tmp_path, "--format", "csv")
    assert report.returncode == 0
    assert "of 8 blocks are measured" in report.stderr
