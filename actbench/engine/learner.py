"""The learner: a model and its optimizer, which both engines put back to the start of a training."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import keras
import numpy.typing as npt
import tensorflow as tf

from actbench.config.schema.train import ScheduleConfig
from actbench.engine.evaluation import Task, example_losses
from actbench.engine.model import build_model, inference_model
from actbench.engine.probes import Prober, probed_rows
from actbench.errors import DataError
from actbench.rng import integer

if TYPE_CHECKING:
    from actbench.config.schema.train import TrainConfig
    from actbench.datasets.dataset import Dataset
    from actbench.plan.cell import CellPlan
    from actbench.plan.models import Setting
    from actbench.records.block import Probe


class Learner:
    """A model and its optimizer, which can be put back to the start of a training, for any seed.

    A compiled function keeps the variables that it was traced with, so that every seed must reuse them.

    Args:
        setting: Model and training hyper-parameters.
        dataset: Says how wide the input is, and holds the targets.
        cell: The activation, and the hyper-parameters that are its own.

    Attributes:
        setting: The setting with the cell's hyper-parameters in it.
        task: What the model is trained for.
        model: The model that is trained; it gives numbers and logits.
        inference_model: The same weights with the output that inference computes.
        optimizer: The optimizer of the model's trainable weights.
        parameters: Number of trainable weights.
        train_score: As in `protocols.Trainer`.
    """

    def __init__(self, setting: Setting, dataset: Dataset, cell: CellPlan) -> None:
        self.setting = setting = setting.for_cell(cell)
        self.task = task = Task(setting, dataset)
        self.train_score = task.train_score
        units = [objective.units for objective in task.objectives]
        self.model = build_model(setting.model, cell, dataset.x.shape[1], units)
        self.optimizer = build_optimizer(setting.train, self.model)
        self.inference_model = inference_model(self.model, setting.model.output, task.objectives)
        self.parameters = sum(math.prod(weight.shape) for weight in self.model.trainable_weights)
        others = [layer for layer in self.model.layers if not isinstance(layer, keras.layers.Dense)]
        self._seed_generators = [
            layer.seed_generator for layer in others if getattr(layer, "seed_generator", None) is not None
        ]
        # The variables of activations, normalizations and dropout.
        self._other_variables = [variable for layer in others for variable in layer.variables]
        self._fresh_others = [variable.numpy().copy() for variable in self._other_variables]
        self._fresh_optimizer = [variable.numpy().copy() for variable in self.optimizer.variables]
        self._dataset = dataset
        self._examples = setting.probes.examples
        self._prober: Prober | None = None

    def probe(self, epoch: int) -> Probe:
        """Return what the model looks like inside after that many epochs."""
        if self._prober is None:
            self._prober = Prober(self.model)
        rows = probed_rows(self._dataset.train, self._examples)
        y = [target.y[rows] for target in self._dataset.targets]

        def loss(*outputs: Any) -> Any:
            return tf.reduce_mean(example_losses(self.task.objectives, y, outputs))

        return self._prober.probe(self._dataset.x[rows], loss, epoch)

    def state(self) -> list[npt.NDArray[Any]]:
        """Return a copy of every variable of the model and the optimizer."""
        return [variable.numpy().copy() for variable in (*self.model.variables, *self.optimizer.variables)]

    def put_back(self, state: list[npt.NDArray[Any]]) -> None:
        """Put every variable back to what `state` copied."""
        _assign((*self.model.variables, *self.optimizer.variables), state)

    def reset(self, seed: int) -> None:
        """Draw the seed's initial weights and clear the optimizer.

        The weights of dense layer k depend on (seed, k, initializer, shape) alone: activations that share an
        initializer start from the same weights. The weights of the activations start where the config says.
        The units that dropout layer k leaves out depend on (seed, k, shape) and the step alone.
        """
        dense = [layer for layer in self.model.layers if isinstance(layer, keras.layers.Dense)]
        for index, layer in enumerate(dense):
            layer.kernel.assign(_draw(layer, integer(seed, "weights", index)))
            if layer.use_bias:
                layer.bias.assign(layer.bias_initializer(layer.bias.shape))
        _assign(self._other_variables, self._fresh_others)
        for index, generator in enumerate(self._seed_generators):
            generator.state.assign([integer(seed, "dropout", index), 0])
        _assign(self.optimizer.variables, self._fresh_optimizer)


def build_optimizer(config: TrainConfig, model: keras.Model) -> keras.optimizers.Optimizer:
    """Return the config's optimizer, with its state already allocated for the model's weights.

    Raises:
        DataError: The installed Keras does not have this optimizer.
    """
    name = config.optimizer.name
    make = {known.lower(): known for known in dir(keras.optimizers)}.get(name)
    if make is None:
        raise DataError(
            f"optimizer {name}: Keras {keras.__version__} does not have it; install a newer Keras"
        )
    optimizer = getattr(keras.optimizers, make)(
        learning_rate=_learning_rate(config.learning_rate), **config.optimizer.params
    )
    optimizer.build(model.trainable_variables)
    return optimizer


def _learning_rate(rate: float | ScheduleConfig) -> Any:
    if not isinstance(rate, ScheduleConfig):
        return rate
    make = getattr(keras.optimizers.schedules, rate.schedule.title().replace("_", ""))
    params = {name: list(value) if isinstance(value, tuple) else value for name, value in rate.params.items()}
    return make(**params)


def _assign(variables: Iterable[Any], values: Iterable[npt.NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _draw(layer: keras.layers.Dense, seed: int) -> Any:
    """Return initial weights of a dense layer's kernel; initializers such as zeros take no seed."""
    shape = tuple(layer.kernel.shape)
    initializer = keras.initializers.serialize(layer.kernel_initializer)
    if "seed" not in initializer["config"]:
        return layer.kernel_initializer(shape)
    initializer["config"]["seed"] = seed
    return _draw_seeded(json.dumps(initializer), shape)


@functools.lru_cache(maxsize=64)
def _draw_seeded(initializer: str, shape: tuple[int, ...]) -> Any:
    """Return what a serialized, seeded initializer draws; the activations of a block share it."""
    return keras.initializers.deserialize(json.loads(initializer))(shape)
