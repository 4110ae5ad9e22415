"""The step as a Keras layer, its gradient that of a surrogate."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="actbench")
class Step(keras.layers.Layer):
    """1 where x >= 0, else 0; its gradient is zero, or that of a surrogate.

    Args:
        surrogate: none; straight_through: 1 where |x| <= 1 (Courbariaux et al. 2016,
            arXiv:1602.02830); sigmoid:
            that of the sigmoid.
        kwargs: Of every Keras layer.
    """

    def __init__(self, surrogate: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._surrogate = surrogate

    def call(self, inputs: Any) -> Any:
        """Zeros and ones, of the shape and type of the input."""
        slope = _SLOPES[self._surrogate or "none"]

        @ops.custom_gradient
        def step(x: Any) -> tuple[Any, Any]:
            def gradient(*given: Any, upstream: Any = None) -> Any:
                return (given[0] if upstream is None else upstream) * slope(x)

            return ops.cast(x >= 0, x.dtype), gradient

        return step(inputs)

    def get_config(self) -> dict[str, Any]:
        """What the constructor needs."""
        return {**super().get_config(), "surrogate": self._surrogate}


_SLOPES = {
    "none": ops.zeros_like,
    "straight_through": lambda x: ops.cast(ops.abs(x) <= 1, x.dtype),
    "sigmoid": lambda x: ops.sigmoid(x) * ops.sigmoid(-x),
}
