"""engine: compiled. A whole slice of training steps is one XLA program over data that stays in place."""

from functools import partial
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.datasets import Dataset
from actbench.engine.learner import Learner
from actbench.engine.trainer import Sums, pieces
from actbench.plan import CellPlan, Setting


class CompiledEngine:
    """Holds the dataset as tensors and hands them to every trainer.

    Args:
        setting: Model and training hyper-parameters.
        dataset: Rows in one array, the training part first.
    """

    def __init__(self, setting: Setting, dataset: Dataset) -> None:
        self.setting = setting
        self.dataset = dataset
        self.x = tf.constant(dataset.x)
        self.y = tf.constant(dataset.targets[0].y)

    def place(self, order: npt.NDArray[np.int32]) -> tf.Tensor:
        return tf.constant(order)

    def inference_batch(self, batch_size: int) -> tf.Tensor:
        return tf.constant(self.dataset.x[np.resize(self.dataset.train, batch_size)])

    def trainer(self, cell: CellPlan) -> "CompiledTrainer":
        return CompiledTrainer(self, cell)


class CompiledTrainer(Learner):
    """Trains one model by compiled slices; see `trainer.Trainer` for what the methods promise."""

    def __init__(self, engine: CompiledEngine, cell: CellPlan) -> None:
        super().__init__(engine.setting, engine.dataset, cell)
        self._engine = engine
        self._batch_size = engine.setting.train.batch_size
        self._full_steps, self._rest = divmod(len(engine.dataset.train), self._batch_size)
        self._full_batches = _training_program(self.model, self.optimizer, self._batch_size)
        self._last_batch = _training_program(self.model, self.optimizer, self._rest)
        self._evaluate = _evaluation_program(self.model)
        self._predict = tf.function(
            partial(self.answering_model, training=False), jit_compile=True, autograph=False
        )
        self._inference: dict[int, Any] = {}

    def compile(self) -> None:
        epoch = self._engine.place(np.arange(len(self._engine.dataset.train), dtype=np.int32))
        if self._full_steps:
            self.train(epoch, 0, 1)
        if self._rest:
            self.train(epoch, self._full_steps, self._full_steps + 1)
        self.evaluate(self._engine.dataset.train[:1])

    def train(self, epoch: tf.Tensor, start: int, stop: int) -> Sums:
        sums = Sums(0.0, 0, 0)
        full_stop = min(stop, self._full_steps)
        if start < full_stop:
            sums += self._run(self._full_batches, epoch, start, full_stop)
        if stop > self._full_steps:
            sums += self._run(self._last_batch, epoch, self._full_steps, stop)
        return sums

    def _run(self, program: Any, epoch: tf.Tensor, start: int, stop: int) -> Sums:
        first = start * self._batch_size
        last = min(stop * self._batch_size, len(self._engine.dataset.train))
        loss, correct = program(self._engine.x, self._engine.y, epoch, tf.constant(first), tf.constant(last))
        return Sums(float(loss), int(correct), last - first)

    def evaluate(self, examples: range) -> Sums:
        return self.evaluate_each(examples)[0]

    def evaluate_each(self, examples: range) -> tuple[Sums, npt.NDArray[np.bool_]]:
        x, y = self._engine.x, self._engine.y
        parts = [self._evaluate(x[p.start : p.stop], y[p.start : p.stop]) for p in pieces(examples)]
        correct = np.concatenate([part.numpy() for _, part in parts])
        loss = sum(float(part) for part, _ in parts)
        return Sums(loss, int(np.count_nonzero(correct)), len(examples)), correct

    def compile_inference(self, batch: tf.Tensor) -> None:
        # A concrete function spares every call the dispatch in Python, 0.1 ms that has nothing to do with
        # the activation and hides what does.
        self._inference[len(batch)] = self._predict.get_concrete_function(batch)
        self.infer(batch)

    def infer(self, batch: tf.Tensor) -> None:
        self._inference[len(batch)](batch).numpy()


def _losses_and_correct(labels: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Cross-entropy of each example, and whether it is classified right; both of shape (batch,)."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    predictions = tf.argmax(logits, axis=-1, output_type=labels.dtype)
    return losses, predictions == labels


def _training_program(model: keras.Model, optimizer: keras.optimizers.Optimizer, batch_size: int) -> Any:
    """A compiled function (x, y, order, start, stop) -> (loss sum, correct count).

    It trains on the rows order[start:stop], `batch_size` at a time. The position in `order` is the loop's
    own variable: XLA compiles anew for every value of an integer that it can take for a constant, and
    one program has to serve every slice.
    """
    variables = model.trainable_variables

    @tf.function(jit_compile=True, autograph=False)
    def run(
        x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, start: tf.Tensor, stop: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        def step(position: tf.Tensor, loss_sum: tf.Tensor, correct_sum: tf.Tensor) -> tuple[tf.Tensor, ...]:
            rows = tf.slice(order, [position], [batch_size])
            labels = tf.gather(y, rows)
            with tf.GradientTape() as tape:
                logits = model(tf.gather(x, rows), training=True)
                losses, correct = _losses_and_correct(labels, logits)
                loss = tf.reduce_mean(losses) + sum(model.losses)  # those of regularizers
            optimizer.apply(tape.gradient(loss, variables), variables)
            correct_sum += tf.math.count_nonzero(correct, dtype=tf.int32)
            return position + batch_size, loss_sum + tf.reduce_sum(losses), correct_sum

        _, loss_sum, correct_sum = tf.while_loop(lambda position, *_: position < stop, step, (start, 0.0, 0))
        return loss_sum, correct_sum

    return run


def _evaluation_program(model: keras.Model) -> Any:
    """A function (x, y) -> (loss sum, whether each is right); graph mode, which takes any number of rows."""
    any_rows = (tf.TensorSpec(model.input_shape, tf.float32), tf.TensorSpec((None,), tf.int32))

    @tf.function(autograph=False, input_signature=any_rows)
    def run(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        losses, correct = _losses_and_correct(y, model(x, training=False))
        return tf.reduce_sum(losses), correct

    return run
