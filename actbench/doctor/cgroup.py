"""How much of the machine a container, or another control group, may use.

See "Control Group v2" and "Control Groups version 1" in the Linux kernel's documentation.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from actbench.doctor.kernel import number, text

_UNLIMITED = 2**62  # version 1 writes a little less than 2**63 where there is no limit


def cpu_quota(root: Path) -> float | None:
    """Cores' worth of time that this process may use; None without a limit.

    Args:
        root: The file tree with `proc` and `sys`.
    """
    quotas = [_quota(folder) for folder in _folders(root, "cpu")]
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_limit(root: Path) -> int | None:
    """Bytes that the control group of this process may use; None without a limit."""
    limits = [
        number(folder / name)
        for folder in _folders(root, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    return min((limit for limit in limits if limit is not None and limit < _UNLIMITED), default=None)


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """Where this process's group and its parents have their files: a limit of any of them holds."""
    mount = root / "sys/fs/cgroup"
    for line in (text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers == "" or controller in controllers.split(","):
            top = mount / (controller if controllers else "")
            # in a container the group may be named as the host sees it, or lie outside ("/..")
            inside = PurePosixPath(*(part for part in PurePosixPath(group).parts if part not in {"/", ".."}))
            yield from (top / part for part in (inside, *inside.parents))


def _quota(folder: Path) -> float | None:
    words = (text(folder / "cpu.max") or "").split()  # "150000 100000", or "max 100000"
    if len(words) == 2 and words[0].isdigit():
        return int(words[0]) / int(words[1])
    quota, period = number(folder / "cpu.cfs_quota_us"), number(folder / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None
