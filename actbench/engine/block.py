"""One block: every activation of one setting and seed, trained and timed in interleaved random rounds."""

import gc
import math
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from actbench.engine.stopwatch import Stopwatch, garbage_collection_paused
from actbench.engine.trainer import Engine, Sums, Trainer
from actbench.plan import Block, CellPlan, slice_steps, steps_per_epoch
from actbench.records import BlockRecord, Cell, Environment, Inference, Phases
from actbench.streams import permutation

OnEpoch = Callable[[int, dict[str, float]], None]


@dataclass
class _Running:
    """A cell while it is being measured: its trainer and the samples so far."""

    plan: CellPlan
    trainer: Trainer
    compile_s: float | None = None
    diverged: bool = False
    slice_s: list[float] = field(default_factory=list)
    train: list[Sums] = field(default_factory=list)
    validation: list[Sums] = field(default_factory=list)
    test: Sums | None = None
    inference_compile_s: dict[int, float] = field(default_factory=dict)
    latency_s: dict[int, list[float]] = field(default_factory=dict)


class BlockRunner:
    """Measures blocks of one setting, compiling each activation once however many seeds follow.

    Args:
        engine: Made for the setting's dataset.
        training_rows: Examples in the training part.
        validation: Rows for the metrics after each epoch; may be empty.
        test: Rows looked at once, after the last epoch.
        environment: Recorded with every block.
    """

    def __init__(
        self, engine: Engine, training_rows: int, validation: range, test: range, environment: Environment
    ) -> None:
        self._engine = engine
        self._training_rows = training_rows
        self._validation = validation
        self._test = test
        self._environment = environment
        self._trainers: dict[str, Trainer] = {}
        self._inference_ready: set[tuple[str, int]] = set()

    def run(self, block: Block, stopwatch: Stopwatch, on_epoch: OnEpoch) -> BlockRecord:
        """Trains and times all cells of the block.

        Args:
            block: The cells and their common seed.
            stopwatch: Started when the block was taken; may hold "import" and "data" already.
            on_epoch: Called after each epoch with its number, from 1, and label to validation accuracy.
        """
        started_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        cells = [self._start(cell, block, stopwatch) for cell in block.cells]
        # What TensorFlow and the models allocated stays; collections between the rounds need not walk it.
        gc.freeze()
        steps = steps_per_epoch(block.setting, self._training_rows)
        slices = slice_steps(steps, block.setting.timing.slices_per_epoch)
        for epoch in range(block.setting.train.epochs):
            self._train_epoch(cells, block.seed, epoch, slices, stopwatch)
            with stopwatch.measure("evaluation"):
                accuracies = self._validate(cells)
            on_epoch(epoch + 1, accuracies)
        with stopwatch.measure("evaluation"):
            for cell in _alive(cells):
                cell.test = cell.trainer.evaluate(self._test)
                cell.diverged = not math.isfinite(cell.test.loss)
        for batch_size in block.setting.timing.inference_batch_sizes:
            self._time_inference(cells, block, batch_size, stopwatch)
        return BlockRecord(
            block=block.id,
            setting=block.setting.id,
            seed=block.seed,
            status="ok",
            started_at=started_at,
            environment=self._environment,
            slice_steps=tuple(slices) * block.setting.train.epochs,
            slices_per_epoch=len(slices),
            phases=_phases(stopwatch),
            peak_memory_bytes=peak_memory_bytes(),
            cells=tuple(_cell(cell) for cell in cells),
        )

    def _start(self, cell: CellPlan, block: Block, stopwatch: Stopwatch) -> _Running:
        label, compile_s = cell.label, None
        if label not in self._trainers:
            with stopwatch.measure("compile") as lap:
                self._trainers[label] = self._engine.trainer(cell)
                self._trainers[label].compile()
            compile_s = lap.elapsed_s
        running = _Running(cell, self._trainers[label], compile_s)
        running.trainer.reset(block.seed)
        return running

    def _train_epoch(
        self, cells: list[_Running], seed: int, epoch: int, slices: tuple[int, ...], stopwatch: Stopwatch
    ) -> None:
        placed = self._engine.place(permutation(self._training_rows, seed, "batches", epoch))
        sums: dict[str, Sums] = {}
        start = 0
        for index, length in enumerate(slices):
            order = permutation(len(cells), seed, "training round", epoch * len(slices) + index)
            with garbage_collection_paused():
                for cell in _alive([cells[k] for k in order]):
                    with stopwatch.measure("training") as lap:
                        part = cell.trainer.train(placed, start, start + length)
                    cell.slice_s.append(lap.elapsed_s)
                    label = cell.plan.label
                    sums[label] = sums[label] + part if label in sums else part
                    cell.diverged = not math.isfinite(part.loss)
            start += length
        for cell in cells:
            if cell.plan.label in sums:
                cell.train.append(sums[cell.plan.label])

    def _validate(self, cells: list[_Running]) -> dict[str, float]:
        if not self._validation:
            return {}
        for cell in _alive(cells):
            cell.validation.append(cell.trainer.evaluate(self._validation))
        return {cell.plan.label: cell.validation[-1].accuracy for cell in _alive(cells)}

    def _time_inference(
        self, cells: list[_Running], block: Block, batch_size: int, stopwatch: Stopwatch
    ) -> None:
        for cell in _alive(cells):
            cell.latency_s[batch_size] = []
            if (cell.plan.label, batch_size) not in self._inference_ready:
                with stopwatch.measure("compile") as lap:
                    cell.trainer.compile_inference(batch_size)
                cell.inference_compile_s[batch_size] = lap.elapsed_s
                self._inference_ready.add((cell.plan.label, batch_size))
        # Training has just displaced from the caches what the first calls would need.
        with stopwatch.measure("inference"):
            for cell in _alive(cells):
                cell.trainer.infer(batch_size)
        for index in range(block.setting.timing.inference_rounds):
            order = permutation(len(cells), block.seed, f"inference round of {batch_size}", index)
            with garbage_collection_paused():
                for cell in _alive([cells[k] for k in order]):
                    with stopwatch.measure("inference") as lap:
                        cell.trainer.infer(batch_size)
                    cell.latency_s[batch_size].append(lap.elapsed_s)


