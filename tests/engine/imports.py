"""Functions to be imported by tests: one that works, and others that do not."""

from typing import Any

import keras
import tensorflow as tf

NO_FUNCTION = 3


def scaled(x: Any, scale: float = 1.0) -> Any:
    return scale * keras.ops.tanh(x)


def plain_tensorflow(x: Any) -> Any:
    return tf.nn.softplus(x)


def zeros(x: Any) -> Any:
    return 0.0 * x


def raises(x: Any) -> Any:
    raise RuntimeError(f"no {type(x).__name__} today")


def one_number(x: Any) -> Any:
    return tf.reduce_sum(x)


def whole_numbers(x: Any) -> Any:
    return tf.cast(x, tf.int32)


def no_gradient(x: Any) -> Any:
    return tf.stop_gradient(x)


def no_tensor(x: Any) -> Any:
    return "text"
