"""The long form of a model: a list of layers, of which some apply the activation under test."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import GetJsonSchemaHandler, model_serializer
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.activations import NAMES, find
from actbench.config.fields import Number, OneOf, Whole
from actbench.config.lists import ListOf
from actbench.config.mistakes import mistake, refuse, show
from actbench.config.section import Section

UNDER_TEST = "*"

FIXED = tuple(name for name in NAMES if not find(name).gated and not find(name).required)
"""What a layer may have for good: activations that take a layer of its own width, and need no parameters."""

_NORMS = ("batch_norm", "layer_norm")
_RATE = Number(at_least=0, below=1.0)


class BatchNormConfig(Section):
    """Batch normalisation with a trained scale and offset for each unit."""

    momentum: Annotated[float, _RATE] = 0.99
    """how much of the moving mean and variance a step keeps; lower for short trainings"""
    epsilon: Annotated[float, Number(above=0)] = 0.001
    """what is added to the variance"""


class LayerNormConfig(Section):
    """Layer normalisation with a trained scale and offset for each unit."""

    epsilon: Annotated[float, Number(above=0)] = 0.001
    """what is added to the variance"""


class _ActivationName(OneOf):
    """A fixed activation by any of its names, or the one under test."""

    def check(self, value: object) -> str:
        """Its name in the catalogue."""
        if isinstance(value, str) and value in NAMES and value not in FIXED:
            why = "takes a layer of twice its width" if find(value).gated else "needs parameters"
            raise refuse(
                f"{show(value)} {why}; allowed: as one of the activations that are compared, or another name"
            )
        name = super().check(value)
        return name if name == UNDER_TEST else find(name).name


class PlainLayerConfig(Section):
    """One layer."""

    shorthand: ClassVar[str] = "batch_norm, layer_norm, or "

    dense: Annotated[int, Whole(1, 65536)] | None = None
    """units of a dense layer"""
    activation: (
        Annotated[
            str,
            _ActivationName(
                "activation",
                (UNDER_TEST, *FIXED),
                listing='"*" for the one under test, a name of the catalogue, or without this key',
            ),
        ]
        | None
    ) = None
    """what is applied to the dense layer, or by itself: "*" for the activation under test, or a fixed one by
    its name in the catalogue"""
    dropout: Annotated[float, _RATE] | None = None
    """share of the units that a training step leaves out"""
    alpha_dropout: Annotated[float, _RATE] | None = None
    """the same such that mean and variance stay, for selu"""
    batch_norm: BatchNormConfig | None = None
    """batch normalisation; batch_norm alone for Keras's defaults"""
    layer_norm: LayerNormConfig | None = None
    """layer normalisation; layer_norm alone for Keras's defaults"""

    @property
    def inside(self) -> "tuple[PlainLayerConfig, ...]":
        """The layers that it consists of; none."""
        return ()

    @classmethod
    def written_out(cls, raw: object) -> object:
        """The mapping that the name of a normalisation stands for."""
        return {raw: {}} if isinstance(raw, str) and raw in _NORMS else raw

    @classmethod
    def mistakes_across(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """It is one thing; an activation may go with a dense layer."""
        kinds = tuple(cls.keys())
        given = [kind for kind in kinds if raw.get(kind) is not None]
        if not given:
            if not any(key not in kinds for key in raw):  # a misspelt key is one mistake
                yield mistake(f"says no layer; allowed: one of {', '.join(kinds)}")
            return
        allowed_with = ("activation",) if given[0] == "dense" else ()
        for surplus in given[1:]:
            if surplus not in allowed_with:
                yield mistake(f"{given[0]} says the layer already; allowed: as a layer of its own", surplus)

    @classmethod
    def _wrong_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        for found in super()._wrong_keys(raw):
            nested = found.get("loc") == ("residual",)
            why = "blocks are not nested; allowed: its layers beside the others, or as a block of their own"
            yield mistake(why, "residual", kind="unknown_key") if nested else found

    @model_serializer
    def _as_written(self) -> str | dict[str, Any]:
        for norm in _NORMS:
            section = getattr(self, norm)
            if section is not None:
                params = section.model_dump(exclude_defaults=True)
                return {norm: params} if params else norm
        values = {kind: getattr(self, kind) for kind in type(self).model_fields}
        return {kind: _plain(value) for kind, value in values.items() if value is not None}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic's hook: either form."""
        return {"anyOf": [{"enum": list(_NORMS)}, handler(schema)]}


class LayerConfig(PlainLayerConfig):
    """One layer, or a block of them with a shortcut around it."""

    residual: Annotated[tuple[PlainLayerConfig, ...], ListOf('[{dense: 64, activation: "*"}]')] | None = None
    """layers to whose output their input is added, through a projection where the widths differ"""

    @property
    def inside(self) -> tuple[PlainLayerConfig, ...]:
        """The layers of a residual block."""
        return self.residual or ()


def _plain(value: Any) -> Any:
    return [layer.model_dump() for layer in value] if isinstance(value, tuple) else value


def activations_of(layers: Iterable[PlainLayerConfig]) -> Iterator[str]:
    """The names of all activations, those within residual blocks included, "*" for the one under test."""
    for layer in layers:
        if layer.activation is not None:
            yield layer.activation
        yield from activations_of(layer.inside)


def applied_first(layers: Iterable[PlainLayerConfig]) -> bool:
    """Whether an activation comes before any dense layer."""
    flat = (inner for layer in layers for inner in (layer.inside or (layer,)))
    first = next((layer for layer in flat if layer.dense is not None or layer.activation is not None), None)
    return first is not None and first.dense is None
