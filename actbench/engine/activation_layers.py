"""The layers that apply an activation to a tensor: of the catalogue, of an expression, or imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from actbench.activations.catalogue import find_activation
from actbench.activations.expression.float64 import fold_constants
from actbench.activations.expression.parser import parse
from actbench.activations.expression.tree import evaluate, extend_to_many
from actbench.engine.imported_function import import_function

if TYPE_CHECKING:
    from actbench.activations.entry import ParameterValue
    from actbench.plan.cell import CellPlan

_serializable = keras.saving.register_keras_serializable(package="actbench")


def activation_layer(cell: CellPlan, dtype: str | None = None) -> keras.layers.Layer:
    """Return the layer that applies a cell's activation to a tensor of shape (batch, units).

    The layer of a gated unit takes shape (batch, 2 * units).

    Args:
        cell: The activation.
        dtype: Type of the tensors; None for Keras's default.

    Raises:
        DataError: An imported function cannot be used.
    """
    if cell.function is not None:
        return ImportedLayer(cell.function, cell.params, cell.source_sha256, dtype=dtype)
    if cell.expr is not None:
        return ExpressionLayer(cell.expr, cell.params, cell.trainable, dtype=dtype)
    assert cell.name is not None
    entry = find_activation(cell.name)
    params = {**entry.params, **cell.params}
    match entry.kind:
        case "expression":
            bounds = {parameter.name: parameter.trained_minimum for parameter in entry.parameters}
            return ExpressionLayer(entry.formula, params, cell.trainable, bounds, dtype=dtype)
        case "gated":
            return GatedLayer(entry.gate, dtype=dtype)
        case "step":
            return StepLayer(cell.surrogate, dtype=dtype)
        case "layer":
            alpha = keras.initializers.Constant(params["alpha"])
            return keras.layers.PReLU(alpha_initializer=alpha, dtype=dtype)
    return KerasFunctionLayer(cell.name, cell.params, dtype=dtype)


def is_activation(layer: keras.layers.Layer) -> bool:
    """Return whether `activation_layer` has made this layer."""
    return isinstance(
        layer, (KerasFunctionLayer, ExpressionLayer, GatedLayer, StepLayer, ImportedLayer, keras.layers.PReLU)
    )


def _power(base: Any, exponent: float) -> Any:
    # A square is by far the most frequent power, and much cheaper than the general one.
    return ops.square(base) if exponent == 2 else ops.power(base, exponent)


OPERATIONS_ON_TENSORS: Mapping[str, Callable[..., Any]] = {
    "add": ops.add,
    "sub": ops.subtract,
    "mul": ops.multiply,
    "div": ops.divide,
    "pow": _power,
    "neg": ops.negative,
    "less": ops.less,
    "less_equal": ops.less_equal,
    "greater": ops.greater,
    "greater_equal": ops.greater_equal,
    "equal": ops.equal,
    "not_equal": ops.not_equal,
    "exp": ops.exp,
    "expm1": ops.expm1,
    "log": ops.log,
    "log1p": ops.log1p,
    "sqrt": ops.sqrt,
    "abs": ops.abs,
    "sign": ops.sign,
    "relu": ops.relu,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "softplus": ops.softplus,
    "erf": ops.erf,
    "sin": ops.sin,
    "cos": ops.cos,
    "atan": ops.arctan,
    "sinh": ops.sinh,
    "cosh": ops.cosh,
    "asinh": ops.arcsinh,
    "min": extend_to_many(ops.minimum),
    "max": extend_to_many(ops.maximum),
    "clip": lambda x, low, high: ops.minimum(ops.maximum(x, low), high),
    "where": ops.where,
}


@_serializable
class ExpressionLayer(keras.layers.Layer):
    """A layer that applies an expression in x and parameters, which are numbers or trained scalars.

    Args:
        text: The expression.
        params: The value of each parameter, before training if they are trained.
        trained: Whether the parameters are weights.
        bounds: The number that each trained parameter may not fall below; None for no bound.
        kwargs: Arguments of every Keras layer.
    """

    def __init__(
        self,
        text: str,
        params: Mapping[str, Any],
        trained: bool,
        bounds: Mapping[str, float | None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        least = dict(bounds or {})
        self._own = {"text": text, "params": dict(params), "trained": trained, "bounds": least}
        self._expression = fold_constants(parse(text, params, longest=None))
        self._values = dict(params)
        if trained:
            self._values = {
                name: self.add_weight(
                    shape=(),
                    initializer=keras.initializers.Constant(start),
                    constraint=AtLeast(low) if (low := least.get(name)) is not None else None,
                    name=name,
                )
                for name, start in params.items()
            }

    def call(self, inputs: Any) -> Any:
        """Return the expression's value, of the shape and type of the input."""
        values = {**self._values, "x": inputs}
        return ops.cast(evaluate(self._expression, OPERATIONS_ON_TENSORS, values), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as Keras asks for."""
        return {**super().get_config(), **self._own}


@_serializable
class AtLeast(keras.constraints.Constraint):
    """A constraint that keeps a weight from falling below a number."""

    def __init__(self, low: float) -> None:
        self.low = low

    def __call__(self, w: Any) -> Any:
        """Return the weight, or the bound if that is larger."""
        return ops.maximum(w, self.low)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as Keras asks for."""
        return {"low": self.low}


@_serializable
class StepLayer(keras.layers.Layer):
    """A layer that gives 1 where x >= 0, else 0; its gradient is zero, or that of a surrogate.

    Args:
        surrogate: "straight_through" has gradient 1 where |x| <= 1 (Courbariaux et al. 2016,
            arXiv:1602.02830), "sigmoid" has that of the sigmoid; None has gradient zero.
        kwargs: Arguments of every Keras layer.
    """

    def __init__(self, surrogate: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._surrogate = surrogate

    def call(self, inputs: Any) -> Any:
        """Return zeros and ones, of the shape and type of the input."""
        slope = _SLOPES[self._surrogate or "none"]

        @ops.custom_gradient
        def step(x: Any) -> tuple[Any, Any]:
            def gradient(*given: Any, upstream: Any = None) -> Any:
                return (given[0] if upstream is None else upstream) * slope(x)

            return ops.cast(x >= 0, x.dtype), gradient

        return step(inputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as Keras asks for."""
        return {**super().get_config(), "surrogate": self._surrogate}


_SLOPES = {
    "none": ops.zeros_like,
    "straight_through": lambda x: ops.cast(ops.abs(x) <= 1, x.dtype),
    "sigmoid": lambda x: ops.sigmoid(x) * ops.sigmoid(-x),
}


@_serializable
class KerasFunctionLayer(keras.layers.Layer):
    """A layer that applies a function of `keras.activations`.

    Args:
        function: The function's name.
        params: Keyword arguments of the function.
        kwargs: Arguments of every Keras layer.
    """

    def __init__(self, function: str, params: Mapping[str, ParameterValue], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._params = dict(params)
        self._function = getattr(keras.activations, function)

    def call(self, inputs: Any) -> Any:
        """Return the function's value, of the shape of the input."""
        return self._function(inputs, **self._params)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as Keras asks for."""
        return {**super().get_config(), "function": self._function.__name__, "params": self._params}


@_serializable
class GatedLayer(keras.layers.Layer):
    """A layer of gated units, value * gate(x): value is the first half of the input, x the second, as in glu.

    Args:
        gate: The function of `keras.activations` that the gate applies.
        kwargs: Arguments of every Keras layer.
    """

    def __init__(self, gate: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._gate = gate
        self._function = keras.activations.get(gate)

    def call(self, inputs: Any) -> Any:
        """Return shape (batch, units) for an input of shape (batch, 2 * units)."""
        value, gate = ops.split(inputs, 2, axis=-1)
        return value * self._function(gate)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as Keras asks for."""
        return {**super().get_config(), "gate": self._gate}


@_serializable
class ImportedLayer(keras.layers.Layer):
    """A layer that applies a function of the user's.

    Args:
        function: Such as "package.module:function".
        params: Keyword arguments of the function.
        source_sha256: Hash of the function's source when the run was planned; None to take any source.
        kwargs: Arguments of every Keras layer.
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
        """Return the function's value, of the shape of the input."""
        return self._function(inputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as Keras asks for."""
        return {**super().get_config(), **self._own}
