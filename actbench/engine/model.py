"""The initialisers of hidden layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from actbench.activations.curves import compute_moments
from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.initializers import KERAS, MOMENT_MATCHED
from actbench.config.schema.layers import (
    UNDER_TEST,
    gated_widths,
    initialised_for,
    widths_under_test,
)
from actbench.engine.dropout import AlphaDropout, Dropout
from actbench.engine.activation_layers import activation_layer
from actbench.errors import DataError
from actbench.plan.cell import plan_cell
from actbench.plan.describe import curve_of_cell

if TYPE_CHECKING:
    from actbench.activations.curves import Array, Moments
    from actbench.config.schema.layers import (
        Layers,
        PlainLayerConfig,
    )
    from actbench.config.schema.model import ModelConfig, Output
    from actbench.metrics.objectives import Objective
    from actbench.plan.cell import CellPlan


def hidden_initializer(cell: CellPlan) -> keras.initializers.Initializer:
    """What draws the kernel of a hidden layer before this activation; its seed is set later.

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
    """An initialiser of Keras by its name in a config, such as "he_normal"."""
    return getattr(keras.initializers, name.title().replace("_", ""))(**params)


def _gain(cell: CellPlan) -> float:
    curve = curve_of_cell(cell)
    gain = (_imported_moments(cell) if curve is None else curve.moments()).gain
    if gain is None:
        raise DataError(f"{cell.label}: E[f(z)^2] is 0 or not finite: there is no gain to match")
    return gain


def _imported_moments(cell: CellPlan) -> Moments:
    layer = activation_layer(cell)

    def function(z: Array) -> Array:
        inputs = keras.ops.convert_to_tensor(z[:, None], dtype="float32")
        return keras.ops.convert_to_numpy(layer(inputs))[:, 0].astype(np.float64)

    return compute_moments(function)


def kernel_regularizer(config: ModelConfig) -> keras.regularizers.Regularizer | None:
    """Of every dense layer, the heads included; None for none."""
    wanted = config.kernel_regularizer
    if wanted is None:
        return None
    return keras.regularizers.L1L2(l1=wanted.l1 or 0.0, l2=wanted.l2 or 0.0)


def trunk(inputs: Any, config: ModelConfig, cell: CellPlan, outputs: int) -> Any:
    """What the hidden layers make of the input.

    Args:
        inputs: Symbolic, of shape (batch, features).
        config: The layers.
        cell: The activation, its parameters, and the initialiser of the layers before it.
        outputs: Units of all heads together, which the widths of gated layers depend on.

    Returns:
        Symbolic, of shape (batch, width of the last hidden layer).

    Raises:
        DataError: An imported function cannot be had.
    """
    layers = config.network
    widths = widths_under_test(layers)
    if cell.match == "params":
        widths = gated_widths(layers, inputs.shape[1], outputs)
    return _Trunk(config, cell, widths).stack(inputs, layers)


class _Trunk:
    """Builds layer upon layer.

    Args:
        config: The layers, the initialiser of those that are fixed, and the regularizer.
        cell: The activation under test.
        widths: Of the dense layers under test, after gating.
    """

    def __init__(self, config: ModelConfig, cell: CellPlan, widths: tuple[int, ...]) -> None:
        self._config = config
        self._cell = cell
        self._widths = iter(widths)
        self._initialised_for: Iterator[str] = iter(initialised_for(config.network))
        self._fixed = cache(self._plan_fixed)

    def stack(self, hidden: Any, layers: Layers) -> Any:
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
        elif layer.inside:
            return self._residual(hidden, layer.inside)
        return (
            hidden if layer.activation is None else activation_layer(self._planned(layer.activation))(hidden)
        )

    def _dense(self, hidden: Any, layer: PlainLayerConfig) -> Any:
        units = layer.dense
        if layer.activation == UNDER_TEST:
            width = next(self._widths)
            units = width if self._cell.match is None else 2 * width  # a gate takes half of them
        return keras.layers.Dense(units, **self._kernel())(hidden)

    def _residual(self, shortcut: Any, layers: Layers) -> Any:
        """He et al. (2015), Deep residual learning for image recognition, arXiv:1512.03385, eq. 1 and 2."""
        hidden = self.stack(shortcut, layers)
        kernel = self._kernel()
        if hidden.shape[1] != shortcut.shape[1]:
            shortcut = keras.layers.Dense(hidden.shape[1], use_bias=False, **kernel)(shortcut)
        return keras.layers.Add()([hidden, shortcut])

    def _kernel(self) -> dict[str, Any]:
        """How the kernel of the next dense layer starts, and what is added to the loss for it."""
        return {
            "kernel_initializer": hidden_initializer(self._planned(next(self._initialised_for))),
            "kernel_regularizer": kernel_regularizer(self._config),
        }

    def _planned(self, activation: str) -> CellPlan:
        return self._cell if activation == UNDER_TEST else self._fixed(activation)

    def _plan_fixed(self, name: str) -> CellPlan:
        return plan_cell(ActivationConfig(name=name, label=name), self._config.init)


def heads(hidden: Any, units: Sequence[int], config: ModelConfig) -> list[Any]:
    """Numbers, or raw logits.

    Args:
        hidden: Symbolic, of shape (batch, width).
        units: Width of each head.
        config: Says the regularizer.

    Returns:
        Symbolic, of shape (batch, units) each.
    """
    return [
        keras.layers.Dense(width, kernel_regularizer=kernel_regularizer(config), name=head_name(k))(hidden)
        for k, width in enumerate(units)
    ]


def head_name(index: int) -> str:
    """What a head's layer is called; a target's own name may be one that Keras refuses."""
    return f"head_{index}"


def alone(of_heads: Sequence[Any]) -> Any:
    """What Keras takes for one head as it is, and for several as a list."""
    return of_heads[0] if len(of_heads) == 1 else list(of_heads)


def build_model(config: ModelConfig, cell: CellPlan, features: int, units: Sequence[int]) -> keras.Model:
    """An MLP whose hidden layers use the cell's activation, and whose heads give numbers or raw logits.

    Args:
        config: The layers.
        cell: The activation, its parameters, and the initialiser of the hidden layers.
        features: Width of an example.
        units: Width of each head.

    Raises:
        DataError: An imported function cannot be had.
    """
    inputs = keras.Input((features,))
    outputs = heads(trunk(inputs, config, cell, sum(units)), units, config)
    return keras.Model(inputs, alone(outputs))


def answering(model: keras.Model, output: Output, objectives: Sequence[Objective]) -> keras.Model:
    """The model with the output that inference computes; it shares the weights.

    Args:
        model: What is trained.
        output: Whether logits of classes become probabilities.
        objectives: One per head; a number stays what it is, a single logit gets a sigmoid.
    """
    if output == "logits":
        return model
    answers = [
        head if objective.classes is None else _probabilities(objective)(head)
        for objective, head in zip(objectives, model.outputs, strict=True)
    ]
    return keras.Model(model.input, alone(answers))


def _probabilities(objective: Objective) -> keras.layers.Layer:
    return keras.layers.Activation("sigmoid") if objective.units == 1 else keras.layers.Softmax()
