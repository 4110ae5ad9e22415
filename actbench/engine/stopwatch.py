"""The stopwatch: seconds by phase, without garbage collection in between; and the process's peak memory."""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from actbench.records.block import Phases

Clock = Callable[[], float]

_STATUS = Path("/proc/self/status")


@dataclass
class Lap:
    """One measured stretch of time.

    Attributes:
        elapsed_s: Seconds, once the stretch is over.
    """

    elapsed_s: float = 0.0


class Stopwatch:
    """Measures stretches of time and adds them up by phase.

    Args:
        clock: A monotonic clock in seconds.
        import_s: Seconds already spent on the "import" phase; they count as part of the whole.
    """

    def __init__(self, clock: Clock = time.perf_counter, import_s: float = 0.0) -> None:
        self._clock = clock
        self._started = clock() - import_s
        self._total_s: dict[str, float] = defaultdict(float, {"import": import_s})

    @contextmanager
    def measure(self, phase: str) -> Iterator[Lap]:
        """Time the body and add its seconds to the phase."""
        lap = Lap()
        start = self._clock()
        yield lap
        lap.elapsed_s = self._clock() - start
        self._total_s[phase] += lap.elapsed_s

    def total_s(self, phase: str) -> float:
        """Return the seconds measured for a phase so far."""
        return self._total_s[phase]

    def since_start_s(self) -> float:
        """Return the seconds since the stopwatch was made, the import before it included."""
        return self._clock() - self._started

    def phases(self) -> Phases:
        """Return the seconds of all phases so far, for the record."""
        return Phases(
            wall_s=self.since_start_s(),
            import_s=self.total_s("import"),
            compile_s=self.total_s("compile"),
            training_s=self.total_s("training"),
            inference_s=self.total_s("inference"),
            evaluation_s=self.total_s("evaluation"),
            data_s=self.total_s("data"),
            probes_s=self.total_s("probes"),
        )


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Keep Python's garbage collector from running inside a timed region."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far, which psutil does not tell."""
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    # Not the first choice: on Linux this also remembers the parent's size at the moment of the fork.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # KiB on all systems but macOS
