"""The state of a machine, which decides how steady a measurement on it can be.

psutil knows most facts on every system. Control groups, the frequency of the cores and huge pages are read
from a tree like Linux's `/proc` and `/sys`; without such a tree, as on macOS, they are unknown.
"""

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

import psutil

# Other processes that used less of a core are left out, and all but the busiest.
_BUSY_CORES = 0.05

_BUSY_SHOWN = 3

_UNLIMITED = 2**62  # control groups of version 1 write a little less than 2**63 for no limit

_T = TypeVar("_T")


@dataclass(frozen=True)
class BusyProcess:
    """A process that was at work during the measurement.

    Attributes:
        pid: Process id.
        name: Name of the program.
        cores: Processor time divided by the time that passed.
    """

    pid: int
    name: str
    cores: float


@dataclass(frozen=True)
class MachineState:
    """The state of the machine, at the start of a measurement or during it; None is unknown.

    Attributes:
        cores: Number of cores that are online, whether this process may use them or not.
        cores_quota: Cores' worth of time that the control group allows; also None if there is no limit.
        governor: Frequency governor of the cores, such as "performance".
        turbo: True if cores may run above their nominal frequency.
        load_average: Processes that ran or waited, on average over the minute before the measurement.
        steal: Fraction of the processor's time that the hypervisor gave to other machines.
        memory_available_bytes: Memory that a new process could have.
        memory_limit_bytes: Memory that the control group allows; also None if there is no limit.
        swap_bytes: Size of all swap space.
        swap_used_bytes: Swap space in use.
        huge_pages: When memory comes in transparent huge pages, such as "madvise".
        busy_processes: Other processes that used at least a twentieth of a core, the busiest first.
    """

    cores: int | None
    cores_quota: float | None
    governor: str | None
    turbo: bool | None
    load_average: float | None
    steal: float | None
    memory_available_bytes: int | None
    memory_limit_bytes: int | None
    swap_bytes: int | None
    swap_used_bytes: int | None
    huge_pages: str | None
    busy_processes: tuple[BusyProcess, ...] | None


@dataclass(frozen=True)
class ProcessSample:
    """The state of a process when a sample was taken.

    Attributes:
        name: Name of the program.
        parent: Id of the process that started it.
        started_s: Time of its start; tells apart two processes that had the same id.
        cpu_s: Processor time used so far.
    """

    name: str
    parent: int
    started_s: float
    cpu_s: float


@dataclass(frozen=True)
class MachineSample:
    """The facts that are read twice, or before the machine is given work; None is unknown.

    Attributes:
        at_s: Reading of a monotonic clock.
        cores: As in `MachineState`.
        load_average: As in `MachineState`.
        memory_available_bytes: As in `MachineState`.
        swap_bytes: As in `MachineState`.
        swap_used_bytes: As in `MachineState`.
        cpu_s: Time that all cores have spent so far, idle or not.
        steal_s: Part of that time that the hypervisor gave to others.
        processes: All processes that can be seen, by id.
    """

    at_s: float
    cores: int | None
    load_average: float | None
    memory_available_bytes: int | None
    swap_bytes: int | None
    swap_used_bytes: int | None
    cpu_s: float | None
    steal_s: float | None
    processes: Mapping[int, ProcessSample]


def sample_machine() -> MachineSample:
    """Read the counters."""
    load = _if_known(psutil.getloadavg)
    memory = _if_known(psutil.virtual_memory)
    with warnings.catch_warnings():
        # psutil warns if the system does not count the pages that were swapped in or out.
        warnings.simplefilter("ignore", RuntimeWarning)
        swap = _if_known(psutil.swap_memory)
    cpu = _if_known(psutil.cpu_times)
    times: dict[str, float] = {} if cpu is None else cpu._asdict()
    guests_s = times.get("guest", 0.0) + times.get("guest_nice", 0.0)  # a part of "user" and "nice" already
    return MachineSample(
        at_s=time.monotonic(),
        cores=_if_known(psutil.cpu_count),
        load_average=None if load is None else round(load[0], 2),  # as the kernel prints it
        memory_available_bytes=None if memory is None else memory.available,
        swap_bytes=None if swap is None else swap.total,
        swap_used_bytes=None if swap is None else swap.used,
        cpu_s=sum(times.values()) - guests_s if times else None,
        steal_s=times.get("steal"),
        processes=_if_known(_sample_processes) or {},
    )


def describe_machine(
    root: Path, before: MachineSample, after: MachineSample, *, own: int | None = None
) -> MachineState:
    """Return the state of the machine, given a sample from before and one from after a measurement.

    Args:
        root: The file tree with `proc` and `sys`.
        before: Sample before the measurement; load and memory are as they were then.
        after: Sample after the measurement.
        own: Id of the process that measured; by default this one.
    """
    return MachineState(
        cores=before.cores,
        cores_quota=cpu_quota(root),
        governor=_governor(root),
        turbo=_turbo(root),
        load_average=before.load_average,
        steal=_steal(before, after),
        memory_available_bytes=before.memory_available_bytes,
        memory_limit_bytes=memory_limit(root),
        swap_bytes=before.swap_bytes,
        swap_used_bytes=before.swap_used_bytes,
        huge_pages=_huge_pages(root),
        busy_processes=_busiest(before, after, os.getpid() if own is None else own),
    )


