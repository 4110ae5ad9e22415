"""The output layers."""

from typing import Any

import keras

from actbench.config.schema import ModelConfig
from actbench.engine.regularizers import kernel_regularizer


def head(hidden: Any, classes: int, config: ModelConfig) -> Any:
    """Raw logits.

    Args:
        hidden: Symbolic, of shape (batch, width).
        classes: Width of the output.
        config: Says the regularizer.

    Returns:
        Symbolic, of shape (batch, classes).
    """
    return keras.layers.Dense(classes, kernel_regularizer=kernel_regularizer(config))(hidden)
