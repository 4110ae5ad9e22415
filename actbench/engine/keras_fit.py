"""The engine `keras`: stock `fit`, `evaluate` and `predict`, as a user of Keras trains without actbench."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt

from actbench.engine.evaluation import DATA_LOSS, TALLY, keras_loss, keras_metrics
from actbench.engine.learner import Learner
from actbench.engine.model import head_name, unwrap_single
from actbench.engine.protocols import Sums, evaluation_pieces

if TYPE_CHECKING:
    from actbench.datasets.dataset import Dataset
    from actbench.engine.protocols import Evaluation
    from actbench.plan.cell import CellPlan
    from actbench.plan.models import Setting

Features = npt.NDArray[np.float32]

Values = list[npt.NDArray[Any]]


class KerasEngine:
    """Hands the dataset to `fit` as NumPy arrays, already in the epoch's order.

    Args:
        setting: Model and training hyper-parameters.
        dataset: Its rows are in one array, the training part first.
    """

    def __init__(self, setting: Setting, dataset: Dataset) -> None:
        self.setting = setting
        self.dataset = dataset

    def place(self, order: npt.NDArray[np.int32]) -> tuple[Features, Values]:
        return self.dataset.x[order], [target.y[order] for target in self.dataset.targets]

    def inference_batch(self, batch_size: int) -> Features:
        return self.dataset.x[np.resize(self.dataset.train, batch_size)]

    def trainer(self, cell: CellPlan) -> KerasTrainer:
        return KerasTrainer(self, cell)


class KerasTrainer(Learner):
    """Trains one model by calls of `fit`; `protocols.Trainer` says what the methods promise."""

    def __init__(self, engine: KerasEngine, cell: CellPlan) -> None:
        super().__init__(engine.setting, engine.dataset, cell)
        self._dataset = engine.dataset
        self._batch_size = engine.setting.train.batch_size
        # Keras's loss contains that of the regularizers, which is none of the data.
        self._regularized = self.setting.model.kernel_regularizer is not None
        self.model.compile(
            optimizer=self.optimizer,
            loss=unwrap_single([keras_loss(objective) for objective in self.task.objectives]),
            loss_weights=unwrap_single([objective.weight for objective in self.task.objectives]),
            metrics=unwrap_single(
                [keras_metrics(objective, loss=self._regularized) for objective in self.task.objectives]
            ),
        )

    def compile(self) -> None:
        # One full and one short batch: every shape that an epoch will meet.
        rest = len(self._dataset.train) % self._batch_size
        rows = min(len(self._dataset.train), self._batch_size + rest)
        some = self._dataset.train[:rows]
        self.train((self._dataset.x[:rows], self.task.values(some)), 0, -(-rows // self._batch_size))
        self._mean_loss(some[: self._batch_size])

    def train(self, epoch: tuple[Features, Values], start: int, stop: int) -> Sums:
        rows = slice(start * self._batch_size, stop * self._batch_size)
        x, y = epoch[0][rows], unwrap_single([values[rows] for values in epoch[1]])
        history = self.model.fit(x, y, batch_size=self._batch_size, shuffle=False, verbose=0).history
        means = [history[name][-1] for name in self._names(TALLY)]
        tallies = (
            mean * len(x) if objective.classes is None else round(mean * len(x))
            for objective, mean in zip(self.task.objectives, means, strict=True)
        )
        loss = self._data_loss({name: values[-1] for name, values in history.items()})
        return Sums(loss * len(x), tuple(tallies), len(x))

    def evaluate(self, examples: range) -> Evaluation:
        # Not `predict`, which would be traced here, or with the compilation of what is timed; and `evaluate`
        # alone does not say which examples are right.
        x = (self._dataset.x[piece.start : piece.stop] for piece in evaluation_pieces(examples))
        parts = [keras.tree.flatten(self.model(part, training=False)) for part in x]
        heads = zip(*parts, strict=True)
        outputs = [np.concatenate([keras.ops.convert_to_numpy(part) for part in head]) for head in heads]
        return self.task.evaluate(examples, self._mean_loss(examples), outputs)

    def _mean_loss(self, examples: range) -> float:
        x, y = self._dataset.x[examples.start : examples.stop], unwrap_single(self.task.values(examples))
        reported = self.model.evaluate(x, y, batch_size=self._batch_size, verbose=0, return_dict=True)
        return self._data_loss(reported)

    def _data_loss(self, reported: Mapping[str, float]) -> float:
        """Return the loss without that of the regularizers, of what `fit` or `evaluate` has reported."""
        if not self._regularized:
            return float(reported["loss"])
        weights = [objective.weight for objective in self.task.objectives]
        return sum(
            weight * reported[name] for weight, name in zip(weights, self._names(DATA_LOSS), strict=True)
        )

    def _names(self, metric: str) -> list[str]:
        """Return the names that Keras gives a metric, one per head."""
        if len(self.task.objectives) == 1:
            return [metric]
        return [f"{head_name(index)}_{metric}" for index in range(len(self.task.objectives))]

    def compile_inference(self, batch: Features) -> None:
        self.infer(batch)  # the first `predict` of a batch size traces and compiles

    def infer(self, batch: Features) -> None:
        self.inference_model.predict(batch, batch_size=len(batch), verbose=0)
