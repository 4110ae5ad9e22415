"""The stopwatch, and the timed rounds that all measuring is made of."""

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


T = TypeVar("T")


class EarlyStopping:
    """Watches the validation loss of one training.

    Args:
        config: How many epochs to wait for how much of an improvement.
    """

    def __init__(self, config: EarlyStoppingConfig) -> None:
        self._config = config
        self._lowest = math.inf
        self._best_epoch = 0
        self._best_state: Any = None

    def stops(self, epoch: int, loss: float, trainer: Trainer) -> bool:
        """Return whether the training ends after this epoch.

        Args:
            epoch: The epoch that has just ended, from 1.
            loss: Its loss on the validation split. A loss that is not finite is no improvement.
            trainer: Its state is copied after the best epoch so far, if that is to be put back.
        """
        if loss + self._config.min_delta < self._lowest:
            self._lowest, self._best_epoch = loss, epoch
            if self._config.restore_best:
                self._best_state = trainer.state()
        return epoch - self._best_epoch >= self._config.patience

    def restore(self, trainer: Trainer) -> int | None:
        """Put the best epoch's state back.

        Returns:
            The best epoch, from 1; None if the config wants the last state.
        """
        if self._best_state is None:
            return None
        trainer.put_back(self._best_state)
        self._best_state = None
        return self._best_epoch


@dataclass
class RunningCell:
    """A cell's trainer and the samples so far; `records.block.Cell` explains the samples.

    Attributes:
        plan: The cell's activation, and the hyper-parameters of its own.
        trainer: Reset to the block's seed.
        train: Sums of each epoch.
        validation: Evaluation after each epoch.
        early_stopping: None if the config has none.
        stopped: Whether early stopping has ended the training.
        test: Evaluation on the test set, once the training is over.
        latency_s: Seconds of the inference calls, by batch size.
    """

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


def alive(cells: Sequence[RunningCell]) -> list[RunningCell]:
    """Return the cells that have not diverged."""
    return [cell for cell in cells if not cell.diverged]


def in_training(cells: Sequence[RunningCell]) -> list[RunningCell]:
    """Return the cells that have neither diverged nor stopped early."""
    return [cell for cell in alive(cells) if not cell.stopped]


@dataclass(frozen=True)
class Rounds:
    """Times the same work of every cell in turn, in random orders that together favor none.

    Attributes:
        cells: All cells of the block; a round leaves out those that have diverged or do not take part.
        seed: The block's seed.
        stopwatch: The block's stopwatch.
    """

    cells: Sequence[RunningCell]
    seed: int
    stopwatch: Stopwatch

    def training(
        self,
        role: str,
        index: int,
        work: Callable[[Trainer], T],
        taking_part: Callable[[Sequence[RunningCell]], list[RunningCell]] = alive,
    ) -> Iterator[tuple[RunningCell, float, T]]:
        """Run one round of training slices.

        Args:
            role: Names the random numbers that the order comes from.
            index: The round's number among those of its role, from 0.
            work: Trains the slice.
            taking_part: Chooses the cells.

        Yields:
            Cell, seconds, and what the work returned.
        """
        return self._round("training", role, index, work, taking_part)

    def inference(self, batch_size: int, batch: object, index: int) -> None:
        """Run one round of inference calls, and append their seconds to the cells' latencies."""
        role = f"inference round of {batch_size}"
        for cell, elapsed_s, _ in self._round("inference", role, index, lambda trainer: trainer.infer(batch)):
            cell.latency_s[batch_size].append(elapsed_s)

    def untimed_inference(self, batch: object) -> None:
        """Call every cell once, to bring back into the caches what training has just displaced from them."""
        with self.stopwatch.measure("inference"):
            for cell in alive(self.cells):
                cell.trainer.infer(batch)

    def _round(
        self,
        phase: str,
        role: str,
        index: int,
        work: Callable[[Trainer], T],
        taking_part: Callable[[Sequence[RunningCell]], list[RunningCell]] = alive,
    ) -> Iterator[tuple[RunningCell, float, T]]:
        order = balanced_order(len(self.cells), self.seed, role, index)
        with garbage_collection_paused():
            for cell in taking_part([self.cells[k] for k in order]):
                with self.stopwatch.measure(phase) as lap:
                    result = work(cell.trainer)
                yield cell, lap.elapsed_s, result
