"""Looks inside a network: what its units do to a gradient, and how much of it arrives where.

`docs/method.md` says what each figure means and why it is defined as it is.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from actbench.engine.activation_layers import is_activation
from actbench.records import Probe
from actbench.streams import permutation

SATURATED_BELOW = 0.05

_EXAMPLES_SEED = 0  # which examples are looked at must not depend on the replicate
# Where the largest slope is looked for: what inputs of an activation are as a rule, and well beyond.
_GRID = np.linspace(-10, 10, 401, dtype=np.float32)
_GRID_STRIDE = 97  # coprime to the grid's length: the columns of one row lie far apart

Floats = npt.NDArray[np.float64]
Loss = Callable[..., Any]


def probed_rows(training: range, examples: int) -> npt.NDArray[np.int32]:
    """Which training rows are looked at: the same for every activation and seed of a setting."""
    return permutation(len(training), _EXAMPLES_SEED, "probe examples")[:examples] + training.start


class Prober:
    """Looks inside one model without moving it: no variable of the model or of an optimizer is written.

    The network answers as it does in a test: no dropout, and batch normalisation by its moving averages.

    Args:
        model: Hidden activations are layers of their own.
    """

    def __init__(self, model: keras.Model) -> None:
        activations = [layer for layer in model.layers if is_activation(layer)]
        self._hidden = [(_dense_before(layer.input), layer) for layer in activations]
        self._outputs = [_dense_before(output) for output in model.outputs]
        inputs = [layer.input for layer in activations]
        self._inner = keras.Model(model.inputs, [inputs, model.outputs])

    def probe(self, x: npt.NDArray[np.float32], loss: Loss, epoch: int) -> Probe:
        """All figures of one moment.

        Args:
            x: The examples, shape (n, features).
            loss: From the model's outputs for x to the mean loss, a scalar.
            epoch: Epochs trained before.
        """
        with tf.GradientTape() as tape:
            preactivations, outputs = self._inner(tf.constant(x), training=False)
            value = loss(*outputs)
        kernels = [dense.kernel for dense, _ in self._hidden] + [dense.kernel for dense in self._outputs]
        gradients = tape.gradient(value, kernels, unconnected_gradients="zero")
        norms = [float(np.linalg.norm(gradient.numpy().astype(np.float64))) for gradient in gradients]
        hidden = norms[: len(self._hidden)]
        units = [
            _units(activation, z) for (_, activation), z in zip(self._hidden, preactivations, strict=True)
        ]
        moments = [_moments(z.numpy().astype(np.float64)) for z in preactivations]
        return Probe(
            epoch=epoch,
            dead=tuple(dead for dead, _, _ in units),
            saturated=tuple(saturated for _, saturated, _ in units),
            zeros=tuple(zeros for _, _, zeros in units),
            preactivation_mean=tuple(mean for mean, _ in moments),
            preactivation_variance=tuple(variance for _, variance in moments),
            gradient_norm=tuple(_finite(norm) for norm in hidden),
            output_gradient_norm=_finite(math.hypot(*norms[len(self._hidden) :])),
        )


def _units(activation: keras.layers.Layer, preactivations: Any) -> tuple[float, float, float]:
    """Shares of dead and of saturated units, and of outputs that are exactly zero."""
    slopes, outputs = _slopes(activation, preactivations)
    columns = preactivations.shape[-1]
    shifts = np.arange(len(_GRID))[:, None] + _GRID_STRIDE * np.arange(columns)
    largest = np.minimum(1.0, _slopes(activation, tf.constant(_GRID[shifts % len(_GRID)]))[0].max(axis=0))
    dead = np.all(slopes == 0, axis=0)
    saturated = ~dead & (slopes.mean(axis=0) < SATURATED_BELOW * largest)
    return float(dead.mean()), float(saturated.mean()), float(np.mean(outputs == 0))


def _slopes(activation: keras.layers.Layer, preactivations: Any) -> tuple[Floats, Floats]:
    """How much each unit passes of a gradient that comes from above, and what it gives.

    What comes from above is +1 and -1 in turn, so that for an element-wise function this is |f'(z)|, and for
    one that mixes units a gradient of that size is not lost where it is the same for all. A unit with several
    pre-activations, as a gated one has, passes what the best of them does.

    Returns:
        Shapes (n, units): slopes, and outputs.
    """
    with tf.GradientTape() as tape:
        tape.watch(preactivations)
        outputs = activation(preactivations)
    units = outputs.shape[-1]
    signs = tf.constant(np.where(np.arange(units) % 2, -1, 1), outputs.dtype) * tf.ones_like(outputs)
    gradient = tape.gradient(outputs, preactivations, output_gradients=signs, unconnected_gradients="zero")
    passed = np.abs(gradient.numpy().astype(np.float64)).reshape(len(outputs), -1, units)
    return passed.max(axis=1), outputs.numpy()


def _dense_before(tensor: Any) -> keras.layers.Dense:
    """The last dense layer on the way to a symbolic tensor, whatever normalises or drops in between."""
    layer = tensor._keras_history.operation  # Keras has no public way back through a model
    return layer if isinstance(layer, keras.layers.Dense) else _dense_before(layer.input)


def _moments(values: Floats) -> tuple[float | None, float | None]:
    with np.errstate(over="ignore", invalid="ignore"):  # of a network that explodes
        return _finite(values.mean()), _finite(values.var())


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
