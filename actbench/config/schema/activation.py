"""The key `activations`: names of the catalogue, imported functions and expressions, with their options."""

from __future__ import annotations

import keyword
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, GetJsonSchemaHandler, field_validator
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

from actbench.activations.catalogue import ACTIVATION_NAMES, ACTIVATIONS, find_activation
from actbench.activations.entry import ParameterValue
from actbench.activations.expression.parser import ExpressionError, parse
from actbench.activations.expression.tree import CONSTANTS, FUNCTIONS
from actbench.activations.source import SourceError, find_function_source
from actbench.config.schema.fields import (
    LONGEST_LABEL,
    BooleanField,
    ChoiceField,
    LabelField,
    NumberField,
    TextField,
    explain_unknown_parameter,
)
from actbench.config.schema.keras_objects import MOMENT_MATCHED, RECOMMENDED, InitConfig
from actbench.config.schema.section import Section, describe_value, mistake, wrong_value

if TYPE_CHECKING:
    from actbench.activations.curves import Curve
    from actbench.activations.entry import Activation, Parameter

PLACEBO = "placebo"

_TAKEN = ("x", *CONSTANTS, *FUNCTIONS)


def mistakes_in_params(kind: str, what: object, params: object) -> Iterator[InitErrorDetails]:
    """Yield the mistakes in the parameters of an entry, at the paths `params.<name>`.

    Args:
        kind: "name", "import" or "expr".
        what: The value of that key; a name is one of the catalogue.
        params: The value in the config; nothing is reported for a value that is not a mapping.
    """
    if not isinstance(params, Mapping):
        return
    known = (
        {parameter.name: parameter for parameter in find_activation(str(what)).parameters}
        if kind == "name"
        else None
    )
    for key, value in params.items():
        problem = _wrong_key(kind, str(what), key, known)
        if problem is not None:
            yield mistake(problem, "params", key, kind="unknown_key")
            continue
        try:
            if known is not None:
                _check(known[key], value)
            elif kind == "expr" or not (value is None or isinstance(value, bool)):
                NumberField().check(value)
        except PydanticCustomError as error:
            yield mistake(error.message(), "params", key)
    unknown = known is not None and any(key not in known for key in params)
    missing = [name for name, parameter in (known or {}).items() if parameter.required and name not in params]
    if missing and not unknown:  # a misspelt key is one mistake, not an unknown and a missing one
        example = ", ".join(f"{name}: 0" for name in missing)
        needs = f"{what} needs {' and '.join(missing)}; add numbers, such as params: {{{example}}}"
        yield mistake(needs, "params", kind="missing_key")


def _wrong_key(kind: str, what: str, key: object, known: Mapping[str, Parameter] | None) -> str | None:
    if known is not None:
        return None if key in known else explain_unknown_parameter(what, key, known)
    if not (isinstance(key, str) and key.isascii() and key.isidentifier()) or keyword.iskeyword(key):
        allowed = "letters, digits and _, such as beta, but no keyword of Python"
        return f"{describe_value(key)} is not a parameter name; allowed: {allowed}"
    if kind == "expr" and key in _TAKEN:
        return f"{describe_value(key)} has a meaning of its own in an expression; use another name"
    return None


def _check(parameter: Parameter, value: object) -> None:
    if isinstance(parameter.default, bool):
        BooleanField().check(value)
    elif parameter.default is not None or value is not None:
        NumberField(above=parameter.above, at_least=parameter.at_least, at_most=parameter.at_most).check(
            value
        )


