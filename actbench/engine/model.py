"""Keras models: a trunk with the activation under test, reproducible dropout, a head per target.

Keras draws masks by Philox. As XLA compiles it for a CPU, Philox takes 45 ns per unit and example, the hash
0.6 ns (64 x 256): nine tenths of a training with dropout were random numbers, which hid the activations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from actbench.activations.curves import compute_moments
from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.keras_objects import KERAS, MOMENT_MATCHED
from actbench.config.schema.layers import UNDER_TEST, kernel_activations
from actbench.config.schema.network_size import matched_gated_widths, widths_under_test
from actbench.engine.activation_layers import activation_layer
from actbench.errors import DataError
from actbench.plan.cell import plan_cell
from actbench.plan.describe import curve_of_cell

if TYPE_CHECKING:
    from actbench.activations.curves import Array, Moments
    from actbench.config.schema.layers import LayerConfigs, PlainLayerConfig
    from actbench.config.schema.model import ModelConfig, Output
    from actbench.metrics.objectives import Objective
    from actbench.plan.cell import CellPlan

_NEXT_KEY = 0x9E3779B9  # 2**32 over the golden ratio

_SELU_SCALE = 1.0507009873554805

_SELU_ALPHA = 1.6732632423543772


class Dropout(keras.layers.Dropout):
    """A layer that leaves out each unit with probability `rate`, and scales up the others.

    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR 15.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the input in inference, and with units left out in training; shape (examples, units)."""
        if not training or self.rate == 0:
            return inputs
        kept = keep_mask(tf.shape(inputs), self.rate, self.seed_generator.next())
        return tf.where(kept, inputs / (1 - self.rate), 0.0)


class AlphaDropout(keras.layers.AlphaDropout):
    """A layer that sets units to SELU's lowest value, and keeps mean 0 and variance 1.

    Klambauer et al. (2017), Self-normalizing neural networks, arXiv:1706.02515.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the input in inference, and with units left out in training; shape (examples, units)."""
        if not training or self.rate == 0:
            return inputs
        kept = keep_mask(tf.shape(inputs), self.rate, self.seed_generator.next())
        lowest = -_SELU_SCALE * _SELU_ALPHA
        a = ((1 - self.rate) * (1 + self.rate * lowest**2)) ** -0.5
        return a * tf.where(kept, inputs, lowest) - a * lowest * self.rate


def keep_mask(shape: tf.Tensor, rate: float, seed_and_step: tf.Tensor) -> tf.Tensor:
    """Return which units stay, Booleans of the given shape.

    The number of each place is hashed with one key, and the result with another: with a single hash, the
    masks of two steps would be rearrangements of each other.

    Args:
        shape: (examples, units), their product below 2**31.
        rate: The probability to be left out, at least 0 and below 1; rounded to a multiple of 2**-32.
        seed_and_step: Two integers, of which the low 32 bits count.
    """
    seed, step = tf.unstack(tf.cast(seed_and_step, tf.uint32))
    key = _mix(_mix(seed) ^ step)
    places = tf.cast(tf.reshape(tf.range(tf.reduce_prod(shape)), shape), tf.uint32)
    hashed = _mix(_mix(places ^ key) ^ _mix(key + _NEXT_KEY))
    return hashed >= min(round(rate * 2**32), 2**32 - 1)


def _mix(x: tf.Tensor) -> tf.Tensor:
    """Return a bijection of 32 bits in which each input bit flips each output bit with probability 1/2.

    Found by C. Wellons's hash-prospector, https://github.com/skeeto/hash-prospector (bias 0.107).
    """
    x = (x ^ tf.bitwise.right_shift(x, 16)) * 0x21F0AAAD
    x = (x ^ tf.bitwise.right_shift(x, 15)) * 0xD35A2D97
    return x ^ tf.bitwise.right_shift(x, 15)


def build_model(config: ModelConfig, cell: CellPlan, features: int, units: Sequence[int]) -> keras.Model:
    """Return a model of dense layers whose heads give numbers or raw logits.

    Args:
        config: The layers, and what regularizes them.
        cell: The activation under test, its parameters, and the initializer of the layers before it.
        features: Width of an example.
        units: Width of each head.

    Raises:
        DataError: An imported function cannot be used.
    """
    inputs = keras.Input((features,))
    layers = config.network
    widths = widths_under_test(layers)
    if cell.match == "params":
        widths = matched_gated_widths(layers, features, sum(units))
    hidden = _HiddenLayers(config, cell, widths).stack(inputs, layers)
    return keras.Model(inputs, unwrap_single(_heads(hidden, units, config)))


def inference_model(model: keras.Model, output: Output, objectives: Sequence[Objective]) -> keras.Model:
    """Return the model with the output that inference computes; both share their weights.

    Args:
        model: The model that is trained.
        output: Whether logits of classes become probabilities.
        objectives: One per head; a number stays what it is, and a single logit gets a sigmoid.
    """
    if output == "logits":
        return model
    outputs = [
        head if objective.classes is None else _probabilities(objective)(head)
        for objective, head in zip(objectives, model.outputs, strict=True)
    ]
    return keras.Model(model.input, unwrap_single(outputs))


def _probabilities(objective: Objective) -> keras.layers.Layer:
    return keras.layers.Activation("sigmoid") if objective.units == 1 else keras.layers.Softmax()


def _heads(hidden: Any, units: Sequence[int], config: ModelConfig) -> list[Any]:
    """Return the symbolic output of each head, shape (batch, units)."""
    return [
        keras.layers.Dense(width, kernel_regularizer=_kernel_regularizer(config), name=head_name(k))(hidden)
        for k, width in enumerate(units)
    ]


def head_name(index: int) -> str:
    """Return the name of a head's layer; a target's own name may be one that Keras refuses."""
    return f"head_{index}"


def unwrap_single(heads: Sequence[Any]) -> Any:
    """Return the only entry as it is, or all in a list: Keras does not take a list for a single head."""
    return heads[0] if len(heads) == 1 else list(heads)


class _HiddenLayers:
    """Builds the hidden layers, one upon the other.

    Args:
        config: The layers, the initializer of those with a fixed activation, and the regularizer.
        cell: The activation under test.
        widths: The widths of the dense layers under test, from the input on; gates are not counted.
    """

    def __init__(self, config: ModelConfig, cell: CellPlan, widths: tuple[int, ...]) -> None:
        self._config = config
        self._cell = cell
        self._widths = iter(widths)
        self._initialized_for: Iterator[str] = iter(kernel_activations(config.network))
        self._fixed_cell = cache(self._plan_fixed)

    def stack(self, hidden: Any, layers: LayerConfigs) -> Any:
        """Return the symbolic output of the last layer, shape (batch, width)."""
        for layer in layers:
            hidden = self._add(hidden, layer)
        return hidden

    def _add(self, hidden: Any, layer: PlainLayerConfig) -> Any:
        if layer.dense is not None:
            hidden = self._dense(hidden, layer)
        elif layer.dropout is not None:
            hidden = Dropout(layer.dropout)(hidden)
        elif layer.alpha_dropout is not None:
            hidden = AlphaDropout(layer.alpha_dropout)(hidden)
        elif layer.batch_norm is not None:
            norm = layer.batch_norm
            hidden = keras.layers.BatchNormalization(momentum=norm.momentum, epsilon=norm.epsilon)(hidden)
        elif layer.layer_norm is not None:
            hidden = keras.layers.LayerNormalization(epsilon=layer.layer_norm.epsilon)(hidden)
        elif layer.block_layers:
            return self._residual(hidden, layer.block_layers)
        return (
            hidden if layer.activation is None else activation_layer(self._planned(layer.activation))(hidden)
        )

    def _dense(self, hidden: Any, layer: PlainLayerConfig) -> Any:
        units = layer.dense
        if layer.activation == UNDER_TEST:
            width = next(self._widths)
            units = width if self._cell.match is None else 2 * width  # value and gate
        return keras.layers.Dense(units, **self._kernel())(hidden)

    def _residual(self, shortcut: Any, layers: LayerConfigs) -> Any:
        """Add a block to its input, projected where the widths differ.

        He et al. (2015), Deep residual learning for image recognition, arXiv:1512.03385, eq. 1 and 2.
        """
        hidden = self.stack(shortcut, layers)
        kernel = self._kernel()  # taken in any case: the list of activations has an entry for each projection
        if hidden.shape[1] != shortcut.shape[1]:
            shortcut = keras.layers.Dense(hidden.shape[1], use_bias=False, **kernel)(shortcut)
        return keras.layers.Add()([hidden, shortcut])

    def _kernel(self) -> dict[str, Any]:
        """Return how the kernel of the next dense layer starts, and what its size adds to the loss."""
        return {
            "kernel_initializer": _hidden_initializer(self._planned(next(self._initialized_for))),
            "kernel_regularizer": _kernel_regularizer(self._config),
        }

    def _planned(self, activation: str) -> CellPlan:
        return self._cell if activation == UNDER_TEST else self._fixed_cell(activation)

    def _plan_fixed(self, name: str) -> CellPlan:
        return plan_cell(ActivationConfig(name=name, label=name), self._config.init)


def _kernel_regularizer(config: ModelConfig) -> keras.regularizers.Regularizer | None:
    """Return the regularizer of every dense layer, the heads included."""
    regularizer = config.kernel_regularizer
    if regularizer is None:
        return None
    return keras.regularizers.L1L2(l1=regularizer.l1 or 0.0, l2=regularizer.l2 or 0.0)


def _hidden_initializer(cell: CellPlan) -> keras.initializers.Initializer:
    """Return the initializer of the kernel before this activation; `Learner.reset` sets its seed.

    Raises:
        DataError: An imported function has no finite second moment to match.
    """
    if cell.init == KERAS:
        return keras.layers.Dense(1).kernel_initializer
    if cell.init == MOMENT_MATCHED:
        return keras.initializers.VarianceScaling(
            scale=_gain(cell) ** 2, mode="fan_in", distribution="untruncated_normal"
        )
    return keras_initializer(cell.init, cell.init_params)


def keras_initializer(name: str, params: Mapping[str, Any]) -> keras.initializers.Initializer:
    """Return Keras's initializer by its name in a config, such as "he_normal"."""
    return getattr(keras.initializers, name.title().replace("_", ""))(**params)


def _gain(cell: CellPlan) -> float:
    """Return the gain with which pre-activations keep their second moment; see `activations.curves`."""
    curve = curve_of_cell(cell)
    gain = (_imported_moments(cell) if curve is None else curve.moments()).gain
    if gain is None:
        raise DataError(f"{cell.label}: E[f(z)^2] is 0 or not finite: there is no gain to match")
    return gain


def _imported_moments(cell: CellPlan) -> Moments:
    """Return the moments of an imported function, which only calling it tells."""
    layer = activation_layer(cell)

    def function(z: Array) -> Array:
        inputs = keras.ops.convert_to_tensor(z[:, None], dtype="float32")
        return keras.ops.convert_to_numpy(layer(inputs))[:, 0].astype(np.float64)

    return compute_moments(function)
