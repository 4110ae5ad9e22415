"""The hidden layers: the same for every activation of a block, but for the activation."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import keras

from actbench.config.layers import UNDER_TEST, PlainLayerConfig
from actbench.config.network import Layers, gated_widths, initialised_for, widths_under_test
from actbench.config.schema import ActivationConfig, ModelConfig
from actbench.engine.activation_layers import activation_layer
from actbench.engine.dropout import AlphaDropout, Dropout
from actbench.engine.initialisers import hidden_initializer
from actbench.engine.regularizers import kernel_regularizer
from actbench.plan import plan_cell
from actbench.planned import CellPlan


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
