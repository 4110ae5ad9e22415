"""What a source has, before it is split and scaled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from actbench.datasets.wanted import Scale
from actbench.errors import DataError

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
