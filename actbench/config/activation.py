"""One entry of a config's list of activations."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, GetJsonSchemaHandler, ValidationInfo, field_validator
from pydantic_core import CoreSchema, PydanticCustomError

from actbench.activations import NAMES, ParameterValue, find
from actbench.config.fields import Flag, Label, Number, OneOf
from actbench.config.mistakes import gather, mistake, refuse, show
from actbench.config.section import Section
from actbench.errors import did_you_mean


def _without_default(schema: dict[str, Any]) -> None:
    """The empty label only stands for none; nobody may write it."""
    del schema["default"]


class ActivationConfig(Section):
    """What is compared: a name of the catalogue, with parameters; the name alone stands for its defaults."""

    shorthand: ClassVar[str] = "a name, or "

    name: Annotated[
        str, OneOf("activation", NAMES, listing="the names that `actbench list activations` shows")
    ]
    """an activation's name, as `actbench list activations` shows it"""
    params: dict[str, ParameterValue] = Field(default_factory=dict)
    """the parameters that differ from Keras's defaults, such as {negative_slope: 0.1}"""
    label: Annotated[str, Label()] = Field(default="", json_schema_extra=_without_default)
    """what tables call it; the name as written when not given"""

    @classmethod
    def written_out(cls, raw: object) -> object:
        """The mapping that a name alone stands for, labelled with the name as written."""
        mapping = {"name": raw} if isinstance(raw, str) else raw
        if isinstance(mapping, Mapping) and mapping.get("name") in NAMES:
            return {"label": mapping["name"], **mapping}
        return mapping

    @field_validator("name")
    @classmethod
    def _canonical(cls, name: str) -> str:
        return find(name).name

    @field_validator("params", mode="before")
    @classmethod
    def _known_to_the_activation(cls, params: object, info: ValidationInfo) -> object:
        if not isinstance(params, Mapping):
            raise refuse(f"{show(params)} is not a mapping; allowed: one such as {{negative_slope: 0.1}}")
        # with an unknown name there is nothing to judge the parameters by
        return check_params(info.data["name"], params) if "name" in info.data else {}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic's hook: either form."""
        return {"anyOf": [{"enum": list(NAMES)}, handler(schema)]}


def check_params(name: str, params: Mapping[str, object]) -> dict[str, ParameterValue]:
    """The parameters, numbers as floats.

    Args:
        name: An activation of the catalogue.
        params: As in the config.

    Raises:
        ValidationError: One or more are unknown to the activation, or of the wrong type.
    """
    defaults = find(name).params
    found, values = [], {}
    for key, value in params.items():
        if key not in defaults:
            allowed = ", ".join(defaults) or "no parameters"
            message = f"{name} has no such parameter; allowed: {allowed}{did_you_mean(key, defaults)}"
            found.append(mistake(message, key, kind="unknown_key"))
            continue
        try:
            values[key] = _check_param(value, defaults[key])
        except PydanticCustomError as error:
            found.append(mistake(error.message(), key))
    return gather(found, lambda: values)


def _check_param(value: object, default: ParameterValue) -> ParameterValue:
    if isinstance(default, bool):
        return Flag().check(value)
    if default is None and value is None:
        return None
    return Number().check(value)
