"""The losses and what is right, of tensors; the names and formulas are Keras's."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from actbench.objectives import Objective


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
