"""The output layers."""

from typing import Any

import keras


def head(hidden: Any, classes: int) -> Any:
    """Raw logits.

    Args:
        hidden: Symbolic, of shape (batch, width).
        classes: Width of the output.

    Returns:
        Symbolic, of shape (batch, classes).
    """
    return keras.layers.Dense(classes)(hidden)
