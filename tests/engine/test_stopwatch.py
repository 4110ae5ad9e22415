import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from actbench.engine import rounds
from actbench.engine.rounds import peak_memory_bytes


def test_the_peak_is_in_bytes_and_not_below_the_present_size():
    size = psutil.Process().memory_info().rss
    assert 0.9 * size < peak_memory_bytes() < 100 * size


@pytest.mark.parametrize(("platform", "unit"), [("linux", 1024), ("freebsd14", 1024), ("darwin", 1)])
def test_without_proc_the_unit_is_that_of_the_system(monkeypatch, tmp_path, platform, unit):
    monkeypatch.setattr(rounds, "_STATUS", tmp_path / "none")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(rounds.resource, "getrusage", lambda _: SimpleNamespace(ru_maxrss=5000))
    assert peak_memory_bytes() == 5000 * unit


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="compares with what Linux says")
def test_what_linux_and_getrusage_say_is_of_the_same_size(monkeypatch, tmp_path):
    peak = peak_memory_bytes()
    monkeypatch.setattr(rounds, "_STATUS", tmp_path / "none")
    assert 0.9 * peak < peak_memory_bytes() < 10 * peak
