"""What single precision, in which models are trained, leaves of numbers that are large and close together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from actbench.errors import DataError, Fault

if TYPE_CHECKING:
    from actbench.datasets.spec import Scale

_FEWEST_STEPS = 1000  # that a column's range must have in single precision

_EXACT_WHOLE = 2**24  # up to which single precision has all whole numbers

_ROWS_ROUNDED_AT_ONCE = 8192  # of a wide array, so that what is looked at stays in the cache

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
    for start in range(0, len(x), _ROWS_ROUNDED_AT_ONCE):
        rounding.add(x[start : start + _ROWS_ROUNDED_AT_ONCE])
    faults = [
        Fault(f"{label}: column {column + 1} has numbers {problem}")
        for column, problem in rounding.problems.items()
    ]
    if faults:
        raise DataError(*faults[:20])


def needs_double(low: float, high: float) -> bool:
    """Whether numbers of that range have to be read in double precision to see what single one leaves."""
    return max(abs(low), abs(high)) * float(np.finfo(np.float32).eps) * _FEWEST_STEPS > high - low


TargetKind = Literal["classes", "number"]

Array = npt.NDArray[Any]

WHOLE_IN_DOUBLE = 2**53
"""From here on double precision does not have all whole numbers."""

_ROWS_AT_ONCE = 65_536  # so that a check of a large table takes little memory of its own


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table, or the labels of a set of images.

    Attributes:
        values: Shape (n,): numbers, booleans, or positions in `words`.
        words: The different texts; None of a column that is no text.
    """

    values: Array
    words: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Features:
    """What is predicted from.

    Attributes:
        numbers: Shape (n, k), unsigned bytes or float32, finite: the columns that are no text.
        texts: The others, by their position among all columns.
        names: Of all columns in order; empty where they have none.
    """

    numbers: Array
    texts: Mapping[int, Column] = field(default_factory=dict)
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Examples:
    """A training or a test set.

    Attributes:
        features: Reads them, which is put off until they are needed.
        targets: What there is to predict, by name, each of the same length.
    """

    features: Callable[[], Features]
    targets: Mapping[str, Column]

    @property
    def size(self) -> int:
        """How many there are."""
        return next(iter(self.targets.values())).values.size


@dataclass(frozen=True, eq=False)
class RawData:
    """A source's content.

    Attributes:
        label: A dataset's name, or a file's.
        train: Examples to train and validate on, and to test on where `test` is None.
        test: Those of the source's own test set.
        sha256: Of the content; of a synthetic set, of what it is made from.
        files: The hash of each file's content, by name.
        width: Values per example, where that is known without reading them.
        scale: How the features come to be of one size unless the config says otherwise.
        kind: What its targets are, whatever the loss; None where that is told by the loss or their values.
    """

    label: str
    train: Examples
    test: Examples | None
    sha256: str
    files: Mapping[str, str] = field(default_factory=dict)
    width: int | None = None
    scale: Scale = "standardize"
    kind: TargetKind | None = None


def kind_of_labels(labels: Array) -> TargetKind | None:
    """What the labels of images are: classes, but for those with fractions."""
    return None if labels.dtype.kind == "f" else "classes"


def check_finite(label: str, numbers: Array, names: Sequence[str] = ()) -> None:
    """Refuses what no training survives.

    Args:
        label: What messages call the file, or the array in it.
        numbers: Shape (n, k) or (n,).
        names: Of its columns; empty where they have none.

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
        kind = what_is_not_finite(numbers[tuple(first)])
        raise DataError(f"{label}: {place(row, column, names)}: the value is {kind}{more(bad)}")


def what_is_not_finite(value: np.floating[Any]) -> str:
    """In words; what has been brought to single precision may have been finite before."""
    if np.isnan(value):
        return "missing (NaN)"
    return f"infinite{', or beyond single precision' * (value.dtype == np.float32)} ({value})"


def place(row: int, column: int | None, names: Sequence[str] = ()) -> str:
    """Where a value stands; rows and columns count from 1, and a header is no row.

    Args:
        row: From 0.
        column: From 0; None where there is only one.
        names: Of the columns; empty where they have none.
    """
    if column is None:
        return f"row {row + 1}"
    return f"row {row + 1}, column {names[column] if names else column + 1}"


def more(count: int) -> str:
    """The end of a message about the first of several."""
    return f"; and {count - 1:,} more such" if count > 1 else ""
