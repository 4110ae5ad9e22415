"""How a config says which weights the hidden layers start from."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, GetJsonSchemaHandler, ValidationInfo, field_validator
from pydantic_core import CoreSchema, PydanticCustomError

from actbench.config.fields import Number, OneOf
from actbench.config.initializers import INIT_NAMES, INITIALIZERS, KERAS, POSITIVE, Choices
from actbench.config.mistakes import gather, mistake, refuse, show
from actbench.config.section import Section
from actbench.errors import did_you_mean


class InitConfig(Section):
    """An initialiser of the hidden layers' kernels; a name alone stands for its defaults."""

    shorthand: ClassVar[str] = "a name, or "

    name: Annotated[str, OneOf("initialiser", INIT_NAMES)] = KERAS
    """keras, the default of Dense; recommended, the catalogue's; moment_matched; or a Keras initialiser"""
    params: dict[str, float | str] = Field(default_factory=dict)
    """the parameters of a Keras initialiser that differ from its defaults, such as {stddev: 0.01}"""

    @classmethod
    def written_out(cls, raw: object) -> object:
        """The mapping that a name alone stands for."""
        return {"name": raw} if isinstance(raw, str) else raw

    @field_validator("params", mode="before")
    @classmethod
    def _known_to_the_initialiser(cls, params: object, info: ValidationInfo) -> object:
        if not isinstance(params, Mapping):
            raise refuse(f"{show(params)} is not a mapping; allowed: one such as {{stddev: 0.01}}")
        if "name" not in info.data:
            return {}  # with an unknown name there is nothing to judge the parameters by
        known = INITIALIZERS.get(info.data["name"], {})
        found, values = [], {}
        for key, value in params.items():
            if key not in known:
                allowed = ", ".join(known) or "no parameters"
                message = (
                    f"{info.data['name']} has no such parameter; allowed: {allowed}{did_you_mean(key, known)}"
                )
                found.append(mistake(message, key, kind="unknown_key"))
                continue
            try:
                values[key] = _check(key, known[key], value)
            except PydanticCustomError as error:
                found.append(mistake(error.message(), key))
        if not found and "minval" in known:
            limits: dict[str, Any] = {**known, **values}
            low, high = limits["minval"], limits["maxval"]
            if not low < high:
                raise refuse(f"minval {low:g} is not below maxval {high:g}; allowed: minval below maxval")
        return gather(found, lambda: values)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic's hook: either form."""
        return {"anyOf": [{"enum": list(INIT_NAMES)}, handler(schema)]}


def _check(key: str, known: float | Choices, value: object) -> object:
    if isinstance(known, tuple):
        return OneOf("word", known).check(value)
    return Number(above=0 if key in POSITIVE else None).check(value)
