"""engine: keras. Stock `fit`, `evaluate` and `predict`: what a user sees without actbench's compiled loop."""

import keras
import numpy as np
import numpy.typing as npt

from actbench.datasets import Dataset
from actbench.engine.models import InitialState, build_model, build_optimizer
from actbench.engine.trainer import Sums
from actbench.plan import CellPlan, Setting

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]


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
        return self.dataset.x[order], self.dataset.y[order]

    def trainer(self, cell: CellPlan) -> "StockTrainer":
        return StockTrainer(self, cell)


class StockTrainer:
    """Trains one model by calls of `fit`; see `trainer.Trainer` for what the methods promise."""

    def __init__(self, engine: StockEngine, cell: CellPlan) -> None:
        train = engine.setting.train
        self._dataset = engine.dataset
        self._batch_size = train.batch_size
        self.model = build_model(engine.setting.model, cell, self._dataset.x.shape[1], self._dataset.classes)
        self.optimizer = build_optimizer(train, self.model)
        self.parameters = self.model.count_params()
        self._initial_state = InitialState(self.model, self.optimizer)
        self.model.compile(
            optimizer=self.optimizer,
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        self._inference_input: dict[int, Features] = {}

    def compile(self) -> None:
        x, y = self._dataset.x, self._dataset.y
        # One full and one short batch: every shape that an epoch will meet.
        rest = len(self._dataset.train) % self._batch_size
        rows = min(len(self._dataset.train), self._batch_size + rest)
        self.train((x[:rows], y[:rows]), 0, -(-rows // self._batch_size))
        self.evaluate(self._dataset.train[: self._batch_size])

    def reset(self, seed: int) -> None:
        self._initial_state.restore(seed)

    def train(self, epoch: tuple[Features, Labels], start: int, stop: int) -> Sums:
        rows = slice(start * self._batch_size, stop * self._batch_size)
        x, y = epoch[0][rows], epoch[1][rows]
        history = self.model.fit(x, y, batch_size=self._batch_size, shuffle=False, verbose=0).history
        return _sums(history["loss"][-1], history["accuracy"][-1], len(x))

    def evaluate(self, examples: range) -> Sums:
        rows = slice(examples.start, examples.stop)
        loss, accuracy = self.model.evaluate(
            self._dataset.x[rows], self._dataset.y[rows], batch_size=self._batch_size, verbose=0
        )
        return _sums(loss, accuracy, len(examples))

    def compile_inference(self, batch_size: int) -> None:
        self._inference_input[batch_size] = self._dataset.x[np.resize(self._dataset.train, batch_size)]
        self.infer(batch_size)

    def infer(self, batch_size: int) -> None:
        self.model.predict(self._inference_input[batch_size], batch_size=batch_size, verbose=0)


def _sums(mean_loss: float, accuracy: float, examples: int) -> Sums:
    return Sums(mean_loss * examples, round(accuracy * examples), examples)
