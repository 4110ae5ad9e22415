"""The output layers: one head for each target."""

from collections.abc import Sequence
from typing import Any

import keras

from actbench.config.schema import ModelConfig
from actbench.engine.regularizers import kernel_regularizer


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
