"""How a config says what the network is."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.activations.catalogue import find_activation
from actbench.config.schema.activation import explain_unfit_initializer, initializer_name
from actbench.config.schema.fields import ChoiceField, IntegerField, NumberField
from actbench.config.schema.initializers import InitConfig
from actbench.config.schema.layers import (
    UNDER_TEST,
    LayerConfig,
    LayerList,
    activation_names,
    read_layers,
    starts_with_activation,
)
from actbench.config.schema.lists import ListField
from actbench.config.schema.section import Section, mistake

Output = Literal["logits", "softmax"]


class RegularizerConfig(Section):
    """What is added to the training loss for the size of the kernels."""

    l1: Annotated[float, NumberField(above=0)] | None = None
    """times the sum of the weights' sizes"""
    l2: Annotated[float, NumberField(above=0)] | None = None
    """times the sum of their squares"""

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """It adds something."""
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
    """the initialiser of the hidden layers: keras (the default of Dense), recommended, moment_matched or one
    of Keras; an activation may have its own"""
    output: Annotated[Output, ChoiceField("output", ("logits", "softmax"))] = "logits"
    """what inference computes: logits, or their softmax; training and its loss are the same"""
    kernel_regularizer: RegularizerConfig | None = None
    """what is added to the training loss for the size of every dense layer's kernel, such as {l2: 1e-4}"""

    @property
    def network(self) -> tuple[LayerConfig, ...]:
        """The hidden layers, however they were written."""
        if self.layers is not None:
            return self.layers
        return tuple(LayerConfig(dense=width, activation=UNDER_TEST) for width in self.hidden_units or ())

    @property
    def compares(self) -> bool:
        """Whether any layer applies the activation under test."""
        return UNDER_TEST in activation_names(self.network)

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """The layers are said once, some apply what is compared, and fixed ones can have the initialiser."""
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
            return  # they are told to be wrong
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
        """Pydantic's hook: one of the two forms."""
        return {**handler(schema), "oneOf": [{"required": ["hidden_units"]}, {"required": ["layers"]}]}
