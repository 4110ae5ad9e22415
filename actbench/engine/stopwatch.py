"""Where a block's time goes, by one clock."""

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from actbench.records import Phases

Clock = Callable[[], float]


@dataclass
class Lap:
    """One measured stretch.

    Attributes:
        elapsed_s: Seconds, once the stretch is over.
    """

    elapsed_s: float = 0.0


class Stopwatch:
    """Measures stretches and adds them up by phase.

    Args:
        clock: A monotonic clock in seconds.
        import_s: Time already spent on the "import" phase; it counts as part of the whole.
    """

    def __init__(self, clock: Clock = time.perf_counter, import_s: float = 0.0) -> None:
        self._clock = clock
        self._started = clock() - import_s
        self._total_s: dict[str, float] = defaultdict(float, {"import": import_s})

    @contextmanager
    def measure(self, phase: str) -> Iterator[Lap]:
        """Times the body and adds it to the phase."""
        lap = Lap()
        start = self._clock()
        yield lap
        lap.elapsed_s = self._clock() - start
        self._total_s[phase] += lap.elapsed_s

    def total_s(self, phase: str) -> float:
        """Seconds measured for a phase so far."""
        return self._total_s[phase]

    def since_start_s(self) -> float:
        """Seconds since the stopwatch was made, and the import before it."""
        return self._clock() - self._started

    def phases(self) -> Phases:
        """All of it, for the record."""
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
    """Keeps Python's collector from running inside a timed region."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
