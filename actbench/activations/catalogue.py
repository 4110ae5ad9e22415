"""The catalogue: every activation that a config can name, one row each, known without loading TensorFlow."""

from actbench.activations.entry import Activation
from actbench.activations.gated import GATED
from actbench.activations.mixing import MIXING
from actbench.activations.parametric import PARAMETRIC
from actbench.activations.rectifiers import RECTIFIERS
from actbench.activations.shrinkage import SHRINKAGE
from actbench.activations.sigmoids import SIGMOIDS
from actbench.activations.smooth import SMOOTH

FAMILIES: dict[str, tuple[Activation, ...]] = {
    "Rectifiers": RECTIFIERS,
    "Smooth rectifiers": SMOOTH,
    "Sigmoids and steps": SIGMOIDS,
    "Shrinkage": SHRINKAGE,
    "Parametric": PARAMETRIC,
    "Gated units": GATED,
    "Not element-wise": MIXING,
}

_TABLE = tuple(entry for family in FAMILIES.values() for entry in family)

ACTIVATIONS: dict[str, Activation] = {activation.name: activation for activation in _TABLE}

_BY_ANY_NAME = {name: entry for entry in _TABLE for name in (entry.name, *entry.aliases)}

NAMES: tuple[str, ...] = tuple(_BY_ANY_NAME)
"""Every name that `find` knows, aliases included."""


def find(name: str) -> Activation:
    """The activation of that name or alias.

    Raises:
        KeyError: There is none.
    """
    return _BY_ANY_NAME[name]
