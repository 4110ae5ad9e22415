"""The key `model`: the layers of the network, its initializer, its output and its regularizer."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.activations.catalogue import find_activation
from actbench.config.schema.activation import explain_unfit_initializer, initializer_name
from actbench.config.schema.fields import ChoiceField, IntegerField, NumberField
from actbench.config.schema.keras_objects import InitConfig
from actbench.config.schema.layers import (
    UNDER_TEST,
    LayerConfig,
    LayerList,
    activation_names,
    read_layers,
    starts_with_activation,
)
from actbench.config.schema.section import ListField, Section, mistake

Output = Literal["logits", "softmax"]


class RegularizerConfig(Section):
    """The penalty on the kernels that is added to the training loss."""

    l1: Annotated[float, NumberField(above=0)] | None = None
    """the factor of the sum of the weights' absolute values"""
    l2: Annotated[float, NumberField(above=0)] | None = None
    """the factor of the sum of the weights' squares"""

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """Yield a mistake if neither penalty is given."""
        if (
            raw.get("l1") is None
            and raw.get("l2") is None
            and not any(key not in ("l1", "l2") for key in raw)
        ):
            yield mistake("adds nothing; use l1, l2 or both, such as {l2: 1e-4}")


class ModelConfig(Section):
    """The network between the input and the output layers."""

    hidden_units: (
        Annotated[
            tuple[Annotated[int, IntegerField(1, 65536)], ...], ListField("[128, 128]", may_be_empty=True)
        ]
        | None
    ) = None
    """the width of each hidden layer, such as [128, 128], all with the activation under test; [] for none"""
    layers: LayerList | None = None
    """in place of hidden_units, the layers one by one, such as
    [{dense: 64, activation: relu}, {dense: 256, activation: "*"}, {dropout: 0.2}]"""
    init: InitConfig = Field(default_factory=InitConfig)
    """the initializer of the hidden layers: keras (the default of Dense), recommended, moment_matched or one
    of Keras; an activation may have its own"""
    output: Annotated[Output, ChoiceField("output", ("logits", "softmax"))] = "logits"
    """what inference computes: logits, or their softmax; the training and its loss are the same for both"""
    kernel_regularizer: RegularizerConfig | None = None
    """the penalty on every dense layer's kernel that is added to the training loss, such as {l2: 1e-4}"""

    @property
    def network(self) -> tuple[LayerConfig, ...]:
        """Return the hidden layers, from `layers` or from `hidden_units`."""
        if self.layers is not None:
            return self.layers
        return tuple(LayerConfig(dense=width, activation=UNDER_TEST) for width in self.hidden_units or ())

    @property
    def compares(self) -> bool:
        """Return whether any layer applies the activation under test."""
        return UNDER_TEST in activation_names(self.network)

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """Yield mistakes of the layers as a whole, and fixed activations that cannot have the initializer."""
        given = [key for key in ("hidden_units", "layers") if raw.get(key) is not None]
        if not given:
            needed = f"{cls.keys()['hidden_units'].description}; or layers"
            yield mistake(f"is missing; needed: {needed}", "hidden_units", kind="missing_key")
        if len(given) > 1:
            yield mistake("hidden_units defines the layers already; remove one of the two", "layers")
        if raw.get("layers") is None:
            return
        layers = read_layers(raw)
        if layers is None:
            return  # their own mistakes are reported by the field
        names = list(activation_names(layers))
        if starts_with_activation(layers):
            yield mistake("the first activation has no dense layer before it; add one", "layers")
        if UNDER_TEST not in names:
            yield mistake(
                "no layer applies the activation under test: there is nothing to compare; use "
                'activation: "*" in at least one',
                "layers",
            )
        for name in dict.fromkeys(name for name in names if name != UNDER_TEST):
            problem = explain_unfit_initializer(
                "name", find_activation(name), initializer_name(raw.get("init")), {}
            )
            if problem is not None:
                yield mistake(f"{name}, fixed in layers: {problem}", "init")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema, which requires one of the two forms (pydantic's hook)."""
        return {**handler(schema), "oneOf": [{"required": ["hidden_units"]}, {"required": ["layers"]}]}
