"""From an activation as a config has it to what can be said of it without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.activations.catalogue import ACTIVATIONS, find_activation
from actbench.activations.curves import GATED_VALUE, formula_and_derivative
from actbench.activations.entry import Twin
from actbench.activations.expression.parser import parse
from actbench.activations.expression.text import to_latex
from actbench.config.schema.initializers import InitConfig
from actbench.errors import ConfigError
from actbench.plan.cell import plan_cell
from actbench.plan.describe import curve_of_cell, format_parameter

if TYPE_CHECKING:
    from actbench.activations.curves import Curve, Moments
    from actbench.activations.entry import Activation, ParameterValue
    from actbench.config.schema.activation import ActivationConfig
    from actbench.plan.cell import CellPlan

POINTS = (-10.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 10.0)

_ZERO = 1e-9


@dataclass(frozen=True)
class Portrait:
    """One activation.

    Attributes:
        cell: As it would be planned.
        entry: Its row of the catalogue; None of an expression.
        curve: f; of a gated unit, its gate times 1; None of what is not element-wise.
        moments: Of f(z), z standard normal; of a gated unit, what is gated being another such value. None
            where there is no curve, or no gain.
        zero_centred: Whether E[f(z)] is 0; None where there is no E[f(z)].
        twins: With which parameters it is which other activation, as the catalogue has it.
    """

    cell: CellPlan
    entry: Activation | None
    curve: Curve | None
    moments: Moments | None
    zero_centred: bool | None
    twins: tuple[Twin, ...]

    @property
    def caption(self) -> str:
        """What the user calls it, and the parameters that were given."""
        given = ", ".join(f"{name} {format_parameter(value)}" for name, value in self.cell.params.items())
        return f"{self.cell.label} ({given})" if given else self.cell.label

    @property
    def params(self) -> dict[str, ParameterValue]:
        """Value of every parameter."""
        return {**(self.entry.params if self.entry else {}), **self.cell.params}

    @property
    def usual(self) -> Activation | None:
        """The row, where what it says of range and shape is true: its parameters are the defaults."""
        return self.entry if self.entry is not None and self.entry.params == self.params else None

    @property
    def formula(self) -> str:
        """In plain text."""
        return (
            self.cell.expr or "" if self.entry is None else formula_and_derivative(self.entry, self.params)[0]
        )

    @property
    def derivative(self) -> str | None:
        """In plain text; None of an expression."""
        return None if self.entry is None else formula_and_derivative(self.entry, self.params)[1]

    @property
    def latex(self) -> str:
        """The formula."""
        if self.entry is not None and self.entry.latex is not None:
            return self.entry.latex
        return to_latex(parse(self.formula, self._names, all_used=False, longest=None).root)

    @property
    def latex_derivative(self) -> str | None:
        """The derivative, where it is an expression."""
        if self.derivative is None or self.curve is None:
            return None
        return to_latex(parse(self.derivative, self._names, all_used=False).root)

    @property
    def mean(self) -> float | None:
        """E[f(z)], of zero-centred functions without the rounding error."""
        return None if self.moments is None else 0.0 if self.zero_centred else self.moments.mean

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.params, GATED_VALUE)


def portray(configs: Sequence[ActivationConfig]) -> list[Portrait]:
    """The portrait of each activation, with its parameters.

    Raises:
        ConfigError: One is an import, which cannot be looked at without running it.
    """
    refused = [
        f"{config.function}: what it computes is not known without running it; "
        "allowed: names of the catalogue and expressions"
        for config in configs
        if config.function is not None
    ]
    if refused:
        raise ConfigError("\n".join(refused))
    return [_portrait(plan_cell(config, InitConfig())) for config in configs]


def _portrait(cell: CellPlan) -> Portrait:
    entry = None if cell.name is None else find_activation(cell.name)
    curve = curve_of_cell(cell)
    moments = None if curve is None else curve.moments()
    if moments is None or moments.gain is None:
        moments, centred = None, None
    else:
        # of a gated unit E[value * gate] = E[value] * E[gate], and E[value] = 0
        centred = (entry is not None and entry.gated) or abs(moments.mean) < _ZERO
    return Portrait(cell, entry, curve, moments, centred, () if entry is None else _twins(entry, cell.params))


def _twins(entry: Activation, given: Mapping[str, ParameterValue]) -> tuple[Twin, ...]:
    """What it can be identical to; with other parameters than the defaults, what it then is identical to."""
    params = {**entry.params, **given}
    twins = _all_twins(entry)
    if params == entry.params:
        return tuple(twins)
    return tuple(twin for twin in twins if {**entry.params, **twin.params} == params)


def _all_twins(entry: Activation) -> list[Twin]:
    """Those of its row, and those of other rows seen from it."""
    twins = list(entry.twins)
    for other in ACTIVATIONS.values():
        for twin in other.twins:
            seen_from_here = Twin(twin.other_params, other.name, twin.params, twin.bitwise)
            if twin.name == entry.name and not any(_same(seen_from_here, known) for known in twins):
                twins.append(seen_from_here)
    return twins


def _same(twin: Twin, other: Twin) -> bool:
    return (twin.params, twin.name, twin.other_params) == (other.params, other.name, other.other_params)
