"""Which Keras layer an activation is, and those that apply a given function; all are saved with the model."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from actbench.activations import ParameterValue, find
from actbench.engine.expression_layer import ExpressionLayer
from actbench.engine.imported import import_function
from actbench.engine.step_layer import Step
from actbench.planned import CellPlan

_serializable = keras.saving.register_keras_serializable(package="actbench")


def activation_layer(cell: CellPlan, dtype: str | None = None) -> keras.layers.Layer:
    """The layer that applies a cell's activation to a tensor of shape (batch, units).

    A gated one takes (batch, 2 * units).

    Args:
        cell: The activation.
        dtype: Of the tensors; Keras's default where None.

    Raises:
        DataError: An imported function cannot be had.
    """
    if cell.function is not None:
        return Imported(cell.function, cell.params, cell.source_sha256, dtype=dtype)
    if cell.expr is not None:
        return ExpressionLayer(cell.expr, cell.params, cell.trainable, dtype=dtype)
    assert cell.name is not None
    entry = find(cell.name)
    params = {**entry.params, **cell.params}
    match entry.kind:
        case "expression":
            bounds = {parameter.name: parameter.least_trained for parameter in entry.parameters}
            return ExpressionLayer(entry.formula, params, cell.trainable, bounds, dtype=dtype)
        case "gated":
            return Gated(entry.gate, dtype=dtype)
        case "step":
            return Step(cell.surrogate, dtype=dtype)
        case "layer":
            alpha = keras.initializers.Constant(params["alpha"])
            return keras.layers.PReLU(alpha_initializer=alpha, dtype=dtype)
    return KerasFunction(cell.name, cell.params, dtype=dtype)


def is_activation(layer: keras.layers.Layer) -> bool:
    """Whether `activation_layer` made it."""
    return isinstance(layer, (KerasFunction, ExpressionLayer, Gated, Step, Imported, keras.layers.PReLU))


@_serializable
class KerasFunction(keras.layers.Layer):
    """A function of `keras.activations`.

    Args:
        function: Its name.
        params: Its keyword arguments.
        kwargs: Of every Keras layer.
    """

    def __init__(self, function: str, params: Mapping[str, ParameterValue], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._params = dict(params)
        self._function = getattr(keras.activations, function)

    def call(self, inputs: Any) -> Any:
        """The function's value, of the shape of the input."""
        return self._function(inputs, **self._params)

    def get_config(self) -> dict[str, Any]:
        """What the constructor needs."""
        return {**super().get_config(), "function": self._function.__name__, "params": self._params}


@_serializable
class Gated(keras.layers.Layer):
    """A gated unit: value * gate(x), value the first half of the units and x the second, as in Keras's glu.

    Args:
        gate: The function of `keras.activations` that the gate applies.
        kwargs: Of every Keras layer.
    """

    def __init__(self, gate: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._gate = gate
        self._function = keras.activations.get(gate)

    def call(self, inputs: Any) -> Any:
        """From shape (batch, 2 * units) to (batch, units)."""
        value, gate = ops.split(inputs, 2, axis=-1)
        return value * self._function(gate)

    def get_config(self) -> dict[str, Any]:
        """What the constructor needs."""
        return {**super().get_config(), "gate": self._gate}


@_serializable
class Imported(keras.layers.Layer):
    """A function of the user's.

    Args:
        function: As "package.module:function".
        params: Its keyword arguments.
        source_sha256: Of its source when the run was planned; None to take it as it is.
        kwargs: Of every Keras layer.
    """

    def __init__(
        self,
        function: str,
        params: Mapping[str, ParameterValue],
        source_sha256: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._own = {"function": function, "params": dict(params), "source_sha256": source_sha256}
        self._function = import_function(function, params, source_sha256)

    def call(self, inputs: Any) -> Any:
        """The function's value, of the shape of the input."""
        return self._function(inputs)

    def get_config(self) -> dict[str, Any]:
        """What the constructor needs."""
        return {**super().get_config(), **self._own}
