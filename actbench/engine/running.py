"""A cell while it is being measured, and the timed round that all measuring is made of."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from actbench.engine.early_stopping import EarlyStopping
from actbench.engine.stopwatch import Stopwatch, garbage_collection_paused
from actbench.engine.trainer import Evaluation, Sums, Trainer
from actbench.planned import CellPlan
from actbench.records import Probe
from actbench.streams import balanced_order

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