def peak_memory_bytes() -> int:
    """Largest resident size of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    # Elsewhere this also remembers the parent's size at the moment of the fork, hence not the first choice.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _alive(cells: list[_Running]) -> list[_Running]:
    return [cell for cell in cells if not cell.diverged]


def _phases(stopwatch: Stopwatch) -> Phases:
    return Phases(
        wall_s=stopwatch.since_start_s(),
        import_s=stopwatch.total_s("import"),
        compile_s=stopwatch.total_s("compile"),
        training_s=stopwatch.total_s("training"),
        inference_s=stopwatch.total_s("inference"),
        evaluation_s=stopwatch.total_s("evaluation"),
        data_s=stopwatch.total_s("data"),
    )


def _cell(cell: _Running) -> Cell:
    test = None if cell.diverged else cell.test
    return Cell(
        activation=cell.plan.label,
        status="diverged" if cell.diverged else "ok",
        parameters=cell.trainer.parameters,
        compile_s=cell.compile_s,
        slice_s=tuple(cell.slice_s),
        train_loss=tuple(_finite(sums.mean_loss) for sums in cell.train),
        train_accuracy=tuple(sums.accuracy for sums in cell.train),
        validation_loss=tuple(_finite(sums.mean_loss) for sums in cell.validation),
        validation_accuracy=tuple(sums.accuracy for sums in cell.validation),
        test_loss=None if test is None else test.mean_loss,
        test_accuracy=None if test is None else test.accuracy,
        inference=tuple(
            Inference(
                batch_size=batch_size,
                latency_s=tuple(latencies),
                compile_s=cell.inference_compile_s.get(batch_size),
            )
            for batch_size, latencies in cell.latency_s.items()
        ),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
