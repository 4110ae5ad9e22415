"""Keras models: the same layers and the same initial weights for every activation of a block."""

import functools
import json
from typing import Any

import keras

from actbench.config.schema import ModelConfig, TrainConfig
from actbench.plan import CellPlan
from actbench.streams import integer


def build_model(config: ModelConfig, cell: CellPlan, features: int, classes: int) -> keras.Model:
    """An MLP whose hidden layers use the cell's activation and whose output layer gives raw logits.

    Args:
        config: Width of each hidden layer.
        cell: The activation and its parameters.
        features: Width of an example.
        classes: Width of the output.
    """
    function = getattr(keras.activations, cell.name)
    activation = functools.partial(function, **cell.params) if cell.params else function
    layers: list[Any] = [keras.Input((features,))]
    layers += [keras.layers.Dense(units, activation=activation) for units in config.hidden_units]
    layers.append(keras.layers.Dense(classes))
    return keras.Sequential(layers)


def build_optimizer(config: TrainConfig, model: keras.Model) -> keras.optimizers.Optimizer:
    """The config's optimizer with its state already allocated for the model's weights."""
    optimizer = keras.optimizers.get(
        {"class_name": config.optimizer, "config": {"learning_rate": config.learning_rate}}
    )
    optimizer.build(model.trainable_variables)
    return optimizer


class InitialState:
    """Puts a model and its optimizer back to the start of a training, for any seed.

    A compiled function keeps the variables it was traced with, so that a new seed must reuse them.
    """

    def __init__(self, model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
        self._model = model
        self._optimizer_state = [(variable, variable.numpy().copy()) for variable in optimizer.variables]

    def restore(self, seed: int) -> None:
        """Draws the seed's initial weights and clears the optimizer.

        Layer k's weights depend on (seed, k, initialiser, shape) alone: activations that share an
        initialiser start from the same weights.
        """
        for index, layer in enumerate(self._model.layers):
            initializer = keras.initializers.serialize(layer.kernel_initializer)
            initializer["config"]["seed"] = integer(seed, "weights", index)
            layer.kernel.assign(_draw(json.dumps(initializer), tuple(layer.kernel.shape)))
            layer.bias.assign(layer.bias_initializer(layer.bias.shape))
        for variable, value in self._optimizer_state:
            variable.assign(value)


@functools.lru_cache(maxsize=64)
def _draw(initializer: str, shape: tuple[int, ...]) -> Any:
    """The initial weights of a serialised, seeded initialiser; the activations of a block share them."""
    return keras.initializers.deserialize(json.loads(initializer))(shape)
