import os
import time
import warnings
from types import SimpleNamespace

import psutil
import pytest

from actbench.environment import usable_cores
from actbench.execution.machine import MachineState, cpu_quota, describe_machine, memory_limit, sample_machine
from tests.machines import GIB, QUIET_TREE, UNKNOWN_MACHINE, make_sample, process, write

NO_LIMIT = "9223372036854771712\n"

TREES = {
    "no files": ({}, None, None),
    "v2, no limit": (
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/cpu.max": "max 100000\n",
            "sys/fs/cgroup/memory.max": "max\n",
        },
        None,
        None,
    ),
    "v2, a limit of its own": (
        {
            "proc/self/cgroup": "0::/user.slice/job\n",
            "sys/fs/cgroup/user.slice/job/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/user.slice/job/memory.max": f"{4 * GIB}\n",
        },
        1.5,
        4 * GIB,
    ),
    "v2, a parent's limit is tighter": (
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/a/cpu.max": "50000 100000\n",
            "sys/fs/cgroup/a/b/memory.max": "max\n",
            "sys/fs/cgroup/a/memory.max": f"{GIB}\n",
        },
        0.5,
        GIB,
    ),
    "v2, the group as the host names it": (
        {"proc/self/cgroup": "0::/../../docker/0a1b\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"},
        2.0,
        None,
    ),
    "v1, limits": (
        {
            "proc/self/cgroup": "4:memory:/job\n3:cpu,cpuacct:/job\n1:name=systemd:/x\n0::/\n",
            "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "250000\n",
            "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{2 * GIB}\n",
        },
        2.5,
        2 * GIB,
    ),
    "v1, no limit": (
        {
            "proc/self/cgroup": "4:memory:/\n3:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT,
        },
        None,
        None,
    ),
}


@pytest.mark.parametrize(("files", "cores", "memory"), TREES.values(), ids=TREES)
def test_the_tightest_limit_holds(tmp_path, files, cores, memory):
    root = write(tmp_path, files)
    assert cpu_quota(root) == cores
    assert memory_limit(root) == memory


def machine(tmp_path, files=None, before=None, after=None, own=1):
    """What is said of a quiet machine with these files, and with these samples ten seconds apart."""
    root = write(tmp_path, QUIET_TREE | (files or {}))
    return describe_machine(root, make_sample(**(before or {})), make_sample(10.0, **(after or {})), own=own)


