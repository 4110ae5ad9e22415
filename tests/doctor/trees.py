"""File trees like Linux's /proc and /sys, with what a test puts there."""

from tests.fakes import FakeClock

TICKS_PER_S = 100

QUIET = {
    "proc/stat": "cpu  1000 0 500 8000 10 0 5 0 0 0\ncpu0 500 0 250 4000 5 0 5 0 0 0\n"
    "cpu1 500 0 250 4000 5 0 0 0 0 0\nintr 12345 0 9\nctxt 77\n",
    "proc/loadavg": "0.25 0.10 0.05 1/89 7606\n",
    "proc/meminfo": "MemTotal:       8000000 kB\nMemAvailable:   6000000 kB\nSwapTotal:      2000000 kB\n"
    "SwapFree:       1500000 kB\nHugePages_Total:       0\n",
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/cpu.max": "max 100000\n",
    "sys/fs/cgroup/memory.max": "max\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance\n",
    "sys/devices/system/cpu/cpufreq/boost": "1\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
}


def write(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def process(pid, name, ticks, parent=1, started=50):
    """The file of a process that has used that much processor time, most of it for itself."""
    user, system = ticks - ticks // 4, ticks // 4
    fields = (
        f"R {parent} {pid} {pid} 0 -1 4194304 101 0 0 0 {user} {system} 0 0 20 0 1 0 {started} 3133440 411"
    )
    return {f"proc/{pid}/stat": f"{pid} ({name}) {fields}\n"}


def clock_at(*seconds):
    """A clock that shows these seconds, one after the other."""
    clock, left = FakeClock(), list(seconds)

    def read():
        clock.now = left.pop(0)
        return clock()

    return read
