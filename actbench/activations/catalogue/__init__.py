"""The catalogue: every activation that a config can name, one row each, known without loading TensorFlow."""

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
