"""How a config says which weights the hidden layers start from."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from actbench.config.fields import OneOf
from actbench.config.initializers import INIT_NAMES, INITIALIZERS, KERAS
from actbench.config.known import Value, known_params
from actbench.config.mistakes import refuse
from actbench.config.section import NamedSection


class InitConfig(NamedSection):
    """An initialiser of the hidden layers' kernels; a name alone stands for its defaults."""

    names: ClassVar[tuple[str, ...]] = INIT_NAMES

    name: Annotated[str, OneOf("initialiser", INIT_NAMES)] = KERAS
    """keras, the default of Dense; recommended, the catalogue's; moment_matched; or a Keras initialiser"""
    params: dict[str, Value] = Field(default_factory=dict)
    """the parameters of a Keras initialiser that differ from its defaults, such as {stddev: 0.01}"""

    @field_validator("params", mode="before")
    @classmethod
    def _known_to_the_initialiser(cls, params: object, info: ValidationInfo) -> object:
        name = info.data.get("name")
        if name is None:
            return {}  # with an unknown name there is nothing to judge the parameters by
        known = INITIALIZERS.get(name, {})
        values = known_params(params, name, known, "{stddev: 0.01}")
        if "minval" in known:
            limits: dict[str, Any] = {name: one.default for name, one in known.items()} | values
            low, high = limits["minval"], limits["maxval"]
            if not low < high:
                raise refuse(f"minval {low:g} is not below maxval {high:g}; allowed: minval below maxval")
        return values
