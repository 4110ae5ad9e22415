import pytest

from actbench.doctor.cgroup import cpu_quota, memory_limit
from tests.doctor.trees import write

GIB = 2**30
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
