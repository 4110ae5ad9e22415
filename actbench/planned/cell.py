"""One training of a block."""

from typing import Any, Literal

from pydantic import Field

from actbench.activations import ParameterValue
from actbench.records import Record


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
