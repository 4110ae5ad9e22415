"""Who else uses the processor."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from actbench.doctor.kernel import text

_BUSY_CORES = 0.05
_SHOWN = 3


@dataclass(frozen=True)
class Process:
    """A process at one moment.

    Attributes:
        name: The first 15 characters of the program's.
        parent: Id of the process that started it.
        started: Ticks since the machine started; tells apart two processes that had the same id.
        ticks: Processor time used so far.
    """

    name: str
    parent: int
    started: int
    ticks: int


@dataclass(frozen=True)
class BusyProcess:
    """A process that was at work beside us.

    Attributes:
        pid: Its id.
        name: The first 15 characters of the program's.
        cores: Processor time over time that passed.
    """

    pid: int
    name: str
    cores: float


def processes(root: Path) -> dict[int, Process]:
    """All that can be seen, by id; none where there is no /proc."""
    found = {}
    for folder in (root / "proc").glob("[0-9]*"):
        line = text(folder / "stat")
        if line is None:  # it has ended
            continue
        # "7611 (cat) R 7597 ...": the name may itself hold spaces and brackets
        name, _, rest = line.partition("(")[2].rpartition(")")
        fields = rest.split()
        found[int(folder.name)] = Process(
            name=name, parent=int(fields[1]), started=int(fields[19]), ticks=int(fields[11]) + int(fields[12])
        )
    return found


def busiest(
    before: Mapping[int, Process], after: Mapping[int, Process], ticks: float, own: int
) -> tuple[BusyProcess, ...]:
    """Those that used the most processor time between two moments, the busiest first.

    Args:
        before: All processes at the first moment.
        after: All at the second.
        ticks: Between the two.
        own: Id of this process; it and those it started are left out.
    """
    found = [
        BusyProcess(pid, process.name, (process.ticks - _used(before.get(pid), process)) / ticks)
        for pid, process in after.items()
        if not _belongs_to(pid, own, after)
    ]
    busy = [process for process in found if process.cores >= _BUSY_CORES]
    return tuple(sorted(busy, key=lambda process: (-process.cores, process.pid))[:_SHOWN])


def _used(earlier: Process | None, process: Process) -> int:
    return earlier.ticks if earlier is not None and earlier.started == process.started else 0


def _belongs_to(pid: int, own: int, after: Mapping[int, Process]) -> bool:
    seen: set[int] = set()
    while pid in after and pid not in seen:
        if pid == own:
            return True
        seen.add(pid)
        pid = after[pid].parent
    return False
