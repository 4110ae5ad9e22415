"""The catalogue: one row for every activation that a config can name, available without TensorFlow.

To add an activation, add its row to the family that it belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actbench.activations.catalogue.parametric import PARAMETRIC
from actbench.activations.catalogue.rectifiers import RECTIFIERS, SHRINKAGE
from actbench.activations.catalogue.sigmoids import SIGMOIDS
from actbench.activations.catalogue.smooth import SMOOTH
from actbench.activations.catalogue.unit_mixing import GATED, MIXING

if TYPE_CHECKING:
    from actbench.activations.entry import Activation

FAMILIES: dict[str, tuple[Activation, ...]] = {
    "Rectifiers": RECTIFIERS,
    "Smooth rectifiers": SMOOTH,
    "Sigmoids and steps": SIGMOIDS,
    "Shrinkage": SHRINKAGE,
    "Parametric": PARAMETRIC,
    "Gated units": GATED,
    "Not element-wise": MIXING,
}

ACTIVATIONS: dict[str, Activation] = {entry.name: entry for family in FAMILIES.values() for entry in family}

_BY_ANY_NAME = {name: entry for entry in ACTIVATIONS.values() for name in (entry.name, *entry.aliases)}

ACTIVATION_NAMES: tuple[str, ...] = tuple(_BY_ANY_NAME)
"""Every name that a config may use, aliases included."""


def find_activation(name: str) -> Activation:
    """Return the row of an activation.

    Args:
        name: One of `ACTIVATION_NAMES`.

    Raises:
        KeyError: No activation has this name or alias.
    """
    return _BY_ANY_NAME[name]
