"""One training of a block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from actbench.activations.catalogue import find_activation
from actbench.activations.entry import ParameterValue
from actbench.activations.expression.parser import parse
from actbench.activations.source import find_source
from actbench.config.schema.initializers import RECOMMENDED
from actbench.records.base import Record

if TYPE_CHECKING:
    from actbench.config.schema.activation import ActivationConfig
    from actbench.config.schema.initializers import InitConfig


class CellPlan(Record):
    """One training of a block. Of `name`, `expr` and `function` exactly one is there.

    Attributes:
        label: What tables call the activation.
        name: Its name in the catalogue.
        expr: An expression in x and the parameters, in canonical form.
        function: What is imported, as "package.module:function".
        source_sha256: Of an imported function's source, as `activations.source` hashes it.
        params: Its parameters as written; the catalogue's defaults for the others.
        trainable: Whether its parameters are weights.
        match: What a gated layer has in common with the plain one: the model's parameter count, or its width.
        surrogate: What stands for the gradient of the step.
        init: Initialiser of the hidden layers' weights: "keras" for the default of Dense, "moment_matched",
            or the name of a Keras initialiser.
        init_params: Arguments of a Keras initialiser.
        tuned: Values that it has in the place of the setting's, by dotted key; of a setting that is tuned the
            plan has none, for they are chosen when its tuning blocks are measured.
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
    """What a config's entry amounts to.

    Args:
        entry: One of the activations.
        model_init: The initialiser of those that have none of their own.
    """
    row = find_activation(entry.name) if entry.name is not None else None
    init = entry.init or model_init
    name = row.recommended.init if row is not None and init.name == RECOMMENDED else init.name
    trained = entry.trainable if entry.trainable is not None else row is not None and row.trained_by_default
    return CellPlan(
        label=entry.label,
        name=entry.name,
        expr=None if entry.expr is None else parse(entry.expr, entry.params).text,
        function=entry.function,
        source_sha256=None if entry.function is None else find_source(entry.function).sha256,
        params=entry.params,
        trainable=trained,
        match=(entry.match or "params") if row is not None and row.gated else None,
        surrogate=(entry.surrogate or "none") if row is not None and row.kind == "step" else None,
        init=name,
        init_params=dict(init.params),
    )
