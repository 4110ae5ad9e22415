"""The evaluation of a model: the losses of all objectives, score and metrics, in double precision."""

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
from actbench.metrics.classification import classified_right
from actbench.metrics.registry import metric_name, metrics_for
from actbench.metrics.regression import total_squares

if TYPE_CHECKING:
    from actbench.datasets.dataset import Dataset
    from actbench.engine.protocols import Sums
    from actbench.metrics.metric import Metric
    from actbench.metrics.objectives import Objective
    from actbench.plan.models import Setting


def example_losses(
    objectives: Sequence[Objective], values: Sequence[tf.Tensor], outputs: Sequence[tf.Tensor]
) -> tf.Tensor:
    """Return the loss of each example, the weighted sum over all heads.

    Args:
        objectives: One per head.
        values: The true values of each target, shape (batch,).
        outputs: The output of each head, shape (batch, units).

    Returns:
        Shape (batch,).
    """
    losses = [_weighted(*head) for head in zip(objectives, values, outputs, strict=True)]
    return losses[0] if len(losses) == 1 else tf.add_n(losses)


def _weighted(objective: Objective, y: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    losses = _losses(objective, y, output)
    # A product with 1 would be one more operation in the program that is timed.
    return losses if objective.weight == 1.0 else objective.weight * losses


def _losses(objective: Objective, y: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    match objective.loss:
        case "sparse_categorical_crossentropy":
            return tf.nn.sparse_softmax_cross_entropy_with_logits(y, output)
        case "binary_crossentropy":
            return tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(y, output.dtype), output[:, 0])
        case "mse":
            return tf.square(output[:, 0] - y)
        case "mae":
            return tf.abs(output[:, 0] - y)
        case "huber":
            size = tf.abs(output[:, 0] - y)
            return tf.where(size <= 1.0, 0.5 * tf.square(size), size - 0.5)  # Keras's delta is 1, too


def keras_loss(objective: Objective) -> keras.losses.Loss:
    """Return Keras's loss with the same formula, without the weight."""
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


# The names of the metrics that stock `fit` is given for each head.
TALLY = "tally"

DATA_LOSS = "data_loss"

Floats = npt.NDArray[np.float32]


class Task:
    """The task of a setting's models: their objectives, and the evaluation of their outputs.

    Args:
        setting: Says the losses.
        dataset: Holds the targets.

    Attributes:
        objectives: One per head.

    Raises:
        DataError: A loss does not fit its target.
    """

    def __init__(self, setting: Setting, dataset: Dataset) -> None:
        self.objectives = setting.objectives(dataset.targets)
        self._values = [target.y for target in dataset.targets]
        self._train_squares = [
            _total_squares(y) if objective.classes is None else math.nan
            for objective, y in zip(self.objectives, self.values(dataset.train), strict=True)
        ]

    def values(self, rows: range) -> list[npt.NDArray[Any]]:
        """Return the true values of some rows, one array per target."""
        return [y[rows.start : rows.stop] for y in self._values]

    def train_score(self, sums: Sums) -> float | None:
        """Return the score over an epoch, as seen while training; None if it is not finite."""
        scores = [
            1.0 - tally / squares if objective.classes is None else tally / sums.examples
            for objective, tally, squares in zip(
                self.objectives, sums.tallies, self._train_squares, strict=True
            )
        ]
        score = _mean(scores)
        return score if math.isfinite(score) else None

    def evaluate(self, rows: range, loss: float, outputs: Sequence[Floats]) -> Evaluation:
        """Return how well a model does on some rows.

        Args:
            rows: Rows of the dataset.
            loss: Mean loss over the rows.
            outputs: The output of each head, shape (len(rows), units).
        """
        heads = [
            HeadPredictions.of(objective, y, output)
            for objective, y, output in zip(self.objectives, self.values(rows), outputs, strict=True)
        ]
        several = len(heads) > 1
        figures: list[dict[Metric, float]] = [head.measure() for head in heads]
        return Evaluation(
            loss=loss,
            score=_mean([next(iter(measured.values())) for measured in figures]),
            metrics={
                metric_name(objective.target, metric, several=several): value
                for objective, measured in zip(self.objectives, figures, strict=True)
                for metric, value in measured.items()
            },
            correct=None if several else heads[0].correct,
        )


@dataclass(frozen=True, eq=False)
class HeadPredictions:
    """The predictions of one head for some examples; see `metrics.metric.Predictions` for shapes and types.

    Attributes:
        classes: The target's number of classes; None for a number.
        y: The true values.
        predicted: The predicted ones.
        logits: The logit of each class.
    """

    classes: int | None
    y: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    logits: Floats

    @classmethod
    def of(cls, objective: Objective, y: npt.NDArray[Any], output: Floats) -> HeadPredictions:
        """Return what the output of a head predicts.

        Args:
            objective: What the head is for.
            y: The true values, shape (n,).
            output: Shape (n, units): numbers, logits, or the single logit of class 1.
        """
        if objective.classes is None:
            # Single precision would overflow in the squares, and lose digits in their sum.
            return cls(None, y.astype(np.float64), output[:, 0].astype(np.float64), output)
        if objective.units == 1:
            logits = np.concatenate([np.zeros_like(output), output], axis=1)
            return cls(objective.classes, y, (output[:, 0] > 0).astype(y.dtype), logits)
        return cls(objective.classes, y, output.argmax(axis=-1), output)

    @property
    def correct(self) -> npt.NDArray[np.bool_] | None:
        """Return which examples were classified right, shape (n,); None for a number."""
        return None if self.classes is None else classified_right(self)

    def measure(self) -> dict[Metric, float]:
        """Return every metric of the registry that the target has, the score first."""
        return {metric: float(metric.measure(np, self)) for metric in metrics_for(self.classes)}


def tally(objective: Objective, y: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    """Return how many examples are classified right, or the sum of squared errors, a scalar.

    Args:
        objective: What the head is for.
        y: The true values, shape (batch,).
        output: Shape (batch, units).
    """
    if objective.classes is None:
        return tf.reduce_sum(tf.square(output[:, 0] - y))
    if objective.units == 1:
        right = (output[:, 0] > 0) == (y == 1)
    else:
        right = tf.argmax(output, axis=-1, output_type=y.dtype) == y
    return tf.math.count_nonzero(right, dtype=tf.int32)


def empty_tally(objective: Objective) -> float | int:
    """Return the tally of no examples, of the type that `tally` has."""
    return 0.0 if objective.classes is None else 0


def keras_metrics(objective: Objective, *, loss: bool) -> list[Any]:
    """Return the metrics by which stock `fit` reports a head's tally, as a mean.

    They are Keras's own, so that `fit` costs what it costs a user.

    Args:
        objective: What the head is for.
        loss: Whether to report the loss of the data, too, which Keras adds to those of regularizers.
    """
    metrics = [_tally_metric(objective)]
    if loss:
        metrics.append(keras.metrics.MeanMetricWrapper(keras_loss(objective).call, name=DATA_LOSS))
    return metrics


def _tally_metric(objective: Objective) -> Any:
    if objective.classes is None:
        return keras.metrics.MeanSquaredError(name=TALLY)
    if objective.units == 1:
        return keras.metrics.BinaryAccuracy(name=TALLY, threshold=0.0)
    return keras.metrics.SparseCategoricalAccuracy(name=TALLY)


def _total_squares(y: npt.NDArray[Any]) -> float:
    return float(total_squares(np, y.astype(np.float64)))


def _mean(scores: Sequence[float]) -> float:
    """Return the mean over targets; the score of a single target stays as it is, to the last bit."""
    return scores[0] if len(scores) == 1 else math.fsum(scores) / len(scores)
