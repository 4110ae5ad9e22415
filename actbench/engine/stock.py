"""engine: keras. Stock `fit`, `evaluate` and `predict`: what a user sees without actbench's compiled loop."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from actbench.datasets import Dataset
from actbench.engine.learner import Learner
from actbench.engine.trainer import Sums, pieces
from actbench.plan import CellPlan, Setting

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32] | npt.NDArray[np.float32]


class StockEngine:
    """Hands the dataset to `fit` as numpy arrays, already in the epoch's order.

    Args:
        setting: Model and training hyper-parameters.
        dataset: Rows in one array, the training part first.
    """

    def __init__(self, setting: Setting, dataset: Dataset) -> None:
        self.setting = setting
        self.dataset = dataset

    def place(self, order: npt.NDArray[np.int32]) -> tuple[Features, Labels]:
        return self.dataset.x[order], self.dataset.targets[0].y[order]

    def inference_batch(self, batch_size: int) -> Features:
        return self.dataset.x[np.resize(self.dataset.train, batch_size)]

    def trainer(self, cell: CellPlan) -> "StockTrainer":
        return StockTrainer(self, cell)


class StockTrainer(Learner):
    """Trains one model by calls of `fit`; see `trainer.Trainer` for what the methods promise."""

    def __init__(self, engine: StockEngine, cell: CellPlan) -> None:
        super().__init__(engine.setting, engine.dataset, cell)
        self._dataset = engine.dataset
        self._batch_size = engine.setting.train.batch_size
        metrics: list[Any] = ["accuracy"]
        self._loss = "loss"
        if engine.setting.model.kernel_regularizer is not None:
            # What Keras calls the loss has the regularizers' share in it.
            self._loss = "data_loss"
            metrics.append(keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name=self._loss))
        self.model.compile(
            optimizer=self.optimizer,
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=metrics,
        )

    def compile(self) -> None:
        x, y = self._dataset.x, self._dataset.targets[0].y
        # One full and one short batch: every shape that an epoch will meet.
        rest = len(self._dataset.train) % self._batch_size
        rows = min(len(self._dataset.train), self._batch_size + rest)
        self.train((x[:rows], y[:rows]), 0, -(-rows // self._batch_size))
        self.evaluate(self._dataset.train[: self._batch_size])

    def train(self, epoch: tuple[Features, Labels], start: int, stop: int) -> Sums:
        rows = slice(start * self._batch_size, stop * self._batch_size)
        x, y = epoch[0][rows], epoch[1][rows]
        history = self.model.fit(x, y, batch_size=self._batch_size, shuffle=False, verbose=0).history
        return _sums(history[self._loss][-1], history["accuracy"][-1], len(x))

    def evaluate(self, examples: range) -> Sums:
        rows = slice(examples.start, examples.stop)
        found = self.model.evaluate(
            self._dataset.x[rows],
            self._dataset.targets[0].y[rows],
            batch_size=self._batch_size,
            verbose=0,
            return_dict=True,
        )
        return _sums(found[self._loss], found["accuracy"], len(examples))

    def evaluate_each(self, examples: range) -> tuple[Sums, npt.NDArray[np.bool_]]:
        x, y = self._dataset.x, self._dataset.targets[0].y
        # Not `predict`, which would be traced here, or with the compilation of what is timed.
        logits = [self.model(x[piece.start : piece.stop], training=False) for piece in pieces(examples)]
        predictions = np.concatenate([keras.ops.convert_to_numpy(part).argmax(axis=-1) for part in logits])
        correct = predictions == y[examples.start : examples.stop]
        # Rounded otherwise than in `evaluate`, two logits could change places: what is right is counted here.
        loss = self.evaluate(examples).loss
        return Sums(loss, int(np.count_nonzero(correct)), len(examples)), correct

    def compile_inference(self, batch: Features) -> None:
        self.infer(batch)

    def infer(self, batch: Features) -> None:
        self.answering_model.predict(batch, batch_size=len(batch), verbose=0)


def _sums(mean_loss: float, accuracy: float, examples: int) -> Sums:
    return Sums(mean_loss * examples, round(accuracy * examples), examples)