def mistakes_in_options(kind: str, what: object, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield the options that have no effect on this kind of activation, or that it cannot have.

    Args:
        kind: "name", "import" or "expr".
        what: The value of that key; a name is one of the catalogue.
        raw: The entry.
    """
    entry = find_activation(str(what)) if kind == "name" else None
    if raw.get("trainable") is not None:
        problem = _untrainable(kind, entry, raw)
        if problem is not None:
            yield mistake(problem, "trainable")
    if raw.get("match") is not None and not (entry and entry.gated):
        yield mistake(f"has no effect here; use match with a gated unit: {_listed(gated=True)}", "match")
    if raw.get("surrogate") is not None and not (entry and entry.kind == "step"):
        yield mistake("has no effect here; use surrogate with step", "surrogate")
    problem = explain_unfit_initializer(kind, entry, initializer_name(raw.get("init")), raw)
    if problem is not None:
        yield mistake(problem, "init")


def explain_unfit_initializer(
    kind: str, entry: Activation | None, init: str | None, raw: Mapping[str, object]
) -> str | None:
    """Explain why an activation cannot have an initializer; return None if it can, or if that is unknown.

    Args:
        kind: "name", "import" or "expr".
        entry: The activation's row in the catalogue; None for imports and expressions.
        init: The name of the initializer; None if no initializer is given.
        raw: The entry.
    """
    if init == RECOMMENDED and entry is None:
        allowed = "moment_matched, keras or an initializer of Keras"
        return f"no initializer is recommended for an {kind}; allowed: {allowed}"
    if init == MOMENT_MATCHED and entry is not None and entry.kind == "mixing":
        return f"{entry.name} is not element-wise: there is no gain to match; allowed: recommended or keras"
    if init == MOMENT_MATCHED and kind != "import" and _has_no_gain(entry, raw):
        return (
            "E[f(z)^2] is 0 or not finite: there is no gain to match; "
            "allowed: keras or an initializer of Keras"
        )
    return None


def _has_no_gain(entry: Activation | None, raw: Mapping[str, object]) -> bool:
    """Return whether no gain can be matched to an entry; False if the entry is invalid in another way."""
    from actbench.activations.curves import activation_curve, expression_curve

    params = raw.get("params", {})
    if not isinstance(params, Mapping) or not all(
        isinstance(value, int | float | None) for value in params.values()
    ):
        return False
    try:
        if entry is None:
            curve: Curve | None = expression_curve(parse(str(raw.get("expr")), params), params)
        else:
            known = {key: value for key, value in params.items() if key in entry.params}
            curve = activation_curve(entry, known)
    except ExpressionError:
        return False
    return curve is not None and curve.moments().gain is None


def initializer_name(init: object) -> str | None:
    """Return the name in a value of `init`, which may not be valid; None if it has no name."""
    if isinstance(init, Mapping):
        init = init.get("name")
    init = getattr(init, "name", init)
    return init if isinstance(init, str) else None


def _untrainable(kind: str, entry: Activation | None, raw: Mapping[str, object]) -> str | None:
    if kind == "import":
        return "the parameters of an imported function are numbers; use an expr, or remove trainable"
    if entry is None:
        return None if raw.get("params") else "there are no params to train; add params"
    if entry.trainable == "no":
        return f"{entry.name} has no weights; use trainable with {_listed(gated=False)}"
    if entry.trainable == "always" and raw["trainable"] is False:
        return f"the weights of {entry.name} are always trained; use true, or the activation leaky_relu"
    return None


def _listed(*, gated: bool) -> str:
    if gated:
        return ", ".join(name for name, entry in ACTIVATIONS.items() if entry.gated)
    return ", ".join(name for name, entry in ACTIVATIONS.items() if entry.trainable != "no")


SOURCE_KEYS = ("name", "import", "expr")


def _without_default(schema: dict[str, Any]) -> None:
    """Remove the default from the JSON Schema: an empty label, which only stands for "not given"."""
    del schema["default"]


class ActivationConfig(Section):
    """An activation to compare: a name of the catalogue, a function of your own or an expression."""

    shorthand: ClassVar[str] = "a name, or "

    name: (
        Annotated[
            str,
            ChoiceField(
                "activation", ACTIVATION_NAMES, listing="the names that `actbench list activations` shows"
            ),
        ]
        | None
    ) = None
    """an activation's name, as `actbench list activations` shows it"""
    function: Annotated[str, TextField()] | None = Field(default=None, alias="import")
    """a function of your own, as package.module:function; the current folder is searched, too"""
    expr: Annotated[str, TextField()] | None = None
    """an expression in x and the params, such as x * sigmoid(1.702 * x)"""
    params: dict[str, ParameterValue] = Field(default_factory=dict)
    """the parameters that differ from the defaults, such as {negative_slope: 0.1}; of an expression, all"""
    label: Annotated[str, LabelField()] = Field(default="", json_schema_extra=_without_default)
    """the label in tables; by default the name, the function or the expression as written"""
    trainable: Annotated[bool, BooleanField()] | None = None
    """whether the parameters are trained as weights; only for activations whose parameters can be"""
    match: Annotated[Literal["params", "width"], ChoiceField("match", ("params", "width"))] | None = None
    """what a gated layer has in common with a plain one: params (the default) or width"""
    surrogate: (
        Annotated[
            Literal["none", "straight_through", "sigmoid"],
            ChoiceField("surrogate", ("none", "straight_through", "sigmoid")),
        ]
        | None
    ) = None
    """the surrogate gradient of the step: none (the default), straight_through or sigmoid"""
    init: InitConfig | None = None
    """the initializer of the dense layers before this activation; by default model.init"""

    @classmethod
    def expand_shorthand(cls, raw: object) -> object:
        """Return the mapping that a name stands for, with the default label and the name of the catalogue."""
        mapping = {"name": raw} if isinstance(raw, str) else raw
        if not isinstance(mapping, Mapping):
            return mapping
        label = default_label(mapping)
        written = dict(mapping) if label is None else {"label": label, **mapping}
        if mapping.get("name") in ACTIVATION_NAMES:
            written["name"] = find_activation(mapping["name"]).name
        return written

    @field_validator("params", mode="before")
    @classmethod
    def _as_floats(cls, params: object) -> object:
        if not isinstance(params, Mapping):
            raise wrong_value(
                f"{describe_value(params)} is not a mapping; use one such as {{negative_slope: 0.1}}"
            )
        # values that are left out have been reported as mistakes
        kept = {
            key: value
            for key, value in params.items()
            if value is None or (isinstance(value, int | float) and math.isfinite(value))
        }
        return {key: float(value) if type(value) is int else value for key, value in kept.items()}

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """Yield the mistakes between the key that defines the activation and the other keys."""
        given = [kind for kind in SOURCE_KEYS if raw.get(kind) is not None]
        if not given:
            yield mistake("is missing; needed: one of name, import and expr", "name", kind="missing_key")
            return
        for surplus in given[1:]:
            yield mistake(
                f"{given[0]} defines the activation already; use only one of name, import and expr", surplus
            )
        kind, value = given[0], raw[given[0]]
        params = raw.get("params", {})
        if kind == "name" and value not in ACTIVATION_NAMES:
            return  # with an unknown name there is nothing to judge the rest by
        wrong = list(mistakes_in_params(kind, value, params))
        yield from wrong
        yield from mistakes_in_options(kind, value, raw)
        if kind == "expr" and isinstance(value, str):
            yield from _wrong_expression(value, params, all_used=not wrong)
        if kind == "import" and isinstance(value, str):
            yield from _wrong_import(value)
        if "label" not in raw and isinstance(value, str) and len(value) > LONGEST_LABEL:
            yield mistake("is too long for a label; add a label of its own", "label", kind="missing_key")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema of both forms (pydantic's hook)."""
        one_of = {"oneOf": [{"required": [kind]} for kind in SOURCE_KEYS]}
        return {"anyOf": [{"enum": list(ACTIVATION_NAMES)}, {**handler(schema), **one_of}]}


def default_label(entry: Mapping[str, object]) -> str | None:
    """Return the label in tables of an entry without a label; None if nothing in the entry can be one."""
    name, function, expr = (entry.get(kind) for kind in SOURCE_KEYS)
    if isinstance(name, str):
        return name if name in ACTIVATION_NAMES else None
    if isinstance(function, str) and function.partition(":")[2]:
        function = function.partition(":")[2]
    text = function if isinstance(function, str) else expr
    return text.strip() if isinstance(text, str) and 0 < len(text.strip()) <= LONGEST_LABEL else None


def raw_activations(raw: Mapping[str, object]) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the index and the mapping of each activation in a config that may not be valid.

    Entries that are neither names nor mappings are omitted.
    """
    entries = raw.get("activations")
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        written = entry.model_dump() if isinstance(entry, ActivationConfig) else entry
        written = ActivationConfig.expand_shorthand(written)
        if isinstance(written, Mapping):
            yield index, written


def _wrong_expression(text: str, params: object, *, all_used: bool) -> Iterator[InitErrorDetails]:
    names = [name for name in params if isinstance(name, str)] if isinstance(params, Mapping) else []
    try:
        parse(text, names, all_used=all_used)
    except ExpressionError as error:
        yield mistake(f"{describe_value(text)}: column {error.column}: {error.message}", "expr")


def _wrong_import(reference: str) -> Iterator[InitErrorDetails]:
    try:
        find_function_source(reference)
    except SourceError as error:
        yield mistake(str(error), "import")
