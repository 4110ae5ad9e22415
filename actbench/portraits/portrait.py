"""From an activation as a config has it to what can be said of it without TensorFlow."""

from dataclasses import dataclass

from actbench.activations import Activation, find
from actbench.activations.curves import Curve, zero_centred
from actbench.activations.expression import to_latex
from actbench.activations.moments import Moments
from actbench.config.init import InitConfig
from actbench.config.schema import ActivationConfig
from actbench.described import curve_of_cell
from actbench.errors import ConfigError
from actbench.plan import CellPlan, plan_cell

POINTS = (-10.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 10.0)

_ZERO = 1e-9


@dataclass(frozen=True)
class Portrait:
    """One activation.

    Attributes:
        label: What the user calls it.
        cell: As it would be planned.
        entry: Its row of the catalogue; None of an expression.
        curve: f; of a gated unit, of its gate; None of what is not element-wise.
        moments: Of f(z), z standard normal; None as the curve, or where they are not finite.
        zero_centred: Whether E[f(z)] is 0; None where unknown.
        latex: The formula.
    """

    label: str
    cell: CellPlan
    entry: Activation | None
    curve: Curve | None
    moments: Moments | None
    zero_centred: bool | None
    latex: str

    @property
    def usual(self) -> Activation | None:
        """The row where what it says of range and shape is true: its parameters are the defaults."""
        if self.entry is None or {**self.entry.params, **self.cell.params} != self.entry.params:
            return None
        return self.entry

    @property
    def formula(self) -> str:
        """In plain text."""
        if self.entry is None:
            return self.cell.expr or ""
        return self.entry.formula if self.curve is None or self.entry.gated else self.curve.expression.text


def paint(config: ActivationConfig) -> Portrait:
    """The portrait of an activation, with its parameters.

    Raises:
        ConfigError: It is an import, which cannot be looked at without running it.
    """
    if config.function is not None:
        raise ConfigError(
            f"{config.function}: what it computes is not known without running it; "
            "allowed: names of the catalogue and expressions"
        )
    cell = plan_cell(config, InitConfig())
    entry = None if cell.name is None else find(cell.name)
    curve = curve_of_cell(cell)
    moments = None if curve is None else curve.moments()
    return Portrait(
        label=config.label,
        cell=cell,
        entry=entry,
        curve=curve,
        moments=moments if moments is not None and moments.gain is not None else None,
        zero_centred=_zero_centred(entry, moments),
        latex=_latex(entry, curve),
    )


def _zero_centred(entry: Activation | None, moments: Moments | None) -> bool | None:
    if entry is not None and entry.gated:
        return zero_centred(entry)
    return None if moments is None else abs(moments.mean) < _ZERO


def _latex(entry: Activation | None, curve: Curve | None) -> str:
    if entry is not None and entry.latex is not None:
        return entry.latex
    return "" if curve is None else to_latex(curve.expression.root)
