"""The memory that this process has taken."""

from __future__ import annotations

import gc
import math
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from actbench.records.block import Phases
from actbench.rng import balanced_order

if TYPE_CHECKING:
    from actbench.config.schema.train import EarlyStoppingConfig
    from actbench.engine.protocols import Evaluation, Sums, Trainer
    from actbench.plan.cell import CellPlan
    from actbench.records.block import Probe

_STATUS = Path("/proc/self/status")


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far, which psutil does not tell."""
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    # Not the first choice: on Linux this also remembers the parent's size at the moment of the fork.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # KiB on all systems but macOS


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


class EarlyStopping:
    """Watches the validation loss of one training.

    Args:
        config: How long to wait for what.
    """

    def __init__(self, config: EarlyStoppingConfig) -> None:
        self._config = config
        self._lowest = math.inf
        self._best_epoch = 0
        self._best_state: Any = None

    def stops(self, epoch: int, loss: float, trainer: Trainer) -> bool:
        """Whether the training ends here.

        Args:
            epoch: The one that has just ended, from 1.
            loss: On the validation split; one that is not finite is no better than any.
            trainer: A copy of its state is kept where it is the best so far, and to be put back.
        """
        if loss + self._config.min_delta < self._lowest:
            self._lowest, self._best_epoch = loss, epoch
            if self._config.restore_best:
                self._best_state = trainer.state()
        return epoch - self._best_epoch >= self._config.patience

    def restore(self, trainer: Trainer) -> int | None:
        """Puts the best state back; of which epoch it is, from 1, None where that is not wanted."""
        if self._best_state is None:
            return None
        trainer.put_back(self._best_state)
        self._best_state = None
        return self._best_epoch


T = TypeVar("T")


@dataclass
class Running:
    """A cell's trainer and the samples so far; see `records.Cell` for what they are."""

    plan: CellPlan
    trainer: Trainer
    compile_s: float | None = None
    diverged: bool = False
    slice_s: list[float] = field(default_factory=list)
    extra_slice_s: list[float] = field(default_factory=list)
    train: list[Sums] = field(default_factory=list)
    validation: list[Evaluation] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    early_stopping: EarlyStopping | None = None
    stopped: bool = False
    best_epoch: int | None = None
    test: Evaluation | None = None
    inference_compile_s: dict[int, float] = field(default_factory=dict)
    latency_s: dict[int, list[float]] = field(default_factory=dict)


def alive(cells: Sequence[Running]) -> list[Running]:
    """Those that have not diverged."""
    return [cell for cell in cells if not cell.diverged]


def in_training(cells: Sequence[Running]) -> list[Running]:
    """Those of them that have not stopped early either."""
    return [cell for cell in alive(cells) if not cell.stopped]


@dataclass(frozen=True)
class Rounds:
    """Times the same work of every cell in turn, in random orders that together favour none.

    Attributes:
        cells: All of the block; those that have diverged, or do not take part, are passed over.
        seed: The block's.
        stopwatch: The block's.
    """

    cells: Sequence[Running]
    seed: int
    stopwatch: Stopwatch

    def training(
        self,
        role: str,
        index: int,
        work: Callable[[Trainer], T],
        taking_part: Callable[[Sequence[Running]], list[Running]] = alive,
    ) -> Iterator[tuple[Running, float, T]]:
        """One round of slices; yields cell, seconds and what the work returned."""
        return self._round("training", role, index, work, taking_part)

    def inference(self, batch_size: int, batch: object, index: int) -> None:
        """One round of calls; appends to the latencies."""
        role = f"inference round of {batch_size}"
        for cell, elapsed_s, _ in self._round("inference", role, index, lambda trainer: trainer.infer(batch)):
            cell.latency_s[batch_size].append(elapsed_s)

    def untimed_inference(self, batch: object) -> None:
        """Brings back into the caches what training has just displaced from them."""
        with self.stopwatch.measure("inference"):
            for cell in alive(self.cells):
                cell.trainer.infer(batch)

    def _round(
        self,
        phase: str,
        role: str,
        index: int,
        work: Callable[[Trainer], T],
        taking_part: Callable[[Sequence[Running]], list[Running]] = alive,
    ) -> Iterator[tuple[Running, float, T]]:
        order = balanced_order(len(self.cells), self.seed, role, index)
        with garbage_collection_paused():
            for cell in taking_part([self.cells[k] for k in order]):
                with self.stopwatch.measure(phase) as lap:
                    result = work(cell.trainer)
                yield cell, lap.elapsed_s, result
