"""The initializers that a config can name, by the names that `keras.initializers.get` knows.

The seed is not among their parameters: it is the run's. `stft` is left out, since it makes no weights of a
dense layer.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from actbench.config.schema.fields import (
    ChoiceField,
    KerasParameter,
    KerasValue,
    NumberField,
    validate_keras_params,
)
from actbench.config.schema.section import NamedSection, wrong_value


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
