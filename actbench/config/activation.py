"""One entry of a config's list of activations."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, GetJsonSchemaHandler, field_validator
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.activations import NAMES, ParameterValue, find
from actbench.activations.expression import ExpressionError, parse
from actbench.activations.source import SourceError, look_up
from actbench.config.applicability import misplaced
from actbench.config.fields import LONGEST_LABEL, Flag, Label, OneOf, Text
from actbench.config.init import InitConfig
from actbench.config.mistakes import mistake, refuse, show
from actbench.config.params import wrong_params
from actbench.config.section import Section

KINDS = ("name", "import", "expr")


def _without_default(schema: dict[str, Any]) -> None:
    """The empty label only stands for none; nobody may write it."""
    del schema["default"]


class ActivationConfig(Section):
    """What is compared: a name of the catalogue, a function of your own or an expression, with parameters."""

    shorthand: ClassVar[str] = "a name, or "

    name: (
        Annotated[str, OneOf("activation", NAMES, listing="the names that `actbench list activations` shows")]
        | None
    ) = None
    """an activation's name, as `actbench list activations` shows it"""
    function: Annotated[str, Text()] | None = Field(default=None, alias="import")
    """a function of your own, as package.module:function; the current folder is searched, too"""
    expr: Annotated[str, Text()] | None = None
    """an expression in x and the params, such as x * sigmoid(1.702 * x)"""
    params: dict[str, ParameterValue] = Field(default_factory=dict)
    """the parameters that differ from the defaults, such as {negative_slope: 0.1}; of an expression, all"""
    label: Annotated[str, Label()] = Field(default="", json_schema_extra=_without_default)
    """what tables call it; the name, the function or the expression as written when not given"""
    trainable: Annotated[bool, Flag()] | None = None
    """whether the parameters are weights; only where they can be"""
    match: Annotated[Literal["params", "width"], OneOf("match", ("params", "width"))] | None = None
    """what a gated layer has in common with a plain one: params by default, or width"""
    surrogate: (
        Annotated[
            Literal["none", "straight_through", "sigmoid"],
            OneOf("surrogate", ("none", "straight_through", "sigmoid")),
        ]
        | None
    ) = None
    """what stands for the gradient of the step: none by default, straight_through or sigmoid"""
    init: InitConfig | None = None
    """the initialiser of the layers before it, where it is not model.init"""

    @classmethod
    def written_out(cls, raw: object) -> object:
        """The mapping that a name alone stands for, with the label that stands for none."""
        mapping = {"name": raw} if isinstance(raw, str) else raw
        if not isinstance(mapping, Mapping):
            return mapping
        label = default_label(mapping)
        written = dict(mapping) if label is None else {"label": label, **mapping}
        if mapping.get("name") in NAMES:
            written["name"] = find(mapping["name"]).name
        return written

    @field_validator("params", mode="before")
    @classmethod
    def _as_floats(cls, params: object) -> object:
        if not isinstance(params, Mapping):
            raise refuse(f"{show(params)} is not a mapping; allowed: one such as {{negative_slope: 0.1}}")
        # wrong ones are among the mistakes already
        kept = {
            key: value
            for key, value in params.items()
            if value is None or (isinstance(value, int | float) and math.isfinite(value))
        }
        return {key: float(value) if type(value) is int else value for key, value in kept.items()}

    @classmethod
    def mistakes_across(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """What it is, and what therefore does not apply."""
        given = [kind for kind in KINDS if raw.get(kind) is not None]
        if not given:
            yield mistake("is missing; needed: one of name, import and expr", "name", kind="missing_key")
            return
        for surplus in given[1:]:
            yield mistake(
                f"{given[0]} says what it is already; allowed: one of name, import and expr", surplus
            )
        kind, value = given[0], raw[given[0]]
        params = raw.get("params", {})
        if kind == "name" and value not in NAMES:
            return  # with an unknown name there is nothing to judge the rest by
        wrong = list(wrong_params(kind, value, params))
        yield from wrong
        yield from misplaced(kind, value, raw)
        if kind == "expr" and isinstance(value, str):
            yield from _wrong_expression(value, params, all_used=not wrong)
        if kind == "import" and isinstance(value, str):
            yield from _wrong_import(value)
        if "label" not in raw and isinstance(value, str) and len(value) > LONGEST_LABEL:
            yield mistake("is too long for a label; needed: a label of its own", "label", kind="missing_key")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic's hook: either form."""
        one_of = {"oneOf": [{"required": [kind]} for kind in KINDS]}
        return {"anyOf": [{"enum": list(NAMES)}, {**handler(schema), **one_of}]}


def default_label(entry: Mapping[str, object]) -> str | None:
    """What tables call an entry without a label; None where there is nothing to call it by."""
    name, function, expr = (entry.get(kind) for kind in KINDS)
    if isinstance(name, str):
        return name if name in NAMES else None
    if isinstance(function, str) and function.partition(":")[2]:
        function = function.partition(":")[2]
    text = function if isinstance(function, str) else expr
    return text.strip() if isinstance(text, str) and 0 < len(text.strip()) <= LONGEST_LABEL else None


def _wrong_expression(text: str, params: object, *, all_used: bool) -> Iterator[InitErrorDetails]:
    names = [name for name in params if isinstance(name, str)] if isinstance(params, Mapping) else []
    try:
        parse(text, names, all_used=all_used)
    except ExpressionError as error:
        yield mistake(f"{show(text)}: column {error.column}: {error.message}", "expr")


def _wrong_import(reference: str) -> Iterator[InitErrorDetails]:
    try:
        look_up(reference)
    except SourceError as error:
        yield mistake(str(error), "import")
