"""What single precision, in which models are trained, leaves of numbers that are large and close together."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

_FINEST = 1000  # steps that a column's range must have in single precision

Numbers = npt.NDArray[Any]


class Rounding:
    """Numbers of one column, piece by piece, before and after they are brought to single precision."""

    def __init__(self) -> None:
        self._low, self._high, self._error = math.inf, -math.inf, 0.0

    def add(self, values: Numbers) -> None:
        """Looks at some of them, shape (n,)."""
        if values.dtype == np.float32 or not values.size:
            return
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is told with its row
            off = np.abs(values.astype(np.float64) - values.astype(np.float32))
        self._error = max(self._error, float(off.max()))
        self._low, self._high = min(self._low, float(values.min())), max(self._high, float(values.max()))

    @property
    def problem(self) -> str | None:
        """Why the numbers cannot be trained on; None where they can, or are all the same."""
        span = self._high - self._low
        if not (self._error > 0 and 0 < span < _FINEST * self._error < math.inf):
            return None
        return (
            f"from {self._low:.12g} to {self._high:.12g}, too close together for single precision, in which "
            "models are trained; allowed: what is left of them, say, when the smallest is taken off"
        )


def needs_double(low: float, high: float) -> bool:
    """Whether numbers of that range have to be read in double precision to see what single one leaves."""
    return max(abs(low), abs(high)) * float(np.finfo(np.float32).eps) * _FINEST > high - low
