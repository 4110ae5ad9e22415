"""Machines and blocks of the doctor that come out as the test says."""

import math
import random

from actbench.analysis.design import PlaceboMeasurement
from actbench.errors import WorkerError
from actbench.execution.machine import MachineSample, MachineState, ProcessSample
from actbench.execution.protocol import Finished
from actbench.stats.intervals import Interval
from tests.factories import make_environment, make_failed_block
from tests.fake_worker import record_of

GIB = 2**30

QUIET_TREE = {
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/cpu.max": "max 100000\n",
    "sys/fs/cgroup/memory.max": "max\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance\n",
    "sys/devices/system/cpu/cpufreq/boost": "1\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
}
QUIET_MACHINE = MachineState(
    cores=2,
    cores_quota=None,
    governor="performance",
    turbo=True,
    load_average=0.2,
    steal=0.0,
    memory_available_bytes=6 * GIB,
    memory_limit_bytes=None,
    swap_bytes=0,
    swap_used_bytes=0,
    huge_pages="madvise",
    busy_processes=(),
)
UNKNOWN_MACHINE = MachineState(*[None] * 12)
MEASURED = PlaceboMeasurement("compiled", 100, 0.05, Interval(1.001, 0.995, 1.007), 0.006, 0.002)


def write(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def make_sample(at_s=0.0, processes=None, **changes):
    """What is read on a quiet machine, with these changes."""
    facts = {
        "cores": 2,
        "load_average": 0.25,
        "memory_available_bytes": 6_000_000 * 1024,
        "swap_bytes": 2_000_000 * 1024,
        "swap_used_bytes": 500_000 * 1024,
        "cpu_s": 95.15,
        "steal_s": 0.0,
    }
    return MachineSample(at_s=at_s, processes=processes or {}, **(facts | changes))


def sampler(*samples):
    """What reads these samples, one after the other; of a quiet machine where there are none."""
    left = list(samples) or [make_sample(0.0), make_sample(10.0, cpu_s=115.15)]
    return lambda: left.pop(0)


def process(pid, name, cpu_s, parent=1, started_s=50.0):
    return {pid: ProcessSample(name, parent, started_s, cpu_s)}


def noisy(spread, rounds=200, around=1.0):
    noise = random.Random(0)
    return [around * math.exp(noise.gauss(0, spread)) for _ in range(rounds)]


def timing(ratios, slice_s=0.05, ran=None):
    """An executor under which the placebo takes that many times as long as the original, round by round."""

    def execute(blocks):
        for block in blocks:
            if ran is not None:
                ran.append(block)
            record = record_of(block)
            relu, placebo = record.cells
            times = tuple(slice_s * ratio for ratio in ratios)
            cells = (
                relu.model_copy(
                    update={"slice_s": (slice_s,) * 2, "extra_slice_s": (slice_s,) * (len(times) - 2)}
                ),
                placebo.model_copy(update={"slice_s": times[:2], "extra_slice_s": times[2:]}),
            )
            yield Finished(
                record=record.model_copy(update={"cells": cells, "environment": make_environment()})
            )

    return execute


def failing(*engines, error="InternalError: no JIT\ntraceback", otherwise=()):
    """An executor whose workers die under these engines."""

    def execute(blocks):
        for block in blocks:
            if block.setting.timing.engine in engines:
                yield Finished(record=make_failed_block(error=error).model_copy(update={"block": block.id}))
            else:
                yield from timing(otherwise)([block])

    return execute


def without_worker(blocks):
    raise WorkerError("no worker could be started: No module named 'tensorflow'")
    yield
