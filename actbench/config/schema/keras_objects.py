"""The initializers and optimizers that a config can name as Keras does, and their parameters.

Initializers have no parameter `seed` here, because their seeds come from the run's. The initializer `stft` is
left out, because it makes no weights of a dense layer. Optimizers have no parameter `learning_rate`, because
`train.learning_rate` is a key of its own. `ScheduleFreeAdamW` is left out, because its weights for training
differ from those for prediction; so are wrappers of optimizers, which have no parameters of their own.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_serializer

from actbench.config.schema.fields import (
    BooleanField,
    ChoiceField,
    IntegerField,
    KerasParameter,
    KerasValue,
    NumberField,
    validate_keras_params,
)
from actbench.config.schema.section import NamedSection, mistake, report_all, wrong_value

_ANY = NumberField()

_POSITIVE = NumberField(above=0)

_NOT_NEGATIVE = NumberField(at_least=0)

_SHARE = NumberField(at_least=0, at_most=1.0)

_DECAY = NumberField(at_least=0, below=1.0)


def _number(default: float) -> KerasParameter:
    return KerasParameter(default, _ANY)


def _positive(default: float) -> KerasParameter:
    return KerasParameter(default, _POSITIVE)


def _decay(default: float) -> KerasParameter:
    return KerasParameter(default, _DECAY)


def _share(default: float) -> KerasParameter:
    return KerasParameter(default, _SHARE)


def _not_negative(default: float | None) -> KerasParameter:
    return KerasParameter(default, _NOT_NEGATIVE)


def _flag(default: bool) -> KerasParameter:
    return KerasParameter(default, BooleanField())


def _word(*words: str) -> KerasParameter:
    return KerasParameter(words[0], ChoiceField("word", words))


INITIALIZERS: Mapping[str, Mapping[str, KerasParameter]] = {
    "glorot_uniform": {},
    "glorot_normal": {},
    "he_uniform": {},
    "he_normal": {},
    "lecun_uniform": {},
    "lecun_normal": {},
    "variance_scaling": {
        "scale": _positive(1.0),
        "mode": _word("fan_in", "fan_out", "fan_avg"),
        "distribution": _word("truncated_normal", "untruncated_normal", "uniform"),
    },
    "random_normal": {"mean": _number(0.0), "stddev": _positive(0.05)},
    "random_uniform": {"minval": _number(-0.05), "maxval": _number(0.05)},
    "truncated_normal": {"mean": _number(0.0), "stddev": _positive(0.05)},
    "orthogonal": {"gain": _number(1.0)},
    "identity": {"gain": _number(1.0)},
    "constant": {"value": _number(0.0)},
    "ones": {},
    "zeros": {},
}
"""The parameters of each initializer, with Keras's defaults."""

KERAS, RECOMMENDED, MOMENT_MATCHED = "keras", "recommended", "moment_matched"

INIT_NAMES: tuple[str, ...] = (KERAS, RECOMMENDED, MOMENT_MATCHED, *INITIALIZERS)
"""The values of `init`: Dense's default, the catalogue's choice, a matched gain, or an initializer."""


class InitConfig(NamedSection):
    """An initializer of the hidden layers' kernels; a name alone stands for its defaults."""

    names: ClassVar[tuple[str, ...]] = INIT_NAMES

    name: Annotated[str, ChoiceField("initializer", INIT_NAMES)] = KERAS
    """keras, the default of Dense; recommended, the catalogue's; moment_matched; or a Keras initializer"""
    params: dict[str, KerasValue] = Field(default_factory=dict)
    """the parameters of a Keras initializer that differ from its defaults, such as {stddev: 0.01}"""

    @field_validator("params", mode="before")
    @classmethod
    def _known_to_the_initializer(cls, params: object, info: ValidationInfo) -> object:
        name = info.data.get("name")
        if name is None:
            return {}  # the parameters of an unknown initializer cannot be checked
        known = INITIALIZERS.get(name, {})
        values = validate_keras_params(params, name, known, "{stddev: 0.01}")
        if "minval" in known:
            limits: dict[str, Any] = {name: one.default for name, one in known.items()} | values
            low, high = limits["minval"], limits["maxval"]
            if not low < high:
                raise wrong_value(f"minval {low:g} is not below maxval {high:g}; use a minval below maxval")
        return values


UNSUPPORTED_PARAMETERS = (
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "gradient_accumulation_steps",
    "loss_scale_factor",
)
"""Parameters of every optimizer of Keras that a config may not set.

Stock `fit` and a hand-written loop treat averages of weights, gradient accumulation and loss scaling
differently, so that the two engines would not train alike.
"""

CLIPPING: Mapping[str, KerasParameter] = {
    name: KerasParameter(None, _POSITIVE) for name in ("clipnorm", "clipvalue", "global_clipnorm")
}
"""Limits of the gradients: the norm for each variable, the size of each number, the norm of all together.

A config may set one of them.
"""


