"""What an element-wise function does to a standard normal signal: its mean, its second moment, its gain."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_REACH = 12.0  # beyond it the density is below 1e-31
_PANEL = 0.25  # a multiple of the places where common functions have their kinks
_NODES = 32


@dataclass(frozen=True)
class Moments:
    """Of f(z), z standard normal.

    Attributes:
        mean: E[f(z)].
        second: E[f(z)^2].
    """

    mean: float
    second: float

    @property
    def gain(self) -> float | None:
        """1 / sqrt(E[f(z)^2]), by which weights keep the signal's second moment; None where there is none."""
        usable = math.isfinite(self.second) and self.second > 0.0
        return 1.0 / math.sqrt(self.second) if usable else None


def quadrature(breaks: Iterable[float] = ()) -> tuple[Array, Array]:
    """Nodes z and weights w with sum(w * g(z)) = E[g(z)], both of shape (n,).

    Composite Gauss-Legendre of 32 nodes a panel; smooth between the edges of the panels, g is integrated to
    about machine precision.

    Args:
        breaks: Where g has kinks or jumps, beside the multiples of 0.25.
    """
    inner = [point for point in breaks if abs(point) < _REACH]
    edges = np.unique(np.concatenate([np.arange(-_REACH, _REACH + _PANEL, _PANEL), inner]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half * (nodes + 1)).ravel()
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return z, (half * weights).ravel() * density


def moments(function: Callable[[Array], Any], breaks: Iterable[float] = ()) -> Moments:
    """E[f(z)] and E[f(z)^2] for z standard normal.

    Args:
        function: f, from an array of shape (n,) to one of that shape.
        breaks: Where f has kinks or jumps, beside the multiples of 0.25.
    """
    z, weights = quadrature(breaks)
    with np.errstate(all="ignore"):
        values = np.asarray(function(z), dtype=np.float64)
        return Moments(float(weights @ values), float(weights @ values**2))
