"""The engine `compiled`: a whole slice of training steps is one XLA program over data that stays in place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.engine.evaluation import empty_tally, example_losses, tally
from actbench.engine.learner import Learner
from actbench.engine.protocols import Sums, evaluation_pieces

if TYPE_CHECKING:
    from actbench.datasets.dataset import Dataset
    from actbench.engine.protocols import Evaluation
    from actbench.metrics.objectives import Objective
    from actbench.plan.cell import CellPlan
    from actbench.plan.models import Setting


class CompiledEngine:
    """Holds the dataset as tensors, which all trainers share.

    Args:
        setting: Model and training hyper-parameters.
        dataset: Its rows are in one array, the training part first.
    """

    def __init__(self, setting: Setting, dataset: Dataset) -> None:
        self.setting = setting
        self.dataset = dataset
        self.x = tf.constant(dataset.x)
        self.y = tuple(tf.constant(target.y) for target in dataset.targets)

    def place(self, order: npt.NDArray[np.int32]) -> tf.Tensor:
        return tf.constant(order)

    def inference_batch(self, batch_size: int) -> tf.Tensor:
        return tf.constant(self.dataset.x[np.resize(self.dataset.train, batch_size)])

    def trainer(self, cell: CellPlan) -> CompiledTrainer:
        return CompiledTrainer(self, cell)


class CompiledTrainer(Learner):
    """Trains one model by compiled slices; `protocols.Trainer` says what the methods promise."""

    def __init__(self, engine: CompiledEngine, cell: CellPlan) -> None:
        super().__init__(engine.setting, engine.dataset, cell)
        self._engine = engine
        self._batch_size = engine.setting.train.batch_size
        self._full_steps, self._rest = divmod(len(engine.dataset.train), self._batch_size)
        objectives = self.task.objectives
        self._full_batches = _training_program(self.model, self.optimizer, objectives, self._batch_size)
        self._last_batch = _training_program(self.model, self.optimizer, objectives, self._rest)
        self._evaluate = _evaluation_program(self.model, objectives, [y.dtype for y in engine.y])
        self._predict = tf.function(
            partial(self.inference_model, training=False), jit_compile=True, autograph=False
        )
        self._inference: dict[int, Any] = {}

    def compile(self) -> None:
        epoch = self._engine.place(np.arange(len(self._engine.dataset.train), dtype=np.int32))
        if self._full_steps:
            self.train(epoch, 0, 1)
        if self._rest:
            self.train(epoch, self._full_steps, self._full_steps + 1)
        self._forward(self._engine.dataset.train[:1])

    def train(self, epoch: tf.Tensor, start: int, stop: int) -> Sums:
        full_stop = min(stop, self._full_steps)
        if start >= full_stop:
            return self._run(self._last_batch, epoch, self._full_steps, stop)
        sums = self._run(self._full_batches, epoch, start, full_stop)
        if stop > self._full_steps:
            sums += self._run(self._last_batch, epoch, self._full_steps, stop)
        return sums

    def _run(self, program: Any, epoch: tf.Tensor, start: int, stop: int) -> Sums:
        first = start * self._batch_size
        last = min(stop * self._batch_size, len(self._engine.dataset.train))
        loss, tallies = program(self._engine.x, self._engine.y, epoch, tf.constant(first), tf.constant(last))
        return Sums(float(loss), tuple(tally.numpy().item() for tally in tallies), last - first)

    def evaluate(self, examples: range) -> Evaluation:
        parts = [self._forward(piece) for piece in evaluation_pieces(examples)]
        loss = sum(float(part) for part, _ in parts)
        heads = zip(*(outputs for _, outputs in parts), strict=True)
        outputs = [np.concatenate([part.numpy() for part in head]) for head in heads]
        return self.task.evaluate(examples, loss / len(examples), outputs)

    def _forward(self, rows: range) -> tuple[tf.Tensor, list[tf.Tensor]]:
        y = tuple(values[rows.start : rows.stop] for values in self._engine.y)
        found: tuple[tf.Tensor, list[tf.Tensor]] = self._evaluate(self._engine.x[rows.start : rows.stop], y)
        return found

    def compile_inference(self, batch: tf.Tensor) -> None:
        # A concrete function spares every call the dispatch in Python, 0.1 ms that has nothing to do with
        # the activation and hides what does.
        self._inference[len(batch)] = self._predict.get_concrete_function(batch)
        self.infer(batch)

    def infer(self, batch: tf.Tensor) -> None:
        for output in tf.nest.flatten(self._inference[len(batch)](batch)):
            output.numpy()


def _training_program(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    objectives: Sequence[Objective],
    batch_size: int,
) -> Any:
    """Return a compiled function (x, y, order, start, stop) -> (loss sum, tally of each target).

    The function trains on the rows order[start:stop], `batch_size` at a time. The position in `order` is the
    loop's own variable: XLA compiles anew for every value of an integer that it can take for a constant, and
    one program has to serve every slice.
    """
    variables = model.trainable_variables

    @tf.function(jit_compile=True, autograph=False)
    def run(
        x: tf.Tensor, y: tuple[tf.Tensor, ...], order: tf.Tensor, start: tf.Tensor, stop: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        def step(position: tf.Tensor, loss_sum: tf.Tensor, *sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
            rows = tf.slice(order, [position], [batch_size])
            batch = [tf.gather(values, rows) for values in y]
            with tf.GradientTape() as tape:
                outputs = tf.nest.flatten(model(tf.gather(x, rows), training=True))
                losses = example_losses(objectives, batch, outputs)
                loss = tf.reduce_mean(losses) + sum(model.losses)  # the losses of regularizers
            optimizer.apply(tape.gradient(loss, variables), variables)
            tallies = map(tally, objectives, batch, outputs)
            added = (before + own for before, own in zip(sums, tallies, strict=True))
            return position + batch_size, loss_sum + tf.reduce_sum(losses), *added

        begin = (start, 0.0, *map(empty_tally, objectives))
        _, loss_sum, *tallies = tf.while_loop(lambda position, *_: position < stop, step, begin)
        return loss_sum, tallies

    return run


def _evaluation_program(
    model: keras.Model, objectives: Sequence[Objective], dtypes: Sequence[tf.DType]
) -> Any:
    """Return a function (x, y) -> (loss sum, output of each head), in graph mode, for any number of rows."""
    values = tuple(tf.TensorSpec((None,), dtype) for dtype in dtypes)

    @tf.function(autograph=False, input_signature=(tf.TensorSpec(model.input_shape, tf.float32), values))
    def run(x: tf.Tensor, y: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        outputs = tf.nest.flatten(model(x, training=False))
        return tf.reduce_sum(example_losses(objectives, y, outputs)), outputs

    return run
