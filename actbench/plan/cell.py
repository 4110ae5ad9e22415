"""The plan of one cell: an activation of the config with every default filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from actbench.activations.catalogue import find_activation
from actbench.activations.entry import ParameterValue
from actbench.activations.expression.parser import parse
from actbench.activations.source import find_function_source
from actbench.config.schema.keras_objects import RECOMMENDED
from actbench.records.base import Record

if TYPE_CHECKING:
    from actbench.config.schema.activation import ActivationConfig
    from actbench.config.schema.keras_objects import InitConfig


class CellPlan(Record):
    """One training of a block; exactly one of `name`, `expr` and `function` is set.

    Attributes:
        label: The name of the activation in tables.
        name: The name of the activation in the catalogue.
        expr: An expression in x and the parameters, in canonical form.
        function: The imported function, as "package.module:function".
        source_sha256: The hash of the imported function's source, as `activations.source` computes it.
        params: The parameters that the config sets; the others have the catalogue's defaults.
        trainable: True if the parameters are weights.
        match: What a gated layer has in common with a plain one: the model's parameter count, or the width.
        surrogate: What replaces the gradient of a step function.
        init: Initializer of the hidden layers' weights: "keras" for the default of Dense, "moment_matched",
            or the name of a Keras initializer.
        init_params: Arguments of a Keras initializer.
        tuned: Values that replace the setting's, by dotted key. The plan of a tuned setting has none, because
            its tuning blocks are measured first.
    """

    label: str
    name: str | None = None
    expr: str | None = None
    function: str | None = None
    source_sha256: str | None = None
    params: dict[str, ParameterValue] = Field(default_factory=dict)
    trainable: bool = False
    match: Literal["params", "width"] | None = None
    surrogate: Literal["none", "straight_through", "sigmoid"] | None = None
    init: str = "keras"
    init_params: dict[str, ParameterValue | str] = Field(default_factory=dict)
    tuned: dict[str, Any] = Field(default_factory=dict)


def plan_cell(entry: ActivationConfig, model_init: InitConfig) -> CellPlan:
    """Return the plan of one activation of a config.

    Args:
        entry: The activation.
        model_init: The initializer for an activation that sets none.

    Raises:
        SourceError: The imported function has no Python source.
    """
    known = find_activation(entry.name) if entry.name is not None else None
    init = entry.init or model_init
    trained_by_default = known is not None and known.trained_by_default
    return CellPlan(
        label=entry.label,
        name=entry.name,
        expr=None if entry.expr is None else parse(entry.expr, entry.params).text,
        function=entry.function,
        source_sha256=None if entry.function is None else find_function_source(entry.function).sha256,
        params=entry.params,
        trainable=trained_by_default if entry.trainable is None else entry.trainable,
        match=(entry.match or "params") if known is not None and known.gated else None,
        surrogate=(entry.surrogate or "none") if known is not None and known.kind == "step" else None,
        init=known.recommended.init if known is not None and init.name == RECOMMENDED else init.name,
        init_params=dict(init.params),
    )
