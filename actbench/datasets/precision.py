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
        """Looks at some rows, shape (n,) or (n, columns); what is not finite is for others to refuse."""
        if values.dtype.kind not in "iuf" or values.dtype.itemsize < 4 or values.dtype == np.float32:
            return
        low, high = (np.asarray(end(axis=0), dtype=np.longdouble) for end in (values.min, values.max))
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        whole = values.dtype.kind != "f"
        if whole and max(abs(low).max(), abs(high).max()) <= _EXACT_WHOLE:
            return
        exact = values.astype(np.longdouble) if whole else values  # which has all of 64 bits
        with np.errstate(over="ignore", invalid="ignore"):
            self._error = np.maximum(self._error, abs(exact - values.astype(np.float32)).max(axis=0))
        self._noise = 0.0 if whole else float(np.finfo(np.float64).eps)

    @property
    def problems(self) -> dict[int, str]:
        """Why columns cannot be trained on, by their number; none where all their values are the same.

        Double precision leaves a last digit of difference in what was meant to be the same.
        """
        low, high, error = (np.atleast_1d(ends) for ends in (self._low, self._high, self._error))
        with np.errstate(invalid="ignore"):
            span = high - low
            constant = span <= self._noise * np.maximum(abs(low), abs(high))
            bad = (error > 0) & np.isfinite(span) & ~constant & (span < _FEWEST_STEPS * 2 * error)
        return {
            int(column): f"from {low[column]:.17g} to {high[column]:.17g}, {_WHY}"
            for column in np.flatnonzero(bad)
        }

    @property
    def problem(self) -> str | None:
        """The same of a single column."""
        return self.problems.get(0)


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
