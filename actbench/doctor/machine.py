"""The facts of a machine that decide how steady a measurement on it can be.

They are read from a tree like Linux's `/proc` and `/sys`; where there is none, as on macOS, they are unknown.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from actbench.doctor.cgroup import cpu_quota, memory_limit
from actbench.doctor.kernel import number, table, text
from actbench.doctor.processes import BusyProcess, Process, busiest, processes

_STEAL = 7  # in /proc/stat's "cpu" line: user nice system idle iowait irq softirq steal guest guest_nice


@dataclass(frozen=True)
class Machine:
    """What holds for the machine, or held for it between two moments; None is unknown.

    Attributes:
        cores: Cores that are online, whoever may use them.
        cores_quota: Cores' worth of time that the control group allows; None, too, without a limit.
        governor: What chooses the frequency of the cores, such as "performance".
        turbo: Whether cores may run above their nominal frequency.
        load_average: Processes that ran or waited, on average over the minute before.
        steal: Fraction of the processor's time that the hypervisor gave to others meanwhile.
        memory_available_bytes: Memory that a new process could have.
        memory_limit_bytes: What the control group allows; None, too, without a limit.
        swap_bytes: Size of all swap space.
        swap_used_bytes: How much of it is in use.
        huge_pages: When memory comes in transparent huge pages, such as "madvise".
        busy_processes: Others that used at least a twentieth of a core meanwhile, the busiest first.
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
class Moment:
    """What has to be read twice, or before the machine is given work.

    Attributes:
        at_s: Of a monotonic clock.
        load_average: As in `Machine`.
        memory: The lines of /proc/meminfo in bytes.
        processor_ticks: What all cores have done so far, as /proc/stat has it; empty where unknown.
        processes: By id.
    """

    at_s: float
    load_average: float | None
    memory: dict[str, int]
    processor_ticks: tuple[int, ...]
    processes: dict[int, Process]


def observe(root: Path, clock: Callable[[], float]) -> Moment:
    """Reads the counters.

    Args:
        root: The file tree with `proc` and `sys`.
        clock: Monotonic, in seconds.
    """
    load = text(root / "proc/loadavg")
    memory = {name: value.split() for name, value in table(root / "proc/meminfo").items()}
    ticks = table(root / "proc/stat").get("cpu", "").split()
    return Moment(
        at_s=clock(),
        load_average=float(load.split()[0]) if load else None,
        memory={name: int(value[0]) * 1024 for name, value in memory.items() if value[1:] == ["kB"]},
        processor_ticks=tuple(map(int, ticks)),
        processes=processes(root),
    )


def describe_machine(
    root: Path,
    before: Moment,
    after: Moment,
    *,
    own: int | None = None,
    ticks_per_s: float | None = None,
) -> Machine:
    """The facts, given what was observed before and after a measurement.

    Args:
        root: The file tree with `proc` and `sys`.
        before: Before the measurement; load and memory are as they were then.
        after: After it.
        own: Id of the process that measured; this one.
        ticks_per_s: Ticks of processor time in a second; this system's.
    """
    own = os.getpid() if own is None else own
    ticks = (after.at_s - before.at_s) * (ticks_per_s or os.sysconf("SC_CLK_TCK"))
    memory = before.memory
    return Machine(
        cores=_online_cores(root),
        cores_quota=cpu_quota(root),
        governor=_governor(root),
        turbo=_turbo(root),
        load_average=before.load_average,
        steal=_steal(before.processor_ticks, after.processor_ticks),
        memory_available_bytes=memory.get("MemAvailable"),
        memory_limit_bytes=memory_limit(root),
        swap_bytes=memory.get("SwapTotal"),
        swap_used_bytes=memory["SwapTotal"] - memory["SwapFree"] if "SwapFree" in memory else None,
        huge_pages=_chosen(text(root / "sys/kernel/mm/transparent_hugepage/enabled")),
        busy_processes=busiest(before.processes, after.processes, ticks, own) if after.processes else None,
    )


def _online_cores(root: Path) -> int | None:
    names = table(root / "proc/stat")
    return sum(name.startswith("cpu") and name != "cpu" for name in names) or None


def _governor(root: Path) -> str | None:
    paths = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    return ", ".join(sorted({name for path in paths if (name := text(path))})) or None


def _turbo(root: Path) -> bool | None:
    cpu = root / "sys/devices/system/cpu"
    off, on = number(cpu / "intel_pstate/no_turbo"), number(cpu / "cpufreq/boost")
    if off is not None:
        return off == 0
    return None if on is None else on == 1


def _steal(before: tuple[int, ...], after: tuple[int, ...]) -> float | None:
    passed = [late - early for early, late in zip(before, after, strict=False)]
    counted = passed[: _STEAL + 1]  # guests' time is part of "user" already
    return passed[_STEAL] / sum(counted) if len(passed) > _STEAL and sum(counted) > 0 else None


def _chosen(choices: str | None) -> str | None:
    """The one in brackets of "always [madvise] never"."""
    return choices.partition("[")[2].partition("]")[0] or None if choices else None
