"""Keras's optimizers as a config names them."""

from typing import Any

import keras

from actbench.config.schedules import ScheduleConfig
from actbench.config.schema import TrainConfig
from actbench.errors import DataError


def build_optimizer(config: TrainConfig, model: keras.Model) -> keras.optimizers.Optimizer:
    """The config's optimizer with its state already allocated for the model's weights.

    Raises:
        DataError: The installed Keras does not have it.
    """
    name = config.optimizer.name
    make = {known.lower(): known for known in dir(keras.optimizers)}.get(name)
    if make is None:
        raise DataError(
            f"optimizer {name}: Keras {keras.__version__} does not have it; allowed: a newer Keras"
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
