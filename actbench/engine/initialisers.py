"""The initialisers of hidden layers."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from actbench.activations.moments import Array, Moments, moments
from actbench.config.initializers import KERAS, MOMENT_MATCHED
from actbench.described import curve_of_cell
from actbench.engine.activation_layers import activation_layer
from actbench.errors import DataError
from actbench.planned import CellPlan


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

    return moments(function)
