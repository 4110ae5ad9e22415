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


def ends_the_process(x: Any) -> Any:
    raise SystemExit(3)


def branches(x: Any) -> Any:
    return x if float(tf.reduce_sum(x)) > 0 else 2.0 * x


def of_three_rows(x: Any) -> Any:
    return x + tf.ones((3, 1))


def in_python(x: Any) -> Any:
    return tf.py_function(lambda value: 2.0 * value, [x], tf.float32)


def reciprocal(x: Any) -> Any:
    return 1.0 / x