def _params(**own: KerasParameter) -> Mapping[str, KerasParameter]:
    """Return an optimizer's own parameters with those that every optimizer has."""
    return {"weight_decay": _not_negative(None), **own, **CLIPPING}


def _adam(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> dict[str, KerasParameter]:
    return {
        "beta_1": _decay(beta_1),
        "beta_2": _decay(beta_2),
        "epsilon": _positive(epsilon),
    }


_EPSILON = _positive(1e-7)

_AMSGRAD = _flag(False)

_ACCUMULATOR = _not_negative(0.1)

OPTIMIZERS: Mapping[str, Mapping[str, KerasParameter]] = {
    "sgd": _params(momentum=_share(0.0), nesterov=_flag(False)),
    "adam": _params(**_adam(), amsgrad=_AMSGRAD),
    "adamw": _params(weight_decay=_not_negative(0.004), **_adam(), amsgrad=_AMSGRAD),
    "rmsprop": _params(
        rho=_decay(0.9),
        momentum=_share(0.0),
        epsilon=_EPSILON,
        centered=_flag(False),
    ),
    "adagrad": _params(initial_accumulator_value=_ACCUMULATOR, epsilon=_EPSILON),
    "adadelta": _params(rho=_decay(0.95), epsilon=_EPSILON),
    "adamax": _params(**_adam()),
    "nadam": _params(**_adam()),
    "ftrl": _params(
        learning_rate_power=KerasParameter(-0.5, NumberField(at_most=0)),
        initial_accumulator_value=_ACCUMULATOR,
        l1_regularization_strength=_not_negative(0.0),
        l2_regularization_strength=_not_negative(0.0),
        l2_shrinkage_regularization_strength=_not_negative(0.0),
        beta=_not_negative(0.0),
    ),
    "lion": _params(beta_1=KerasParameter(0.9, NumberField(above=0, at_most=1.0)), beta_2=_decay(0.99)),
    "adafactor": _params(
        beta_2_decay=KerasParameter(-0.8, NumberField(below=0)),
        epsilon_1=_positive(1e-30),
        epsilon_2=_positive(1e-3),
        clip_threshold=_positive(1.0),
        relative_step=_flag(True),
    ),
    "lamb": _params(**_adam()),
    "muon": _params(
        weight_decay=_not_negative(0.004),
        adam_beta_1=_decay(0.9),
        adam_beta_2=_decay(0.999),
        adam_weight_decay=_not_negative(0.004),
        epsilon=_EPSILON,
        muon_a=_number(3.4445),
        muon_b=_number(-4.775),
        muon_c=_number(2.0315),
        adam_lr_ratio=_positive(1.0),
        momentum=_share(0.95),
        ns_steps=KerasParameter(5, IntegerField(1, 100)),
        nesterov=_flag(True),
        rms_rate=_not_negative(0.2),
    ),
}
"""The parameters of each optimizer, with Keras's defaults."""


class OptimizerConfig(NamedSection):
    """An optimizer of Keras; a name alone stands for its defaults."""

    names: ClassVar[tuple[str, ...]] = tuple(OPTIMIZERS)

    name: Annotated[str, ChoiceField("optimizer", tuple(OPTIMIZERS))]
    """an optimizer of Keras, such as adam"""
    params: dict[str, KerasValue] = Field(default_factory=dict)
    """the parameters that differ from Keras's defaults, such as {momentum: 0.9, nesterov: true}, and at most
    one of clipnorm, clipvalue and global_clipnorm"""

    @field_validator("params", mode="before")
    @classmethod
    def _known_to_the_optimizer(cls, params: object, info: ValidationInfo) -> object:
        name = info.data.get("name")
        if name is None:
            return {}  # the parameters of an unknown optimizer cannot be checked
        found = []
        if isinstance(params, dict) and "learning_rate" in params:
            params = {key: value for key, value in params.items() if key != "learning_rate"}
            found.append(mistake("has a key of its own; use train.learning_rate", "learning_rate"))
        if isinstance(params, dict):
            known_by_keras = [key for key in params if key in UNSUPPORTED_PARAMETERS]
            why = "is not supported, as docs/models.md explains; remove it"
            found += [mistake(why, key, kind="unknown_key") for key in known_by_keras]
            params = {key: value for key, value in params.items() if key not in UNSUPPORTED_PARAMETERS}
            clips = [clip for clip in CLIPPING if params.get(clip) is not None]
            found += [
                mistake(f"{clips[0]} clips gradients already; use only one of {', '.join(CLIPPING)}", clip)
                for clip in clips[1:]
            ]
        known = OPTIMIZERS[name]
        return report_all(found, lambda: validate_keras_params(params, name, known, "{momentum: 0.9}"))

    @model_serializer
    def _as_written(self) -> str | dict[str, Any]:
        return {"name": self.name, "params": dict(self.params)} if self.params else self.name

    def __str__(self) -> str:
        """Return the name of the optimizer."""
        return self.name
