"""The key `model.layers`: a list of layers, some of which apply the activation under test."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import GetJsonSchemaHandler, TypeAdapter, ValidationError, model_serializer
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.activations.catalogue import ACTIVATION_NAMES, find_activation
from actbench.config.schema.fields import ChoiceField, IntegerField, NumberField
from actbench.config.schema.section import ListField, Section, describe_value, mistake, wrong_value

UNDER_TEST = "*"

FIXED_ACTIVATIONS = tuple(
    name
    for name in ACTIVATION_NAMES
    if not find_activation(name).gated and not find_activation(name).required
)
"""Activations that a layer may always have: neither gated nor with required parameters."""

_NORMS = ("batch_norm", "layer_norm")

_RATE = NumberField(at_least=0, below=1.0)


class BatchNormConfig(Section):
    """Batch normalization with a trained scale and offset for each unit."""

    momentum: Annotated[float, _RATE] = 0.99
    """the share of the moving mean and variance that a step keeps; use less for short trainings"""
    epsilon: Annotated[float, NumberField(above=0)] = 0.001
    """the number that is added to the variance"""


class LayerNormConfig(Section):
    """Layer normalization with a trained scale and offset for each unit."""

    epsilon: Annotated[float, NumberField(above=0)] = 0.001
    """the number that is added to the variance"""


class _ActivationName(ChoiceField):
    """The name of a fixed activation, or "*" for the activation under test."""

    def check(self, value: object) -> str:
        """Return the activation's name in the catalogue, or "*"."""
        if isinstance(value, str) and value in ACTIVATION_NAMES and value not in FIXED_ACTIVATIONS:
            why = "takes a layer of twice its width" if find_activation(value).gated else "needs parameters"
            raise wrong_value(
                f"{describe_value(value)} {why}; use it under activations, or use another name here"
            )
        name = super().check(value)
        return name if name == UNDER_TEST else find_activation(name).name


class PlainLayerConfig(Section):
    """One layer."""

    shorthand: ClassVar[str] = "batch_norm, layer_norm, or "

    dense: Annotated[int, IntegerField(1, 65536)] | None = None
    """units of a dense layer"""
    activation: (
        Annotated[
            str,
            _ActivationName(
                "activation",
                (UNDER_TEST, *FIXED_ACTIVATIONS),
                listing='"*" for the one under test, or a name of the catalogue',
            ),
        ]
        | None
    ) = None
    """what is applied to the dense layer, or by itself: "*" for the activation under test, or a fixed one by
    its name in the catalogue"""
    dropout: Annotated[float, _RATE] | None = None
    """the share of units that a training step drops"""
    alpha_dropout: Annotated[float, _RATE] | None = None
    """the share that alpha dropout drops, which keeps mean and variance; made for selu"""
    batch_norm: BatchNormConfig | None = None
    """batch normalization; batch_norm alone for Keras's defaults"""
    layer_norm: LayerNormConfig | None = None
    """layer normalization; layer_norm alone for Keras's defaults"""

    @property
    def block_layers(self) -> "tuple[PlainLayerConfig, ...]":
        """Return the layers of a residual block; empty for any other layer."""
        return ()

    @classmethod
    def expand_shorthand(cls, raw: object) -> object:
        """Return the mapping that the name of a normalization stands for."""
        return {raw: {}} if isinstance(raw, str) and raw in _NORMS else raw

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """Yield a mistake unless one kind of layer is given; a dense layer may have an activation."""
        kinds = tuple(cls.keys())
        given = [kind for kind in kinds if raw.get(kind) is not None]
        if not given:
            if not any(key not in kinds for key in raw):  # a misspelt key is one mistake
                yield mistake(f"names no layer; use one of {', '.join(kinds)}")
            return
        allowed_with = ("activation",) if given[0] == "dense" else ()
        for surplus in given[1:]:
            if surplus not in allowed_with:
                yield mistake(f"{given[0]} defines this layer already; make it a layer of its own", surplus)

    @classmethod
    def _wrong_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        for found in super()._wrong_keys(raw):
            nested = found.get("loc") == ("residual",)
            why = "blocks cannot be nested; put its layers beside the others, or into a block of their own"
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
        """Return the JSON Schema of both forms (pydantic's hook)."""
        return {"anyOf": [{"enum": list(_NORMS)}, handler(schema)]}


class LayerConfig(PlainLayerConfig):
    """One layer, or a residual block: layers with a shortcut around them."""

    residual: Annotated[tuple[PlainLayerConfig, ...], ListField('[{dense: 64, activation: "*"}]')] | None = (
        None
    )
    """layers to whose output their input is added, through a projection if the widths differ"""

    @property
    def block_layers(self) -> tuple[PlainLayerConfig, ...]:
        """Return the layers of a residual block; empty for any other layer."""
        return self.residual or ()


def _plain(value: Any) -> Any:
    return [layer.model_dump() for layer in value] if isinstance(value, tuple) else value


def activation_names(layers: Iterable[PlainLayerConfig]) -> Iterator[str]:
    """Yield the names of all activations, also inside residual blocks; "*" is the one under test."""
    for layer in layers:
        if layer.activation is not None:
            yield layer.activation
        yield from activation_names(layer.block_layers)


def starts_with_activation(layers: Iterable[PlainLayerConfig]) -> bool:
    """Return whether an activation comes before any dense layer."""
    flat = (inner for layer in layers for inner in (layer.block_layers or (layer,)))
    first = next((layer for layer in flat if layer.dense is not None or layer.activation is not None), None)
    return first is not None and first.dense is None


LayerConfigs = Sequence[PlainLayerConfig]

_LINEAR = "linear"


def has_lone_activation(layers: LayerConfigs) -> bool:
    """Return whether a layer applies the activation under test without being a dense layer itself."""
    return any(
        (layer.dense is None and layer.activation == UNDER_TEST) or has_lone_activation(layer.block_layers)
        for layer in layers
    )


def kernel_activations(layers: LayerConfigs) -> tuple[str, ...]:
    """Return the activation that the kernel of each dense layer is initialized for, in the order of building.

    It is the layer's own, else the next one before another dense layer, else linear. A block's
    projection comes after the block, and is there whether it is needed or not.
    """
    return tuple(reversed(list(_backwards(layers, [_LINEAR]))))


def _backwards(layers: LayerConfigs, following: list[str]) -> Iterator[str]:
    # following[0] is the activation that comes next
    for layer in reversed(layers):
        if layer.dense is not None:
            yield layer.activation or following[0]
            following[0] = _LINEAR
        elif layer.activation is not None:
            following[0] = layer.activation
        elif layer.block_layers:
            yield following[0]
            yield from _backwards(layer.block_layers, following)


LayerList = Annotated[tuple[LayerConfig, ...], ListField('[{dense: 64, activation: "*"}, {dropout: 0.2}]')]

_layers: TypeAdapter[tuple[LayerConfig, ...]] = TypeAdapter(LayerList)


def read_layers(raw: object) -> tuple[LayerConfig, ...] | None:
    """Return the hidden layers of a model that may not be valid; None if they are not valid."""
    if isinstance(raw, Section):  # a ModelConfig, which is checked
        network: tuple[LayerConfig, ...] = raw.network  # type: ignore[attr-defined]
        return network
    if not isinstance(raw, Mapping):
        return None
    written, widths = raw.get("layers"), raw.get("hidden_units")
    if written is None and isinstance(widths, list | tuple):
        written = [{"dense": width, "activation": UNDER_TEST} for width in widths]
        if not written:
            return ()
    try:
        return _layers.validate_python(written)
    except ValidationError:
        return None
