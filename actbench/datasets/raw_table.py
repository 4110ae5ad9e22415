"""The content of a data source before it is split, scaled and encoded, and the words for places in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from actbench.datasets.spec import Scale

TargetKind = Literal["classes", "number"]

Array = npt.NDArray[Any]

WHOLE_IN_DOUBLE = 2**53
"""From here on, double precision cannot represent every whole number."""


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column of a table, or the labels of a set of images.

    Attributes:
        values: Shape (n,): numbers, booleans, or positions in `categories`.
        categories: The different texts of a categorical column; None for a column of numbers or booleans.
    """

    values: Array
    categories: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Features:
    """The columns that models predict from.

    Attributes:
        numbers: The numeric columns, shape (n, k), unsigned bytes or float32, finite.
        categorical: The categorical columns, by their position among all columns.
        names: The names of all columns in order; empty if the source has no names.
    """

    numbers: Array
    categorical: Mapping[int, RawColumn] = field(default_factory=dict)
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Examples:
    """A training or a test set.

    Attributes:
        features: Returns the features. A source may unpack them only when this is called.
        targets: The columns to predict, by name, each of the same length.
    """

    features: Callable[[], Features]
    targets: Mapping[str, RawColumn]

    @property
    def size(self) -> int:
        """Return the number of examples."""
        return next(iter(self.targets.values())).values.size


@dataclass(frozen=True, eq=False)
class RawData:
    """The content of a data source.

    Attributes:
        label: The name of the dataset or of the file.
        train: Examples to train and validate on; also to test on if `test` is None.
        test: The source's own test set; None if it has none.
        sha256: Hash of the content. For a synthetic set, the hash of its recipe.
        files: Hash of each file's content, by file name.
        width: Number of values per example, if it is known without reading the features.
        scale: How the features are scaled unless the config says otherwise.
        kind: The kind of the targets if the source fixes it; None if the loss or the values decide.
    """

    label: str
    train: Examples
    test: Examples | None
    sha256: str
    files: Mapping[str, str] = field(default_factory=dict)
    width: int | None = None
    scale: Scale = "standardize"
    kind: TargetKind | None = None


def label_kind(labels: Array) -> TargetKind | None:
    """Return the kind of image labels: classes, or None (the values decide) for floating-point labels."""
    return None if labels.dtype.kind == "f" else "classes"


def format_position(row: int, column: int | None, names: Sequence[str] = ()) -> str:
    """Return the place of a value for a message; rows and columns count from 1, without the header.

    Args:
        row: Row from 0.
        column: Column from 0; None if there is only one.
        names: Names of the columns; empty if they have none.
    """
    if column is None:
        return f"row {row + 1}"
    return f"row {row + 1}, column {names[column] if names else column + 1}"


def and_more(count: int) -> str:
    """Return the end of a message about the first of `count` equal mistakes."""
    return f"; and {count - 1:,} more such" if count > 1 else ""


def describe_nonfinite(value: np.floating[Any]) -> str:
    """Return words for a NaN or an infinity. One in single precision may have been finite before rounding."""
    if np.isnan(value):
        return "missing (NaN)"
    return f"infinite{', or beyond single precision' * (value.dtype == np.float32)} ({value})"
