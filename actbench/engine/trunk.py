"""The hidden layers: the same for every activation of a block, but for the activation."""

from typing import Any

import keras

from actbench.activations.gating import matched_widths
from actbench.config.schema import ModelConfig
from actbench.engine.activation_layers import activation_layer
from actbench.engine.initialisers import hidden_initializer
from actbench.plan import CellPlan


def trunk(inputs: Any, config: ModelConfig, cell: CellPlan, outputs: int) -> Any:
    """What the hidden layers make of the input.

    Args:
        inputs: Symbolic, of shape (batch, features).
        config: Width of each hidden layer.
        cell: The activation, its parameters, and the initialiser of the hidden layers.
        outputs: Units of all heads together, which the widths of gated layers depend on.

    Returns:
        Symbolic, of shape (batch, width of the last hidden layer).

    Raises:
        DataError: An imported function cannot be had.
    """
    widths = config.hidden_units
    if cell.match == "params":
        widths = matched_widths(widths, inputs.shape[1], outputs)
    initializer = hidden_initializer(cell)
    hidden = inputs
    for width in widths:
        units = width if cell.match is None else 2 * width  # a gate takes half of them
        hidden = keras.layers.Dense(units, kernel_initializer=initializer)(hidden)
        hidden = activation_layer(cell)(hidden)
    return hidden
