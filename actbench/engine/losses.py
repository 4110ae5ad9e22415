"""The losses of all objectives, of tensors for the compiled engine and as Keras has them for stock `fit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from actbench.metrics.objectives import Objective


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
