"""The runner: turns a block into its record, by training, timing and testing all of its cells."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from actbench.datasets.dataset import prepare
from actbench.engine import runtime
from actbench.engine.compiled import CompiledEngine
from actbench.engine.extra_rounds import ExtraRounds
from actbench.engine.keras_fit import KerasEngine
from actbench.engine.micro import make_calls, measure_micro, wait
from actbench.engine.rounds import (
    EarlyStopping,
    Rounds,
    RunningCell,
    Stopwatch,
    alive,
    in_training,
    peak_memory_bytes,
)
from actbench.execution.protocol import Progress
from actbench.plan.micro import MicroBlock
from actbench.plan.models import slice_steps, steps_per_epoch
from actbench.records.block import BlockRecord, Cell, Inference, pack
from actbench.rng import permutation

if TYPE_CHECKING:
    from actbench.datasets.dataset import Dataset
    from actbench.engine.protocols import Engine, Sums, Trainer
    from actbench.plan.cell import CellPlan
    from actbench.plan.models import Block, Setting
    from actbench.records.run import Environment

OnEpoch = Callable[[int, dict[str, float]], None]

Report = Callable[[Progress], None]

ENGINES: dict[str, Callable[[Setting, Dataset], Engine]] = {"compiled": CompiledEngine, "keras": KerasEngine}
"""The engines by their names in `timing.engine`."""


class Measurer:
    """Turns blocks into records; the blocks of a setting share its data and its compiled programs.

    Args:
        import_s: Seconds that importing TensorFlow took; the first block is charged with them.
    """

    def __init__(self, import_s: float) -> None:
        self._environment = runtime.describe_runtime()
        self._unclaimed_import_s = import_s
        self._setting: Setting | None = None
        self._runner: BlockRunner | None = None

    def measure(self, block: Block | MicroBlock, report: Report) -> BlockRecord:
        """Measure one block.

        Args:
            block: A block of `actbench run` is trained and timed, one of `actbench micro` is timed.
            report: Told of the progress.

        Raises:
            DataError: The dataset cannot be loaded, or an imported function cannot be used.
        """
        stopwatch = Stopwatch(import_s=self._unclaimed_import_s)
        self._unclaimed_import_s = 0.0
        if isinstance(block, MicroBlock):
            return self._measure_micro(block, stopwatch, report)
        epochs = block.setting.train.epochs

        def on_epoch(epoch: int, scores: dict[str, float]) -> None:
            report(Progress(block=block.id, epoch=epoch, epochs=epochs, validation_score=scores))

        if self._runner is None or self._setting != block.setting:
            with stopwatch.measure("data"):
                self._runner = self._prepare(block.setting)
            self._setting = block.setting
        return self._runner.run(block, stopwatch, on_epoch)

    def _measure_micro(self, block: MicroBlock, stopwatch: Stopwatch, report: Report) -> BlockRecord:
        def on_round(done: int) -> None:
            report(
                Progress(block=block.id, epoch=done, epochs=block.rounds, unit="round", validation_score={})
            )

        return measure_micro(block, make_calls, wait, self._environment, stopwatch, on_round)

    def _prepare(self, setting: Setting) -> BlockRunner:
        dataset = prepare(setting.dataset.spec(), setting.kinds, setting.data_sha256)
        engine = ENGINES[setting.timing.engine](setting, dataset)
        return BlockRunner(engine, len(dataset.train), dataset.validation, dataset.test, self._environment)


class BlockRunner:
    """Measures blocks of one setting, and compiles each activation once, however many seeds follow.

    Where hyper-parameters are tuned, it compiles for each candidate, and afresh for what was chosen.

    Args:
        engine: Made for the setting's dataset.
        training_rows: Examples in the training part.
        validation: Rows that are evaluated after each epoch; may be empty.
        test: Rows that are evaluated once, after the last epoch.
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
        self._compiled_for: dict[str, tuple[bool, CellPlan]] = {}
        self._spare_s = 0.0  # of the timing budget: what a block leaves goes to the next
        self._inference_ready: set[tuple[str, int]] = set()

    def run(self, block: Block, stopwatch: Stopwatch, on_epoch: OnEpoch) -> BlockRecord:
        """Train, test and time all cells of the block.

        Args:
            block: The cells and their common seed.
            stopwatch: Started when the block was taken; may hold "import" and "data" already.
            on_epoch: Called after each epoch with its number, from 1, and validation scores by label,
                without those that are not finite.
        """
        started_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        cells = [self._start(cell, block, stopwatch) for cell in block.cells]
        # What TensorFlow and the models allocated stays; collections between the rounds need not walk it.
        gc.freeze()
        steps = steps_per_epoch(block.setting, self._training_rows)
        slices = slice_steps(steps, block.setting.timing.slices_per_epoch)
        rounds = Rounds(cells, block.seed, stopwatch)
        with stopwatch.measure("probes"):
            self._probe(cells, block)
        epochs = 0
        while epochs < block.setting.train.epochs and in_training(cells):
            self._train_epoch(rounds, epochs, slices)
            epochs += 1
            with stopwatch.measure("evaluation"):
                scores = self._validate(cells, epochs)
            with stopwatch.measure("probes"):
                self._probe(cells, block)
            on_epoch(epochs, scores)
        with stopwatch.measure("evaluation"):
            self._test_cells(cells, block)
        with stopwatch.measure("probes"):
            self._probe(cells, block, ended=True)
        # All cells share a batch, so that none is timed on a better place in memory than another. Each block
        # places it anew.
        batches = {size: self._engine.inference_batch(size) for size in block.inference_batch_sizes}
        for batch_size, batch in batches.items():
            self._time_inference(rounds, batch_size, batch, block.setting.timing.inference_rounds)
        budget_s, before_s = block.extra_budget_s + self._spare_s, stopwatch.since_start_s()
        extra = ExtraRounds(self._engine, block, rounds, slices, self._training_rows, batches)
        extra_slice_steps = extra.run(budget_s)
        self._spare_s = max(0.0, budget_s - (stopwatch.since_start_s() - before_s))
        return BlockRecord(
            block=block.id,
            setting=block.setting.id,
            seed=block.seed,
            status="ok",
            started_at=started_at,
            environment=self._environment,
            slice_steps=tuple(slices) * epochs,
            slices_per_epoch=len(slices),
            phases=stopwatch.phases(),
            peak_memory_bytes=peak_memory_bytes(),
            cells=tuple(cell_record(cell) for cell in cells),
            extra_slice_steps=extra_slice_steps,
            candidate=block.candidate,
        )

    def _start(self, cell: CellPlan, block: Block, stopwatch: Stopwatch) -> RunningCell:
        """Return the cell at the start of its training, compiled if no earlier block has done so."""
        label, compile_s = cell.label, None
        compiled_for = (bool(block.candidate), cell)  # what a tuning has compiled is not what is timed
        if self._compiled_for.get(label) != compiled_for:
            with stopwatch.measure("compile") as lap:
                self._trainers[label] = self._engine.trainer(cell)
                self._trainers[label].compile()
            compile_s = lap.elapsed_s
            self._compiled_for[label] = compiled_for
            self._inference_ready = {ready for ready in self._inference_ready if ready[0] != label}
        running = RunningCell(cell, self._trainers[label], compile_s)
        if block.setting.train.early_stopping is not None:
            running.early_stopping = EarlyStopping(block.setting.train.early_stopping)
        running.trainer.reset(block.seed)
        return running

    def _train_epoch(self, rounds: Rounds, epoch: int, slices: Sequence[int]) -> None:
        """Train all cells for one epoch, slice by slice; a cell whose loss is not finite ends there."""
        placed = self._engine.place(permutation(self._training_rows, rounds.seed, "batches", epoch))
        sums: dict[str, Sums] = {}
        start = 0
        for index, length in enumerate(slices):
            work = partial(_train, placed, start, start + length)
            round_index = epoch * len(slices) + index
            for cell, elapsed_s, part in rounds.training("training round", round_index, work, in_training):
                cell.slice_s.append(elapsed_s)
                label = cell.plan.label
                sums[label] = sums[label] + part if label in sums else part
                cell.diverged = not math.isfinite(part.loss)
            start += length
        for cell in rounds.cells:
            if cell.plan.label in sums:
                cell.train.append(sums[cell.plan.label])

    def _validate(self, cells: list[RunningCell], epoch: int) -> dict[str, float]:
        """Evaluate all cells on the validation split, and return the finite scores by label."""
        if not self._validation:
            return {}
        for cell in in_training(cells):
            cell.validation.append(cell.trainer.evaluate(self._validation))
            if cell.early_stopping is not None:
                loss = cell.validation[-1].loss
                cell.stopped = cell.early_stopping.stops(epoch, loss, cell.trainer)
        # A score is not finite if the last step made the weights overflow: that cell ends at the next slice
        # or at the test.
        scores = {cell.plan.label: cell.validation[-1].score for cell in alive(cells)}
        return {label: score for label, score in scores.items() if math.isfinite(score)}

    def _test_cells(self, cells: Sequence[RunningCell], block: Block) -> None:
        """Put the best weights back, and evaluate on the test set, which no tuning block looks at."""
        for cell in alive(cells):
            if cell.early_stopping is not None:
                cell.best_epoch = cell.early_stopping.restore(cell.trainer)
            if not block.candidate:
                cell.test = cell.trainer.evaluate(self._test)
                cell.diverged = not math.isfinite(cell.test.loss)

    def _probe(self, cells: Sequence[RunningCell], block: Block, *, ended: bool = False) -> None:
        """Look into the cells that have come to an epoch that the config asks for, or to the end."""
        for cell in alive(cells):
            epoch = cell.best_epoch or len(cell.train)
            asked = "last" if ended else epoch
            if asked in block.probe_epochs and epoch not in [probe.epoch for probe in cell.probes]:
                cell.probes.append(cell.trainer.probe(epoch))

    def _time_inference(self, rounds: Rounds, batch_size: int, batch: Any, count: int) -> None:
        for cell in alive(rounds.cells):
            cell.latency_s[batch_size] = []
            if (cell.plan.label, batch_size) not in self._inference_ready:
                with rounds.stopwatch.measure("compile") as lap:
                    cell.trainer.compile_inference(batch)
                cell.inference_compile_s[batch_size] = lap.elapsed_s
                self._inference_ready.add((cell.plan.label, batch_size))
        rounds.untimed_inference(batch)
        for index in range(count):
            rounds.inference(batch_size, batch, index)