def test_a_quiet_machine(tmp_path):
    assert machine(tmp_path) == MachineState(
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


def test_where_nothing_can_be_read_every_fact_is_unknown(tmp_path, monkeypatch):
    def fail(*_args, **_kwargs):
        raise FileNotFoundError("/proc/stat")

    for name in ("getloadavg", "virtual_memory", "swap_memory", "cpu_times", "cpu_count", "process_iter"):
        monkeypatch.setattr(psutil, name, fail)
    assert describe_machine(tmp_path, sample_machine(), sample_machine()) == UNKNOWN_MACHINE


def test_steal_is_its_share_of_all_time_that_passed(tmp_path):
    found = machine(tmp_path, before={"cpu_s": 100.0, "steal_s": 3.0}, after={"cpu_s": 110.0, "steal_s": 3.6})
    assert found.steal == pytest.approx(0.06)


@pytest.mark.parametrize("sample", [{"cpu_s": None}, {"steal_s": None}])
def test_steal_is_unknown_where_the_system_does_not_count_it(tmp_path, sample):
    assert machine(tmp_path, before=sample, after={"cpu_s": 200.0}).steal is None
    assert machine(tmp_path, after={"cpu_s": 200.0} | sample).steal is None


def test_the_time_of_guests_is_counted_once(monkeypatch):
    # the guests' 5 seconds are in the user's time already
    linux = {
        "user": 19.4,
        "nice": 0.0,
        "system": 5.0,
        "idle": 80.0,
        "steal": 0.6,
        "guest": 5.0,
        "guest_nice": 0.0,
    }
    monkeypatch.setattr(psutil, "cpu_times", lambda: SimpleNamespace(_asdict=lambda: linux))
    found = sample_machine()
    assert (found.cpu_s, found.steal_s) == (pytest.approx(105.0), 0.6)


def test_macos_counts_no_steal(monkeypatch):
    macos = {"user": 20.0, "nice": 0.0, "system": 5.0, "idle": 80.0}
    monkeypatch.setattr(psutil, "cpu_times", lambda: SimpleNamespace(_asdict=lambda: macos))
    found = sample_machine()
    assert (found.cpu_s, found.steal_s) == (105.0, None)


def test_a_warning_about_pages_that_nobody_asks_for_is_not_shown(monkeypatch):
    def swap():
        warnings.warn(
            "'sin' and 'sout' swap memory stats couldn't be determined", RuntimeWarning, stacklevel=2
        )
        return SimpleNamespace(total=4096, used=0)

    monkeypatch.setattr(psutil, "swap_memory", swap)
    assert sample_machine().swap_bytes == 4096


def test_the_load_average_has_two_decimals(monkeypatch):
    monkeypatch.setattr(psutil, "getloadavg", lambda: (0.05615234375, 0.94, 0.83))
    assert sample_machine().load_average == 0.06


def test_load_and_memory_are_those_of_the_beginning(tmp_path):
    found = machine(tmp_path, after={"load_average": 9.0, "memory_available_bytes": 1024})
    assert found.load_average == 0.25
    assert found.memory_available_bytes == 6_000_000 * 1024


def test_governors_that_differ_are_all_named(tmp_path):
    path = "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor"
    assert machine(tmp_path, {path: "powersave\n"}).governor == "performance, powersave"


@pytest.mark.parametrize(("written", "turbo"), [("0", True), ("1", False)])
def test_intel_says_whether_turbo_is_off(tmp_path, written, turbo):
    assert machine(tmp_path, {"sys/devices/system/cpu/intel_pstate/no_turbo": written}).turbo is turbo


def busy(tmp_path, before, after, own=1):
    return machine(tmp_path, before={"processes": before}, after={"processes": after}, own=own).busy_processes


def test_busy_processes_are_told_by_what_they_used_meanwhile(tmp_path):
    found = busy(
        tmp_path,
        process(7, "old (sic) hand", 900.0) | process(8, "idle", 5.0) | process(9, "burst", 0.0),
        process(7, "old (sic) hand", 904.0) | process(8, "idle", 5.1) | process(9, "burst", 10.0),
    )
    assert [(busy.pid, busy.name, busy.cores) for busy in found] == [
        (9, "burst", 1.0),
        (7, "old (sic) hand", 0.4),
    ]


def test_a_process_that_came_meanwhile_counts_from_its_start(tmp_path):
    found = busy(
        tmp_path,
        process(7, "gone", 50.0, started_s=1.0),
        process(7, "new", 6.0, started_s=2.0) | process(8, "late", 3.0),
    )
    assert [(busy.name, busy.cores) for busy in found] == [("new", 0.6), ("late", 0.3)]


def test_the_measuring_process_and_what_it_started_are_no_strangers(tmp_path):
    mine = process(40, "actbench", 0) | process(41, "worker", 0, parent=40) | process(42, "x", 0, parent=41)
    later = (
        process(40, "actbench", 9.0)
        | process(41, "worker", 9.0, parent=40)
        | process(42, "x", 9.0, parent=41)
        | process(43, "shell", 9.0, parent=39)
    )
    assert [busy.pid for busy in busy(tmp_path, mine, later, own=40)] == [43]


def test_only_the_three_busiest_are_named(tmp_path):
    later = {k: v for pid in range(5) for k, v in process(pid + 7, "p", pid + 1.0).items()}
    assert [busy.pid for busy in busy(tmp_path, {}, later)] == [11, 10, 9]


def test_a_process_whose_time_may_not_be_read_is_left_out(monkeypatch):
    def listed(pid, name, cpu):
        return SimpleNamespace(pid=pid, info={"name": name, "ppid": 1, "create_time": 5.0, "cpu_times": cpu})

    own, roots = listed(7, "mine", SimpleNamespace(user=2.0, system=0.5)), listed(8, "launchd", None)
    monkeypatch.setattr(psutil, "process_iter", lambda *_args, **_kwargs: [own, roots])
    assert sample_machine().processes == process(7, "mine", 2.5, started_s=5.0)


def test_damaged_files_are_unknown_facts(tmp_path):
    files = {
        "sys/fs/cgroup/cpu.max": "",
        "sys/kernel/mm/transparent_hugepage/enabled": "none",
        "sys/devices/system/cpu/cpufreq/boost": "?",
    }
    found = machine(tmp_path, files)
    assert (found.cores_quota, found.huge_pages, found.turbo) == (None,) * 3


def test_this_machine_can_be_read(tmp_path):
    before = sample_machine()
    used_until = time.process_time() + 0.2
    while time.process_time() < used_until:
        pass
    after = sample_machine()
    found = describe_machine(tmp_path, before, after, own=0)
    assert found.cores >= usable_cores() >= 1
    assert found.load_average is not None
    assert found.load_average >= 0
    assert found.memory_available_bytes > 2**20
    assert found.swap_bytes >= found.swap_used_bytes >= 0
    own, later = before.processes[os.getpid()], after.processes[os.getpid()]
    assert (own.parent, own.started_s) == (os.getppid(), later.started_s)
    assert 0.15 < later.cpu_s - own.cpu_s < 0.15 + after.at_s - before.at_s
    assert after.cpu_s > before.cpu_s
