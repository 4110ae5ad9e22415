"""The checks of numbers that models cannot be trained on: not finite, or too close together.

Models are trained in single precision. Numbers that are large and close together, such as Unix times within
a day, would be rounded to a few steps there, and a model could hardly tell the examples apart.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.datasets.raw_table import Array, and_more, describe_nonfinite, format_position
from actbench.errors import DataError, Fault

# A column is refused if single precision leaves fewer different steps between its lowest and highest value.
_FEWEST_STEPS = 1000

# Up to here, single precision represents every whole number.
_WHOLE_IN_SINGLE = 2**24

# Rows per piece. The first keeps wide arrays in the processor's cache; the second bounds the memory used.
_ROWS_ROUNDED_AT_ONCE = 8192
_ROWS_AT_ONCE = 65_536

_MOST_COLUMNS_REPORTED = 20

_TOO_CLOSE = (
    "too close together for single precision, in which models are trained; "
    "use what is left of them, say, when the smallest is taken off"
)


class Rounding:
    """The loss of columns when they are rounded to single precision, accumulated batch by batch."""

    def __init__(self) -> None:
        self._low: Any = np.inf
        self._high: Any = -np.inf
        self._error: Any = 0.0
        self._noise = 0.0

    def add(self, values: Array) -> None:
        """Look at some rows, shape (n,) or (n, columns). `check_finite` refuses other than finite values."""
        if values.dtype.kind not in "iuf" or values.dtype.itemsize < 4 or values.dtype == np.float32:
            return
        # As Python's numbers: no NumPy type has 64-bit integers and fractions on every platform, for
        # np.longdouble has 53 bits of mantissa on Apple silicon.
        low, high = (np.atleast_1d(end(axis=0)).astype(object) for end in (values.min, values.max))
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        whole = values.dtype.kind != "f"
        if whole and max(abs(low).max(), abs(high).max()) <= _WHOLE_IN_SINGLE:
            return
        with np.errstate(over="ignore", invalid="ignore"):
            self._error = np.maximum(self._error, _rounding_errors(values).max(axis=0))
        self._noise = 0.0 if whole else float(np.finfo(np.float64).eps)

    @property
    def problems(self) -> dict[int, str]:
        """Explain why columns cannot be trained on, by column number; a constant column can."""
        low, high, error = (np.atleast_1d(ends) for ends in (self._low, self._high, self._error))
        with np.errstate(over="ignore", invalid="ignore"):
            span = (high - low).astype(np.float64)  # subtracted as Python's integers, which is exact
            # Values that were meant to be equal may differ in the last digit of double precision.
            constant = span <= self._noise * np.maximum(abs(low), abs(high)).astype(np.float64)
            bad = (error > 0) & np.isfinite(span) & ~constant & (span < _FEWEST_STEPS * 2 * error)
        return {
            int(column): f"from {low[column]:.17g} to {high[column]:.17g}, {_TOO_CLOSE}"
            for column in np.flatnonzero(bad)
        }

    @property
    def problem(self) -> str | None:
        """Explain why a single column cannot be trained on; None if it can."""
        return self.problems.get(0)


def _rounding_errors(values: Array) -> npt.NDArray[np.float64]:
    """Return how far single precision is from each value, exactly."""
    single = values.astype(np.float32)
    if values.dtype.kind == "f":
        return np.asarray(abs(values - single), dtype=np.float64)
    # Double precision has not all of 64 bits, but it has the upper 48, their distance from `single`, which
    # agrees with them in its leading digits, and the sum of that distance and the lower 16.
    lower = values & 0xFFFF
    return abs((values - lower).astype(np.float64) - single + lower)


def check_precision(label: str, x: Array) -> None:
    """Refuse examples with columns whose numbers are too close together for single precision.

    Args:
        label: Name of the array in messages.
        x: Shape (n, columns).

    Raises:
        DataError: There are such columns; the first 20 are named.
    """
    rounding = Rounding()
    for start in range(0, len(x), _ROWS_ROUNDED_AT_ONCE):
        rounding.add(x[start : start + _ROWS_ROUNDED_AT_ONCE])
    faults = [
        Fault(f"{label}: column {column + 1} has numbers {problem}")
        for column, problem in rounding.problems.items()
    ]
    if faults:
        raise DataError(*faults[:_MOST_COLUMNS_REPORTED])


def needs_double(low: float, high: float) -> bool:
    """Return True if numbers in this range must be read in double precision for `Rounding` to judge them."""
    return max(abs(low), abs(high)) * float(np.finfo(np.float32).eps) * _FEWEST_STEPS > high - low


def check_finite(label: str, numbers: Array, names: Sequence[str] = ()) -> None:
    """Refuse NaN and infinity.

    Args:
        label: Name of the file, or of the array in it, in messages.
        numbers: Shape (n, k) or (n,).
        names: Names of the columns; empty if they have none.

    Raises:
        DataError: A value is not finite; the message has the first one's row and column, both from 1.
    """
    if numbers.dtype.kind != "f":
        return
    bad, first = 0, None
    for start in range(0, len(numbers), _ROWS_AT_ONCE):
        wrong = ~np.isfinite(numbers[start : start + _ROWS_AT_ONCE])
        if wrong.any():
            bad += int(np.count_nonzero(wrong))
            if first is None:
                first = np.argwhere(wrong)[0] + [start, *[0] * (numbers.ndim - 1)]
    if first is not None:
        row, column = int(first[0]), int(first[1]) if numbers.ndim > 1 else None
        found = describe_nonfinite(numbers[tuple(first)])
        position = format_position(row, column, names)
        raise DataError(f"{label}: {position}: the value is {found}{and_more(bad)}")