def _train(epoch: Any, start: int, stop: int, trainer: Trainer) -> Sums:
    return trainer.train(epoch, start, stop)


def cell_record(cell: RunningCell) -> Cell:
    """Return the raw samples of a cell; losses and scores that are not finite are None."""
    test = None if cell.diverged else cell.test
    correct = None if test is None else test.correct
    return Cell(
        activation=cell.plan.label,
        status="diverged" if cell.diverged else "ok",
        parameters=cell.trainer.parameters,
        compile_s=cell.compile_s,
        slice_s=tuple(cell.slice_s),
        train_loss=tuple(_finite(sums.mean_loss) for sums in cell.train),
        train_score=tuple(map(cell.trainer.train_score, cell.train)),
        validation_loss=tuple(_finite(seen.loss) for seen in cell.validation),
        validation_score=tuple(_finite(seen.score) for seen in cell.validation),
        test_loss=None if test is None else test.loss,
        test_score=None if test is None else test.score,
        inference=tuple(
            Inference(
                batch_size=batch_size,
                latency_s=tuple(latencies),
                compile_s=cell.inference_compile_s.get(batch_size),
            )
            for batch_size, latencies in cell.latency_s.items()
        ),
        test_metrics={
            # A metric may have no value, such as a share of examples that there are none of.
            name: value
            for name, value in ({} if test is None else test.metrics).items()
            if math.isfinite(value)
        },
        test_correct=None if correct is None else pack(correct),
        extra_slice_s=tuple(cell.extra_slice_s),
        probes=tuple(sorted(cell.probes, key=lambda probe: probe.epoch)),
        epochs_trained=None if cell.diverged or cell.early_stopping is None else len(cell.train),
        best_epoch=None if cell.diverged else cell.best_epoch,
        tuned=cell.plan.tuned,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
