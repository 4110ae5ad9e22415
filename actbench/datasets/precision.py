"""What single precision, in which models are trained, leaves of numbers that are large and close together."""

from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.errors import DataError, Fault

_FEWEST_STEPS = 1000  # that a column's range must have in single precision
_EXACT_WHOLE = 2**24  # up to which single precision has all whole numbers
_ROWS_AT_ONCE = 8192  # of a wide array, so that what is looked at stays in the cache
_WHY = (
    "too close together for single precision, in which models are trained; "
    "allowed: what is left of them, say, when the smallest is taken off"
)

Numbers = npt.NDArray[Any]


class Rounding:
    """What columns lose when they are brought to single precision, piece by piece."""

    def __init__(self) -> None:
        self._low: Any = np.inf
        self._high: Any = -np.inf
        self._error: Any = 0.0
        self._noise = 0.0

    def add(self, values: Numbers) -> None:
        """Look at some rows, shape (n,) or (n, columns). Values that are not finite are refused elsewhere."""
        if values.dtype.kind not in "iuf" or values.dtype.itemsize < 4 or values.dtype == np.float32:
            return
        # As Python's numbers: no NumPy type has 64-bit integers and fractions on every platform, for
        # np.longdouble has 53 bits of mantissa on Apple silicon.
        low, high = (np.atleast_1d(end(axis=0)).astype(object) for end in (values.min, values.max))
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        whole = values.dtype.kind != "f"
        if whole and max(abs(low).max(), abs(high).max()) <= _EXACT_WHOLE:
            return
        with np.errstate(over="ignore", invalid="ignore"):
            self._error = np.maximum(self._error, _rounding_errors(values).max(axis=0))
        self._noise = 0.0 if whole else float(np.finfo(np.float64).eps)

    @property
    def problems(self) -> dict[int, str]:
        """Explain why columns cannot be trained on, by column number; a constant column can.

        Double precision leaves a last digit of difference in values that were meant to be equal.
        """
        low, high, error = (np.atleast_1d(ends) for ends in (self._low, self._high, self._error))
        with np.errstate(over="ignore", invalid="ignore"):
            span = (high - low).astype(np.float64)  # subtracted as Python's integers, which is exact
            constant = span <= self._noise * np.maximum(abs(low), abs(high)).astype(np.float64)
            bad = (error > 0) & np.isfinite(span) & ~constant & (span < _FEWEST_STEPS * 2 * error)
        return {
            int(column): f"from {low[column]:.17g} to {high[column]:.17g}, {_WHY}"
            for column in np.flatnonzero(bad)
        }

    @property
    def problem(self) -> str | None:
        """Explain why a single column cannot be trained on; None if it can."""
        return self.problems.get(0)


def _rounding_errors(values: Numbers) -> npt.NDArray[np.float64]:
    """Return how far single precision is from each value, exactly."""
    single = values.astype(np.float32)
    if values.dtype.kind == "f":
        return np.asarray(abs(values - single), dtype=np.float64)
    # Double precision has not all of 64 bits, but it has the upper 48, their distance from `single`, which
    # agrees with them in its leading digits, and the sum of that distance and the lower 16.
    lower = values & 0xFFFF
    return abs((values - lower).astype(np.float64) - single + lower)


def check_precision(label: str, x: Numbers) -> None:
    """Refuses an array of examples, shape (n, columns), with columns of which too little would be left.

    Raises:
        DataError: It has some.
    """
    rounding = Rounding()
    for start in range(0, len(x), _ROWS_AT_ONCE):
        rounding.add(x[start : start + _ROWS_AT_ONCE])
    faults = [
        Fault(f"{label}: column {column + 1} has numbers {problem}")
        for column, problem in rounding.problems.items()
    ]
    if faults:
        raise DataError(*faults[:20])


def needs_double(low: float, high: float) -> bool:
    """Whether numbers of that range have to be read in double precision to see what single one leaves."""
    return max(abs(low), abs(high)) * float(np.finfo(np.float32).eps) * _FEWEST_STEPS > high - low
