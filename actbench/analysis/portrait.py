"""The portrait of an activation: everything that `actbench show` can say of it without training.

Nothing here needs TensorFlow: formulas come from the catalogue, numbers from the curve in float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.activations.catalogue import ACTIVATIONS, find_activation
from actbench.activations.curves import GATED_VALUE, formula_and_derivative
from actbench.activations.entry import Twin
from actbench.activations.expression.parser import parse
from actbench.activations.expression.tree import node_to_latex
from actbench.config.schema.keras_objects import InitConfig
from actbench.errors import ConfigError
from actbench.plan.cell import plan_cell
from actbench.plan.describe import curve_of_cell, format_parameter

if TYPE_CHECKING:
    from actbench.activations.curves import Curve, Moments
    from actbench.activations.entry import Activation, ParameterValue
    from actbench.config.schema.activation import ActivationConfig
    from actbench.plan.cell import CellPlan

_ZERO = 1e-9  # the numerical mean of an odd function is a rounding error, far below this


@dataclass(frozen=True)
class Portrait:
    """One activation with its parameters.

    Attributes:
        cell: The activation as a run would plan it.
        entry: Its row of the catalogue; None for an expression.
        curve: The function f, for a gated unit its gate times the value 1; None if it is not element-wise.
        moments: Moments of f(z) with z standard normal; the value that a gated unit gates is another such
            variable. None if there is no curve or no gain.
        zero_centered: Whether E[f(z)] is 0; None where there are no moments.
        twins: The activations that it is identical to, and with which parameters, as the catalogue says.
    """

    cell: CellPlan
    entry: Activation | None
    curve: Curve | None
    moments: Moments | None
    zero_centered: bool | None
    twins: tuple[Twin, ...]

    @property
    def caption(self) -> str:
        """Return the label with the parameters that were given, such as "elu (alpha 0.5)"."""
        given = ", ".join(f"{name} {format_parameter(value)}" for name, value in self.cell.params.items())
        return f"{self.cell.label} ({given})" if given else self.cell.label

    @property
    def params(self) -> dict[str, ParameterValue]:
        """Return the value of every parameter, given or not."""
        return {**(self.entry.params if self.entry else {}), **self.cell.params}

    @property
    def entry_at_defaults(self) -> Activation | None:
        """Return the catalogue's row if its range and shape hold: all parameters are at their defaults."""
        return self.entry if self.entry is not None and self.entry.params == self.params else None

    @property
    def formula(self) -> str:
        """Return the formula in plain text."""
        if self.entry is None:
            return self.cell.expr or ""
        return formula_and_derivative(self.entry, self.params)[0]

    @property
    def derivative(self) -> str | None:
        """Return the derivative in plain text; None for an expression."""
        return None if self.entry is None else formula_and_derivative(self.entry, self.params)[1]

    @property
    def latex(self) -> str:
        """Return the formula in LaTeX."""
        if self.entry is not None and self.entry.latex is not None:
            return self.entry.latex
        return node_to_latex(parse(self.formula, self._names, all_used=False, longest=None).root)

    @property
    def latex_derivative(self) -> str | None:
        """Return the derivative in LaTeX; None for an expression, and for what is not element-wise."""
        if self.derivative is None or self.curve is None:
            return None
        return node_to_latex(parse(self.derivative, self._names, all_used=False).root)

    @property
    def mean(self) -> float | None:
        """Return E[f(z)], exactly 0 for a zero-centered function; None without moments."""
        return None if self.moments is None else 0.0 if self.zero_centered else self.moments.mean

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.params, GATED_VALUE)


def portray(configs: Sequence[ActivationConfig]) -> list[Portrait]:
    """Return the portrait of each activation.

    Args:
        configs: The activations as a config has them.

    Raises:
        ConfigError: If one is an import: what it computes is not known without running it.
    """
    refused = [
        f"{config.function}: what it computes is not known without running it; "
        "use a name of the catalogue or an expression"
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
        moments, centered = None, None
    else:
        # of a gated unit E[value * gate] = E[value] * E[gate], and E[value] = 0
        centered = (entry is not None and entry.gated) or abs(moments.mean) < _ZERO
    twins = () if entry is None else _twins(entry, cell.params)
    return Portrait(cell, entry, curve, moments, centered, twins)


def _twins(entry: Activation, given: Mapping[str, ParameterValue]) -> tuple[Twin, ...]:
    """Return the twins of an activation.

    Args:
        entry: Its row of the catalogue.
        given: The parameters that were given.

    Returns:
        All possible twins if the parameters are the defaults, else those that have just these parameters.
    """
    params = {**entry.params, **given}
    twins = _all_twins(entry)
    if params == entry.params:
        return tuple(twins)
    return tuple(twin for twin in twins if {**entry.params, **twin.params} == params)


def _all_twins(entry: Activation) -> list[Twin]:
    """Return the twins that a row names, and the rows that name it as their twin."""
    twins = list(entry.twins)
    for other in ACTIVATIONS.values():
        for twin in other.twins:
            seen_from_here = Twin(twin.other_params, other.name, twin.params, twin.bitwise)
            if twin.name == entry.name and not any(_is_same_twin(seen_from_here, known) for known in twins):
                twins.append(seen_from_here)
    return twins


def _is_same_twin(twin: Twin, other: Twin) -> bool:
    return (twin.params, twin.name, twin.other_params) == (other.params, other.name, other.other_params)
