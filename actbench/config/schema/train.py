"""The keys `train` and `targets`: optimizer, learning rate and its schedules, early stopping, losses."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidatorFunctionWrapHandler,
    model_serializer,
)
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from actbench.config.schema.fields import (
    BooleanField,
    ChoiceField,
    IntegerField,
    NumberField,
    explain_unknown_parameter,
)
from actbench.config.schema.keras_objects import OptimizerConfig
from actbench.config.schema.section import ListField, Section, describe_value, mistake, wrong_value
from actbench.metrics.objectives import LOSSES, Loss

SCHEDULES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "cosine_decay": (("initial_learning_rate", "decay_steps"), ("alpha", "warmup_target", "warmup_steps")),
    "cosine_decay_restarts": (("initial_learning_rate", "first_decay_steps"), ("t_mul", "m_mul", "alpha")),
    "exponential_decay": (("initial_learning_rate", "decay_steps", "decay_rate"), ("staircase",)),
    "inverse_time_decay": (("initial_learning_rate", "decay_steps", "decay_rate"), ("staircase",)),
    "piecewise_constant_decay": (("boundaries", "values"), ()),
    "polynomial_decay": (("initial_learning_rate", "decay_steps"), ("end_learning_rate", "power", "cycle")),
}
"""The classes of `keras.optimizers.schedules`: the required and the optional parameters of each."""

_MOST_STEPS = 2**31 - 1


class ScheduleConfig(Section):
    """A learning rate that depends on the training step; the parameters stand beside the schedule's name."""

    shorthand: ClassVar[str] = "a number, or "

    schedule: Annotated[str, ChoiceField("schedule", tuple(SCHEDULES))]
    """a schedule of Keras, such as cosine_decay"""
    initial_learning_rate: Annotated[float, NumberField(at_least=0)] | None = None
    """the learning rate of the first step"""
    decay_steps: Annotated[int, IntegerField(1, _MOST_STEPS)] | None = None
    """training steps over which the rate falls, or after which it has fallen by decay_rate"""
    first_decay_steps: Annotated[int, IntegerField(1, _MOST_STEPS)] | None = None
    """training steps until the first restart"""
    decay_rate: Annotated[float, NumberField(above=0)] | None = None
    """the factor by which the rate falls in decay_steps"""
    alpha: Annotated[float, NumberField(at_least=0, at_most=1.0)] | None = None
    """the lowest learning rate, as a fraction of the first"""
    warmup_target: Annotated[float, NumberField(above=0)] | None = None
    """the learning rate at the end of the warm-up"""
    warmup_steps: Annotated[int, IntegerField(1, _MOST_STEPS)] | None = None
    """training steps of the warm-up"""
    t_mul: Annotated[float, NumberField(at_least=1.0)] | None = None
    """the factor by which each period is longer than the one before"""
    m_mul: Annotated[float, NumberField(above=0)] | None = None
    """the factor from one period's first learning rate to the next period's"""
    staircase: Annotated[bool, BooleanField()] | None = None
    """whether the rate falls in steps"""
    end_learning_rate: Annotated[float, NumberField(at_least=0)] | None = None
    """the learning rate at the end"""
    power: Annotated[float, NumberField(above=0)] | None = None
    """the power of the polynomial"""
    cycle: Annotated[bool, BooleanField()] | None = None
    """whether the schedule begins anew after decay_steps"""
    boundaries: (
        Annotated[
            tuple[Annotated[int, IntegerField(1, _MOST_STEPS)], ...], ListField("[1000, 2000]", distinct=True)
        ]
        | None
    ) = None
    """training steps, in rising order, after which the next of the values applies"""
    values: (
        Annotated[tuple[Annotated[float, NumberField(above=0)], ...], ListField("[0.1, 0.01, 0.001]")] | None
    ) = None
    """learning rates, one more than there are boundaries"""

    @property
    def params(self) -> dict[str, Any]:
        """Return the arguments of Keras's class."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "schedule"}
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """Yield keys that the schedule does not have, and required keys that are missing."""
        if raw.get("schedule") not in tuple(SCHEDULES):  # a list has no hash
            return
        needed, optional = SCHEDULES[str(raw["schedule"])]
        known_keys = cls.keys()
        given = [key for key, value in raw.items() if value is not None and key in known_keys]
        known = (*needed, *optional)
        for key in given:
            if key not in ("schedule", *known):
                yield mistake(explain_unknown_parameter(str(raw["schedule"]), key, known), key)
        for key in needed:
            if key not in given:
                yield mistake(f"is missing; {raw['schedule']} needs it", key, kind="missing_key")
        if ("warmup_target" in given) != ("warmup_steps" in given):
            alone = "warmup_target" if "warmup_target" in given else "warmup_steps"
            yield mistake("has no effect alone; use warmup_target and warmup_steps together", alone)
        yield from _wrong_boundaries(raw.get("boundaries"), raw.get("values"))

    @model_serializer
    def _as_written(self) -> dict[str, Any]:
        written = {"schedule": self.schedule, **self.params}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in written.items()}


def _wrong_boundaries(boundaries: object, values: object) -> Iterator[InitErrorDetails]:
    if not isinstance(boundaries, list | tuple):
        return
    if isinstance(values, list | tuple) and len(values) != len(boundaries) + 1:
        yield mistake(
            f"{len(boundaries) + 1} values are needed, one more than boundaries; add or remove values",
            "values",
        )
    if all(type(item) is int for item in boundaries) and list(boundaries) != sorted(boundaries):
        yield mistake("the steps do not rise; sort them, as in [1000, 2000]", "boundaries")


_MILLION = 1_000_000

_RATE = NumberField(above=0)


class _RateOrSchedule:
    """The type of a learning rate: a number or a schedule."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that validates a number or a schedule (pydantic's hook)."""

        def validate(value: object, schedule: ValidatorFunctionWrapHandler) -> Any:
            if isinstance(value, Mapping | ScheduleConfig):
                return schedule(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _RATE.check(value)
            raise wrong_value(
                f"{describe_value(value)} is not a number; allowed: a number above 0, or a mapping such as "
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
        """Return the JSON Schema of both forms (pydantic's hook)."""
        return {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, handler(schema)]}


def _as_written(rate: float | ScheduleConfig) -> float | dict[str, Any]:
    return rate.model_dump() if isinstance(rate, ScheduleConfig) else rate


class EarlyStoppingConfig(Section):
    """The rule by which a training ends before its last epoch."""

    patience: Annotated[int, IntegerField(1, _MILLION)]
    """epochs in a row without a lower validation loss after which a training ends"""
    min_delta: Annotated[float, NumberField(at_least=0)] = 0.0
    """the least decrease of the validation loss that counts"""
    restore_best: Annotated[bool, BooleanField()] = True
    """whether the weights of the epoch with the lowest validation loss are restored before the test"""


class TrainConfig(Section):
    """The training of the network: optimizer, steps, epochs and loss."""

    optimizer: OptimizerConfig
    """a Keras optimizer, with its defaults but for the learning rate, such as adam, or
    {name: sgd, params: {momentum: 0.9}}"""
    learning_rate: Annotated[float | ScheduleConfig, _RateOrSchedule()]
    """the optimizer's step size, such as 0.001, or a mapping such as
    {schedule: cosine_decay, initial_learning_rate: 0.01, decay_steps: 1000}"""
    batch_size: Annotated[int, IntegerField(1, _MILLION)]
    """examples per training step; the last batch of an epoch may be shorter"""
    epochs: Annotated[int, IntegerField(1, _MILLION)]
    """how often each training example is seen; with early_stopping, the maximum"""
    early_stopping: EarlyStoppingConfig | None = None
    """the rule for ending a training early, such as {patience: 3}; needs a validation split"""
    loss: Annotated[Loss, ChoiceField("loss", tuple(LOSSES))] | None = None
    """the loss: sparse_categorical_crossentropy, the default for classes, or for two classes
    binary_crossentropy, with a single logit; mse, the default for numbers, mae or huber"""


class TargetConfig(Section):
    """The loss of one of several targets."""

    loss: Annotated[Loss, ChoiceField("loss", tuple(LOSSES))] | None = None
    """the loss of the target, as in train.loss"""
    weight: Annotated[float, NumberField(above=0)] = 1.0
    """the factor of this loss in the sum of all losses"""
