"""How a config says how the network is trained."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from actbench.config.fields import Flag, Number, OneOf, Whole
from actbench.config.mistakes import refuse, show
from actbench.config.optimizer import OptimizerConfig
from actbench.config.schedules import ScheduleConfig
from actbench.config.section import Section
from actbench.objectives import LOSSES, Loss

_MILLION = 1_000_000
_RATE = Number(above=0)


class _RateOrSchedule:
    """A number, or a mapping that is a schedule."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's hook: whichever of the two is written."""

        def validate(value: object, schedule: ValidatorFunctionWrapHandler) -> Any:
            if isinstance(value, Mapping | ScheduleConfig):
                return schedule(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _RATE.check(value)
            raise refuse(
                f"{show(value)} is not a number; allowed: a number above 0, or a mapping such as "
                "{schedule: cosine_decay, initial_learning_rate: 0.01, decay_steps: 1000}"
            )

        return core_schema.no_info_wrap_validator_function(
            validate,
            handler.generate_schema(ScheduleConfig),
            serialization=core_schema.plain_serializer_function_ser_schema(_as_written),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic's hook: either form."""
        return {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, handler(schema)]}


def _as_written(rate: float | ScheduleConfig) -> float | dict[str, Any]:
    return rate.model_dump() if isinstance(rate, ScheduleConfig) else rate


class EarlyStoppingConfig(Section):
    """When a training ends before its last epoch."""

    patience: Annotated[int, Whole(1, _MILLION)]
    """epochs in a row without a lower validation loss after which a training ends"""
    min_delta: Annotated[float, Number(at_least=0)] = 0.0
    """by how much a validation loss has to be lower to count"""
    restore_best: Annotated[bool, Flag()] = True
    """whether the weights of the epoch with the lowest validation loss are put back before the test"""


class TrainConfig(Section):
    """How the network is trained."""

    optimizer: OptimizerConfig
    """a Keras optimizer, with its defaults but for the learning rate, such as adam, or
    {name: sgd, params: {momentum: 0.9}}"""
    learning_rate: Annotated[float | ScheduleConfig, _RateOrSchedule()]
    """the optimizer's step size, such as 0.001, or a mapping such as
    {schedule: cosine_decay, initial_learning_rate: 0.01, decay_steps: 1000}"""
    batch_size: Annotated[int, Whole(1, _MILLION)]
    """examples per training step; the last batch of an epoch may be shorter"""
    epochs: Annotated[int, Whole(1, _MILLION)]
    """how often each training example is seen; with early_stopping at most"""
    early_stopping: EarlyStoppingConfig | None = None
    """when a training ends earlier, such as {patience: 3}; needs a validation split"""
    loss: Annotated[Loss, OneOf("loss", tuple(LOSSES))] | None = None
    """what is minimised: sparse_categorical_crossentropy, the default for classes, or of two classes
    binary_crossentropy, with a single logit; mse, the default for numbers, mae or huber"""