def cpu_quota(root: Path) -> float | None:
    """Return the cores' worth of time that this process's control group allows; None if there is no limit.

    See "Control Group v2" and "Control Groups version 1" in the Linux kernel's documentation.

    Args:
        root: The file tree with `proc` and `sys`.
    """
    quotas = [_quota(folder) for folder in _control_groups(root, "cpu")]
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_limit(root: Path) -> int | None:
    """Return the bytes of memory that this process's control group allows; None if there is no limit."""
    limits = [
        _read_int(folder / name)
        for folder in _control_groups(root, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    return min((limit for limit in limits if limit is not None and limit < _UNLIMITED), default=None)


def _if_known(ask: Callable[[], _T]) -> _T | None:
    """Return the answer of psutil; None if this system does not tell."""
    try:
        return ask()
    except (OSError, RuntimeError, psutil.Error):
        return None


def _sample_processes() -> dict[int, ProcessSample]:
    found = {}
    for process in psutil.process_iter(["name", "ppid", "create_time", "cpu_times"], ad_value=None):
        name, parent, started_s, cpu = (
            process.info[key] for key in ("name", "ppid", "create_time", "cpu_times")
        )
        if cpu is not None:  # macOS shows the times of the user's own processes only
            found[process.pid] = ProcessSample(name or "?", parent or 0, started_s, cpu.user + cpu.system)
    return found


def _busiest(before: MachineSample, after: MachineSample, own: int) -> tuple[BusyProcess, ...] | None:
    """Return the processes that used the most processor time, but for `own` and those that it started."""
    if not after.processes:
        return None
    passed_s = after.at_s - before.at_s
    found = [
        BusyProcess(pid, process.name, (process.cpu_s - _earlier_cpu_s(before, pid, process)) / passed_s)
        for pid, process in after.processes.items()
        if not _belongs_to(pid, own, after.processes)
    ]
    busy = [process for process in found if process.cores >= _BUSY_CORES]
    return tuple(sorted(busy, key=lambda process: (-process.cores, process.pid))[:_BUSY_SHOWN])


def _earlier_cpu_s(before: MachineSample, pid: int, process: ProcessSample) -> float:
    earlier = before.processes.get(pid)
    return earlier.cpu_s if earlier is not None and earlier.started_s == process.started_s else 0.0


def _belongs_to(pid: int, own: int, processes: Mapping[int, ProcessSample]) -> bool:
    seen: set[int] = set()
    while pid in processes and pid not in seen:
        if pid == own:
            return True
        seen.add(pid)
        pid = processes[pid].parent
    return False


def _steal(before: MachineSample, after: MachineSample) -> float | None:
    if before.cpu_s is None or after.cpu_s is None or before.steal_s is None or after.steal_s is None:
        return None
    passed_s = after.cpu_s - before.cpu_s
    return (after.steal_s - before.steal_s) / passed_s if passed_s > 0 else None


def _governor(root: Path) -> str | None:
    paths = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    return ", ".join(sorted({name for path in paths if (name := _read_text(path))})) or None


def _turbo(root: Path) -> bool | None:
    cpu = root / "sys/devices/system/cpu"
    off, on = _read_int(cpu / "intel_pstate/no_turbo"), _read_int(cpu / "cpufreq/boost")
    if off is not None:
        return off == 0
    return None if on is None else on == 1


def _huge_pages(root: Path) -> str | None:
    choices = _read_text(root / "sys/kernel/mm/transparent_hugepage/enabled") or ""
    return choices.partition("[")[2].partition("]")[0] or None  # "always [madvise] never"


def _control_groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's group and of its parents: a limit of any of them holds."""
    mount = root / "sys/fs/cgroup"
    for line in (_read_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers == "" or controller in controllers.split(","):
            top = mount / (controller if controllers else "")
            # in a container the group may be named as the host sees it, or lie outside ("/..")
            inside = PurePosixPath(*(part for part in PurePosixPath(group).parts if part not in {"/", ".."}))
            yield from (top / part for part in (inside, *inside.parents))


def _quota(folder: Path) -> float | None:
    words = (_read_text(folder / "cpu.max") or "").split()  # "150000 100000", or "max 100000"
    if len(words) == 2 and words[0].isdigit():
        return int(words[0]) / int(words[1])
    quota, period = _read_int(folder / "cpu.cfs_quota_us"), _read_int(folder / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def _read_text(path: Path) -> str | None:
    """Return the content without surrounding white space; None if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _read_int(path: Path) -> int | None:
    """Return the content as a whole number; None if it is something else, such as "max"."""
    try:
        return int(_read_text(path) or "")
    except ValueError:
        return None
