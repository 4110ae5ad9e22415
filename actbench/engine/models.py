"""Keras models: a trunk with the activation under test, and heads."""

from collections.abc import Sequence

import keras

from actbench.config.model import Output
from actbench.config.schema import ModelConfig
from actbench.engine.heads import alone, heads
from actbench.engine.trunk import trunk
from actbench.objectives import Objective
from actbench.planned import CellPlan


def build_model(config: ModelConfig, cell: CellPlan, features: int, units: Sequence[int]) -> keras.Model:
    """An MLP whose hidden layers use the cell's activation, and whose heads give numbers or raw logits.

    Args:
        config: The layers.
        cell: The activation, its parameters, and the initialiser of the hidden layers.
        features: Width of an example.
        units: Width of each head.

    Raises:
        DataError: An imported function cannot be had.
    """
    inputs = keras.Input((features,))
    outputs = heads(trunk(inputs, config, cell, sum(units)), units, config)
    return keras.Model(inputs, alone(outputs))


def answering(model: keras.Model, output: Output, objectives: Sequence[Objective]) -> keras.Model:
    """The model with the output that inference computes; it shares the weights.

    Args:
        model: What is trained.
        output: Whether logits of classes become probabilities.
        objectives: One per head; a number stays what it is, a single logit gets a sigmoid.
    """
    if output == "logits":
        return model
    answers = [
        head if objective.classes is None else _probabilities(objective)(head)
        for objective, head in zip(objectives, model.outputs, strict=True)
    ]
    return keras.Model(model.input, alone(answers))


def _probabilities(objective: Objective) -> keras.layers.Layer:
    return keras.layers.Activation("sigmoid") if objective.units == 1 else keras.layers.Softmax()
