"""The losses and what is right, of tensors; the names and formulas are Keras's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.engine.protocols import Evaluation
from actbench.metrics import TOP, metric_name

if TYPE_CHECKING:
    from actbench.datasets.dataset import Dataset
    from actbench.engine.protocols import Sums
    from actbench.metrics import MetricName, Objective
    from actbench.plan.models import Setting


def example_losses(
    objectives: Sequence[Objective], values: Sequence[tf.Tensor], outputs: Sequence[tf.Tensor]
) -> tf.Tensor:
    """The loss of each example, of several heads the weighted sum; shape (batch,).

    Args:
        objectives: One per head.
        values: Of the targets, shape (batch,) each.
        outputs: Of the heads, shape (batch, units) each.
    """
    losses = [_weighted(*head) for head in zip(objectives, values, outputs, strict=True)]
    return losses[0] if len(losses) == 1 else tf.add_n(losses)


def tally(objective: Objective, y: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    """How many are right, or the sum of squared errors; a scalar."""
    if objective.classes is None:
        return tf.reduce_sum(tf.square(_errors(y, output)))
    if objective.units == 1:
        right = (output[:, 0] > 0) == (y == 1)
    else:
        right = tf.argmax(output, axis=-1, output_type=y.dtype) == y
    return tf.math.count_nonzero(right, dtype=tf.int32)


def no_tally(objective: Objective) -> Any:
    """What a loop begins with."""
    return 0.0 if objective.classes is None else 0


def keras_loss(objective: Objective) -> keras.losses.Loss:
    """The same for stock `fit`."""
    match objective.loss:
        case "sparse_categorical_crossentropy":
            return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        case "binary_crossentropy":
            return keras.losses.BinaryCrossentropy(from_logits=True)
        case "mse":
            return keras.losses.MeanSquaredError()
        case "mae":
            return keras.losses.MeanAbsoluteError()
        case "huber":
            return keras.losses.Huber()


def keras_metrics(objective: Objective, *, loss: bool) -> list[Any]:
    """What has stock `fit` tell the tally, as a mean.

    Args:
        objective: Of the head.
        loss: Whether to tell the loss of the data, too, which Keras reports with that of regularizers.
    """
    found = [_tally_metric(objective)]
    if loss:
        found.append(keras.metrics.MeanMetricWrapper(keras_loss(objective).call, name=LOSS))
    return found


def _tally_metric(objective: Objective) -> Any:
    if objective.classes is None:
        return keras.metrics.MeanSquaredError(name=TALLY)
    if objective.units == 1:
        return keras.metrics.BinaryAccuracy(name=TALLY, threshold=0.0)
    return keras.metrics.SparseCategoricalAccuracy(name=TALLY)


TALLY = "tally"

LOSS = "data_loss"


def _weighted(objective: Objective, y: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    losses = _losses(objective, y, output)
    return losses if objective.weight == 1.0 else objective.weight * losses


def _losses(objective: Objective, y: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    match objective.loss:
        case "sparse_categorical_crossentropy":
            return tf.nn.sparse_softmax_cross_entropy_with_logits(y, output)
        case "binary_crossentropy":
            return tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(y, output.dtype), output[:, 0])
        case "mse":
            return tf.square(_errors(y, output))
        case "mae":
            return tf.abs(_errors(y, output))
        case "huber":
            size = tf.abs(_errors(y, output))
            return tf.where(size <= 1.0, 0.5 * tf.square(size), size - 0.5)


def _errors(y: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    return output[:, 0] - y


Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Judged:
    """One head on some examples.

    Attributes:
        metrics: By name, the score first.
        correct: Which examples were classified right, shape (n,); None of a number.
    """

    metrics: dict[MetricName, float]
    correct: npt.NDArray[np.bool_] | None = None

    @property
    def score(self) -> float:
        """Accuracy or R²."""
        return next(iter(self.metrics.values()))


class Task:
    """What the models of a setting are trained for on a dataset.

    Args:
        setting: Says the losses.
        dataset: Says what there is to predict.

    Raises:
        DataError: They do not fit.
    """

    def __init__(self, setting: Setting, dataset: Dataset) -> None:
        self.objectives = setting.objectives(dataset.targets)
        self._values = [target.y for target in dataset.targets]
        self._train_squares = [
            total_squares(y) if objective.classes is None else math.nan
            for objective, y in zip(self.objectives, self.values(dataset.train), strict=True)
        ]

    def values(self, rows: range) -> list[npt.NDArray[Any]]:
        """The targets of some rows, one array each."""
        return [y[rows.start : rows.stop] for y in self._values]

    def train_score(self, sums: Sums) -> float | None:
        """The score over a whole epoch, as seen while training; None where it is not finite."""
        scores = [
            1.0 - tally / squares if objective.classes is None else tally / sums.examples
            for objective, tally, squares in zip(
                self.objectives, sums.tallies, self._train_squares, strict=True
            )
        ]
        score = mean(scores)
        return score if math.isfinite(score) else None

    def evaluate(self, rows: range, loss: float, outputs: Sequence[Floats]) -> Evaluation:
        """What a model has made of some rows.

        Args:
            rows: Of the dataset.
            loss: Mean over the rows.
            outputs: Of each head, shape (len(rows), units).
        """
        judged = [
            judge(objective, y, output)
            for objective, y, output in zip(self.objectives, self.values(rows), outputs, strict=True)
        ]
        several = len(judged) > 1
        return Evaluation(
            loss=loss,
            score=mean([head.score for head in judged]),
            metrics={
                metric_name(objective.target, name, several=several): value
                for objective, head in zip(self.objectives, judged, strict=True)
                for name, value in head.metrics.items()
            },
            correct=None if several else judged[0].correct,
        )


def judge(objective: Objective, y: npt.NDArray[Any], output: Floats) -> Judged:
    """The metrics of one head.

    Args:
        objective: What it is for.
        y: Shape (n,).
        output: Shape (n, units).
    """
    if objective.classes is None:
        errors = output[:, 0].astype(np.float64) - y
        squares = float(np.square(errors).sum())
        return Judged(
            {
                "r2": 1.0 - squares / total_squares(y),
                "rmse": math.sqrt(squares / len(y)),
                "mae": float(np.abs(errors).mean()),
            }
        )
    predicted = output[:, 0] > 0 if objective.units == 1 else output.argmax(axis=-1)
    correct = predicted == y
    metrics: dict[MetricName, float] = {"accuracy": share(correct)}
    if objective.classes > TOP:
        own = np.take_along_axis(output, y[:, np.newaxis], axis=1)
        metrics["top5_accuracy"] = share(np.count_nonzero(output > own, axis=1) < TOP)
    return Judged(metrics, correct)


def total_squares(y: npt.NDArray[Any]) -> float:
    """Squared distances from the mean, summed: what a model has to explain."""
    values = y.astype(np.float64)
    return float(np.square(values - values.mean()).sum())


def share(right: npt.NDArray[np.bool_]) -> float:
    """How many of them are, as a fraction."""
    return int(np.count_nonzero(right)) / len(right)


def mean(scores: Sequence[float]) -> float:
    """Over the targets; of a single one just its own."""
    return scores[0] if len(scores) == 1 else math.fsum(scores) / len(scores)
