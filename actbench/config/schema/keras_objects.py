"""The initializers and optimizers that a config can name as Keras does, and their keys.

The seed is not among their parameters: it is the run's. `stft` is left out, since it makes no weights of a
dense layer.
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


def _number(default: float) -> KerasParameter:
    return KerasParameter(default, NumberField())


def _positive(default: float) -> KerasParameter:
    return KerasParameter(default, NumberField(above=0))


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
"""Parameters of every optimizer of Keras that a config may not set, for the reasons above."""

_POSITIVE = NumberField(above=0)

_NOT_NEGATIVE = NumberField(at_least=0)

_SHARE = NumberField(at_least=0, at_most=1.0)

_DECAY = NumberField(at_least=0, below=1.0)

CLIPPING: Mapping[str, KerasParameter] = {
    name: KerasParameter(None, _POSITIVE) for name in ("clipnorm", "clipvalue", "global_clipnorm")
}
"""Limits of the gradients, of which one may be given: the norm of each variable's, the size of each number,
the norm of all together."""


def _params(**own: KerasParameter) -> Mapping[str, KerasParameter]:
    return {"weight_decay": KerasParameter(None, _NOT_NEGATIVE), **own, **CLIPPING}


def _adam(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> dict[str, KerasParameter]:
    return {
        "beta_1": KerasParameter(beta_1, _DECAY),
        "beta_2": KerasParameter(beta_2, _DECAY),
        "epsilon": KerasParameter(epsilon, _POSITIVE),
    }


_EPSILON = KerasParameter(1e-7, _POSITIVE)

_AMSGRAD = KerasParameter(False, BooleanField())

_ACCUMULATOR = KerasParameter(0.1, _NOT_NEGATIVE)

_ANY = NumberField()

OPTIMIZERS: Mapping[str, Mapping[str, KerasParameter]] = {
    "sgd": _params(momentum=KerasParameter(0.0, _SHARE), nesterov=KerasParameter(False, BooleanField())),
    "adam": _params(**_adam(), amsgrad=_AMSGRAD),
    "adamw": _params(weight_decay=KerasParameter(0.004, _NOT_NEGATIVE), **_adam(), amsgrad=_AMSGRAD),
    "rmsprop": _params(
        rho=KerasParameter(0.9, _DECAY),
        momentum=KerasParameter(0.0, _SHARE),
        epsilon=_EPSILON,
        centered=KerasParameter(False, BooleanField()),
    ),
    "adagrad": _params(initial_accumulator_value=_ACCUMULATOR, epsilon=_EPSILON),
    "adadelta": _params(rho=KerasParameter(0.95, _DECAY), epsilon=_EPSILON),
    "adamax": _params(**_adam()),
    "nadam": _params(**_adam()),
    "ftrl": _params(
        learning_rate_power=KerasParameter(-0.5, NumberField(at_most=0)),
        initial_accumulator_value=_ACCUMULATOR,
        l1_regularization_strength=KerasParameter(0.0, _NOT_NEGATIVE),
        l2_regularization_strength=KerasParameter(0.0, _NOT_NEGATIVE),
        l2_shrinkage_regularization_strength=KerasParameter(0.0, _NOT_NEGATIVE),
        beta=KerasParameter(0.0, _NOT_NEGATIVE),
    ),
    "lion": _params(
        beta_1=KerasParameter(0.9, NumberField(above=0, at_most=1.0)), beta_2=KerasParameter(0.99, _DECAY)
    ),
    "adafactor": _params(
        beta_2_decay=KerasParameter(-0.8, NumberField(below=0)),
        epsilon_1=KerasParameter(1e-30, _POSITIVE),
        epsilon_2=KerasParameter(1e-3, _POSITIVE),
        clip_threshold=KerasParameter(1.0, _POSITIVE),
        relative_step=KerasParameter(True, BooleanField()),
    ),
    "lamb": _params(**_adam()),
    "muon": _params(
        weight_decay=KerasParameter(0.004, _NOT_NEGATIVE),
        adam_beta_1=KerasParameter(0.9, _DECAY),
        adam_beta_2=KerasParameter(0.999, _DECAY),
        adam_weight_decay=KerasParameter(0.004, _NOT_NEGATIVE),
        epsilon=_EPSILON,
        muon_a=KerasParameter(3.4445, _ANY),
        muon_b=KerasParameter(-4.775, _ANY),
        muon_c=KerasParameter(2.0315, _ANY),
        adam_lr_ratio=KerasParameter(1.0, _POSITIVE),
        momentum=KerasParameter(0.95, _SHARE),
        ns_steps=KerasParameter(5, IntegerField(1, 100)),
        nesterov=KerasParameter(True, BooleanField()),
        rms_rate=KerasParameter(0.2, _NOT_NEGATIVE),
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
