"""An expression as a Keras layer, its parameters numbers or trained."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from actbench.activations.expression import evaluate, folded, parse
from actbench.engine.expression_ops import OPERATIONS_ON_TENSORS

_serializable = keras.saving.register_keras_serializable(package="actbench")


@_serializable
class ExpressionLayer(keras.layers.Layer):
    """An expression in x and parameters, each a number or a trained scalar.

    Args:
        text: The expression.
        params: Value of each parameter, at the start where they are trained.
        trained: Whether the parameters are weights.
        bounds: Below which number a trained parameter is not to fall; None for any.
        kwargs: Of every Keras layer.
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
        self._expression = folded(parse(text, params, longest=None))
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
        """The expression's value, of the shape and type of the input."""
        values = {**self._values, "x": inputs}
        return ops.cast(evaluate(self._expression, OPERATIONS_ON_TENSORS, values), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """What the constructor needs."""
        return {**super().get_config(), **self._own}


@_serializable
class AtLeast(keras.constraints.Constraint):
    """Keeps a weight from falling below a number."""

    def __init__(self, low: float) -> None:
        self.low = low

    def __call__(self, w: Any) -> Any:
        """The weight, or the bound."""
        return ops.maximum(w, self.low)

    def get_config(self) -> dict[str, Any]:
        """What the constructor needs."""
        return {"low": self.low}
