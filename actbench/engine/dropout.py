"""Dropout whose masks are a hash of (seed, step, place): the same bits from both engines.

Keras draws them by Philox, which XLA's CPU compiler turns into 45 ns for each unit and example where the hash
takes 0.6 (64 x 256): of a training with dropout nine tenths were random numbers, and hid the activations.
"""

from typing import Any

import keras
import tensorflow as tf

_NEXT_KEY = 0x9E3779B9  # 2**32 over the golden ratio

_SELU_SCALE = 1.0507009873554805

_SELU_ALPHA = 1.6732632423543772


class Dropout(keras.layers.Dropout):
    """Leaves out each unit with probability `rate`, and scales up the others (Srivastava et al., 2014)."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Of shape (examples, units), as the input; changed in training alone."""
        if not training or self.rate == 0:
            return inputs
        kept = keep_mask(tf.shape(inputs), self.rate, self.seed_generator.next())
        return tf.where(kept, inputs / (1 - self.rate), 0.0)


class AlphaDropout(keras.layers.AlphaDropout):
    """Sets units to SELU's lowest value, and keeps mean 0 and variance 1 (Klambauer et al., 2017)."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Of shape (examples, units), as the input; changed in training alone."""
        if not training or self.rate == 0:
            return inputs
        kept = keep_mask(tf.shape(inputs), self.rate, self.seed_generator.next())
        lowest = -_SELU_SCALE * _SELU_ALPHA
        a = ((1 - self.rate) * (1 + self.rate * lowest**2)) ** -0.5
        return a * tf.where(kept, inputs, lowest) - a * lowest * self.rate


def keep_mask(shape: tf.Tensor, rate: float, seed_and_step: tf.Tensor) -> tf.Tensor:
    """Which units stay.

    Each place's number is hashed with a key, and the result with another: masks of two steps that shared one
    hash would be rearrangements of each other.

    Args:
        shape: (examples, units), their product below 2**31.
        rate: The probability to be left out, at least 0 and below 1; rounded to a multiple of 2**-32.
        seed_and_step: Two integers; the low 32 bits of each count.

    Returns:
        Booleans of that shape.
    """
    seed, step = tf.unstack(tf.cast(seed_and_step, tf.uint32))
    key = _mixed(_mixed(seed) ^ step)
    places = tf.cast(tf.reshape(tf.range(tf.reduce_prod(shape)), shape), tf.uint32)
    hashed = _mixed(_mixed(places ^ key) ^ _mixed(key + _NEXT_KEY))
    return hashed >= min(round(rate * 2**32), 2**32 - 1)


def _mixed(x: tf.Tensor) -> tf.Tensor:
    """A bijection of 32 bits in which each bit of the input turns each of the output with probability 1/2.

    Found by C. Wellons's hash-prospector, https://github.com/skeeto/hash-prospector (bias 0.107).
    """
    x = (x ^ tf.bitwise.right_shift(x, 16)) * 0x21F0AAAD
    x = (x ^ tf.bitwise.right_shift(x, 15)) * 0xD35A2D97
    return x ^ tf.bitwise.right_shift(x, 15)
