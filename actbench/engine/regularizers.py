"""What is added to the training loss for the size of kernels."""

import keras

from actbench.config.schema import ModelConfig


def kernel_regularizer(config: ModelConfig) -> keras.regularizers.Regularizer | None:
    """Of every dense layer, the heads included; None for none."""
    wanted = config.kernel_regularizer
    if wanted is None:
        return None
    return keras.regularizers.L1L2(l1=wanted.l1 or 0.0, l2=wanted.l2 or 0.0)
