import os
import time
from pathlib import Path

import pytest

from actbench.doctor.machine import Machine, describe_machine, observe
from tests.doctor.trees import QUIET, TICKS_PER_S, clock_at, process, write


def machine(tmp_path, changes=None, later=None, seconds=10.0, own=1):
    """What is said of a quiet machine with these changes, and with further ones at the end."""
    root = write(tmp_path, QUIET | (changes or {}))
    clock = clock_at(0.0, seconds)
    before = observe(root, clock)
    write(root, later or {})
    return describe_machine(root, before, observe(root, clock), own=own, ticks_per_s=TICKS_PER_S)


def test_a_quiet_machine(tmp_path):
    assert machine(tmp_path) == Machine(
        cores=2,
        cores_quota=None,
        governor="performance",
        turbo=True,
        load_average=0.25,
        steal=None,
        memory_available_bytes=6_000_000 * 1024,
        memory_limit_bytes=None,
        swap_bytes=2_000_000 * 1024,
        swap_used_bytes=500_000 * 1024,
        huge_pages="madvise",
        busy_processes=None,
    )


def test_where_there_is_no_proc_every_fact_is_unknown(tmp_path):
    before = observe(tmp_path, clock_at(0.0))
    found = describe_machine(tmp_path, before, observe(tmp_path, clock_at(10.0)))
    assert found == Machine(*[None] * 12)


def test_steal_is_its_share_of_all_time_that_passed(tmp_path):
    # 940 more ticks of user time and 60 of steal; the guests' 500 are in the user time already
    later = {"proc/stat": "cpu  1940 0 500 8000 10 0 5 60 500 0\ncpu0 1 0 0 0 0 0 0 0 0 0\n"}
    assert machine(tmp_path, later=later).steal == pytest.approx(0.06)


def test_load_and_memory_are_those_of_the_beginning(tmp_path):
    found = machine(tmp_path, later={"proc/loadavg": "9.0 9 9 1/1 1", "proc/meminfo": "MemAvailable: 1 kB"})
    assert found.load_average == 0.25
    assert found.memory_available_bytes == 6_000_000 * 1024


def test_governors_that_differ_are_all_named(tmp_path):
    path = "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor"
    assert machine(tmp_path, {path: "powersave\n"}).governor == "performance, powersave"


@pytest.mark.parametrize(("written", "turbo"), [("0", True), ("1", False)])
def test_intel_says_whether_turbo_is_off(tmp_path, written, turbo):
    assert machine(tmp_path, {"sys/devices/system/cpu/intel_pstate/no_turbo": written}).turbo is turbo


def test_busy_processes_are_told_by_what_they_used_meanwhile(tmp_path):
    found = machine(
        tmp_path,
        process(7, "old (sic) hand", 90_000) | process(8, "idle", 500) | process(9, "burst", 0),
        process(7, "old (sic) hand", 90_400) | process(8, "idle", 510) | process(9, "burst", 1000),
    )
    assert [(busy.pid, busy.name, busy.cores) for busy in found.busy_processes] == [
        (9, "burst", 1.0),
        (7, "old (sic) hand", 0.4),
    ]


def test_a_process_that_came_meanwhile_counts_from_its_start(tmp_path):
    found = machine(
        tmp_path,
        process(7, "gone", 5000, started=1),
        process(7, "new", 600, started=2) | process(8, "late", 300),
    )
    assert [(busy.name, busy.cores) for busy in found.busy_processes] == [("new", 0.6), ("late", 0.3)]


def test_the_measuring_process_and_what_it_started_are_no_strangers(tmp_path):
    mine = process(40, "actbench", 0) | process(41, "worker", 0, parent=40) | process(42, "x", 0, parent=41)
    later = (
        process(40, "actbench", 900)
        | process(41, "worker", 900, parent=40)
        | process(42, "x", 900, parent=41)
        | process(43, "shell", 900, parent=39)
    )
    assert [busy.pid for busy in machine(tmp_path, mine, later, own=40).busy_processes] == [43]


def test_only_the_three_busiest_are_named(tmp_path):
    found = machine(
        tmp_path, later={k: v for pid in range(5) for k, v in process(pid + 7, "p", 100 * pid + 100).items()}
    )
    assert [busy.pid for busy in found.busy_processes] == [11, 10, 9]


def test_damaged_files_are_unknown_facts(tmp_path):
    changes = {
        "sys/fs/cgroup/cpu.max": "",
        "sys/kernel/mm/transparent_hugepage/enabled": "none",
        "sys/devices/system/cpu/cpufreq/boost": "?",
        "proc/stat": "cpu\n",
    }
    found = machine(tmp_path, changes)
    assert (found.cores_quota, found.huge_pages, found.turbo, found.steal, found.cores) == (None,) * 5


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="this system has no /proc")
def test_this_machine_can_be_read():
    root = Path("/")
    before = observe(root, time.monotonic)
    found = describe_machine(root, before, observe(root, time.monotonic))
    assert found.cores is not None
    assert found.cores >= len(os.sched_getaffinity(0))
    assert found.load_average is not None
    assert found.load_average >= 0
    assert os.getpid() in before.processes
