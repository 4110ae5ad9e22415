"""Keras models: a trunk with the activation under test, and heads."""

import keras

from actbench.config.model import Output
from actbench.config.schema import ModelConfig
from actbench.engine.heads import head
from actbench.engine.trunk import trunk
from actbench.plan import CellPlan


def build_model(config: ModelConfig, cell: CellPlan, features: int, classes: int) -> keras.Model:
    """An MLP whose hidden layers use the cell's activation and whose output layer gives raw logits.

    Args:
        config: The layers.
        cell: The activation, its parameters, and the initialiser of the hidden layers.
        features: Width of an example.
        classes: Width of the output.

    Raises:
        DataError: An imported function cannot be had.
    """
    inputs = keras.Input((features,))
    return keras.Model(inputs, head(trunk(inputs, config, cell, classes), classes, config))


def answering(model: keras.Model, output: Output) -> keras.Model:
    """The model with the output that inference computes; it shares the weights."""
    return model if output == "logits" else keras.Model(model.input, keras.layers.Softmax()(model.output))
