"""The probes: how much of a gradient the units of a network let through, and how much arrives in each layer.

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
from actbench.records.block import Probe
from actbench.rng import permutation

SATURATED_BELOW = 0.05
"""A unit is saturated if its mean slope is below this share of its largest."""

_EXAMPLES_SEED = 0  # all replicates look at the same examples

# Where the largest slope is searched: the usual inputs of an activation, and well beyond.
_GRID = np.linspace(-10, 10, 401, dtype=np.float32)

_GRID_STRIDE = 97  # coprime to the grid's length: the columns of one row lie far apart

Floats = npt.NDArray[np.float64]

Loss = Callable[..., Any]


def probed_rows(training: range, examples: int) -> npt.NDArray[np.int32]:
    """Return the training rows that are probed, the same for every activation and seed of a setting."""
    return permutation(len(training), _EXAMPLES_SEED, "probe examples")[:examples] + training.start


class Prober:
    """Looks inside one model without writing any variable of the model or of its optimizer.

    The network computes what it does in a test: no dropout, and batch normalization by its moving averages.

    Args:
        model: Its hidden activations must be layers of their own.
    """

    def __init__(self, model: keras.Model) -> None:
        self._hidden = [
            _Hidden(layer, dense)
            for layer in model.layers
            if is_activation(layer) and (dense := _dense_before(layer.input)) is not None
        ]
        self._outputs = [dense for output in model.outputs if (dense := _dense_before(output)) is not None]
        inputs = [hidden.activation.input for hidden in self._hidden]
        self._inner = keras.Model(model.inputs, [inputs, model.outputs])

    def probe(self, x: npt.NDArray[np.float32], loss: Loss, epoch: int) -> Probe:
        """Return all figures of the present moment.

        Args:
            x: The examples, shape (n, features).
            loss: Returns the mean loss, a scalar, of the model's outputs for `x`, one argument each.
            epoch: Epochs trained so far.
        """
        with tf.GradientTape() as tape:
            preactivations, outputs = self._inner(tf.constant(x), training=False)
            value = loss(*outputs)
        kernels = [
            dense.kernel.value for dense in (*(hidden.dense for hidden in self._hidden), *self._outputs)
        ]
        gradients = tape.gradient(value, kernels, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        norms = [float(np.linalg.norm(gradient.numpy().astype(np.float64))) for gradient in gradients]
        units = [hidden.units(z) for hidden, z in zip(self._hidden, preactivations, strict=True)]
        moments = [_moments(z.numpy().astype(np.float64)) for z in preactivations]
        return Probe(
            epoch=epoch,
            dead=tuple(dead for dead, _, _ in units),
            saturated=tuple(saturated for _, saturated, _ in units),
            zeros=tuple(zeros for _, _, zeros in units),
            preactivation_mean=tuple(mean for mean, _ in moments),
            preactivation_variance=tuple(variance for _, variance in moments),
            gradient_norm=tuple(_finite(norm) for norm in norms[: len(units)]),
            output_gradient_norm=_finite(math.hypot(*norms[len(units) :])),
        )


class _Hidden:
    """A hidden layer: an activation and the dense layer before it, which other activations may share."""

    def __init__(self, activation: keras.layers.Layer, dense: keras.layers.Dense) -> None:
        self.activation = activation
        self.dense = dense
        self._cached_largest: Floats | None = None

    def units(self, preactivations: Any) -> tuple[float, float, float]:
        """Return the shares of dead and of saturated units, and of outputs that are exactly zero."""
        slopes, outputs = _slopes(self.activation, preactivations)
        dead = np.all(slopes == 0, axis=0)
        saturated = ~dead & (slopes.mean(axis=0) < SATURATED_BELOW * self._largest())
        return float(dead.mean()), float(saturated.mean()), float(np.mean(outputs == 0))

    def _largest(self) -> Floats:
        """Return each unit's largest slope on a grid, shape (units,); at most 1, the slope of `linear`."""
        if self._cached_largest is not None:
            return self._cached_largest
        shifts = np.arange(len(_GRID))[:, None] + _GRID_STRIDE * np.arange(self.activation.input.shape[-1])
        slopes, _ = _slopes(self.activation, tf.constant(_GRID[shifts % len(_GRID)]))
        largest = np.minimum(1.0, slopes.max(axis=0))
        if not self.activation.variables:  # training changes the slope of the others
            self._cached_largest = largest
        return largest


def _slopes(activation: keras.layers.Layer, preactivations: Any) -> tuple[Floats, Floats]:
    """Return how much each unit passes of a gradient from above, and its output, both of shape (n, units).

    The gradient from above is +1 and -1 in turn. For an element-wise function the slope is then |f'(z)|.
    Softmax, which mixes units, would pass nothing of a gradient that is the same for all of them. A unit with
    several pre-activations, such as a gated unit, passes what the best of them passes.
    """
    with tf.GradientTape() as tape:
        tape.watch(preactivations)
        outputs = activation(preactivations)
    units = outputs.shape[-1]
    signs = tf.constant(np.where(np.arange(units) % 2, -1, 1), outputs.dtype) * tf.ones_like(outputs)
    gradient = tape.gradient(
        outputs, preactivations, output_gradients=signs, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    passed = np.abs(gradient.numpy().astype(np.float64)).reshape(len(outputs), -1, units)
    return passed.max(axis=1), outputs.numpy()


def _dense_before(tensor: Any) -> keras.layers.Dense | None:
    """Return the last dense layer before a symbolic tensor; layers in between may normalize, drop or add."""
    layer = tensor._keras_history.operation  # Keras has no public way back through a model
    if isinstance(layer, keras.layers.Dense):
        return layer
    if isinstance(layer, keras.layers.InputLayer):
        return None
    inputs = layer.input
    return _dense_before(inputs[0] if isinstance(inputs, list) else inputs)


def _moments(values: Floats) -> tuple[float | None, float | None]:
    """Return mean and variance, each None if it is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):  # a network may explode
        return _finite(values.mean()), _finite(values.var())


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
