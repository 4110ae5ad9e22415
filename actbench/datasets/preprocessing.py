"""The encoding of categories as columns of 0 and 1, and the scaling of features.

Both are fitted on the training part alone, so that nothing of the test part leaks into training.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Features, RawColumn
    from actbench.datasets.spec import Scale

Matrix = npt.NDArray[np.float32]

Rows = npt.NDArray[np.int64]

Categories = Mapping[int, tuple[str, ...]]

# Rows that are in memory in double precision at a time.
_ROWS_AT_ONCE = 65_536

# Rows per piece when scaling, which passes over each piece four times: larger pieces leave the processor's
# cache and take twice the time.
_ROWS_IN_CACHE = 1024


def find_categories(features: Features, rows: Rows) -> Categories:
    """Return the different texts in these rows, sorted, of each categorical column by its position."""
    return {
        position: tuple(sorted(np.array(column.categories)[np.unique(column.values[rows])].tolist()))
        for position, column in features.categorical.items()
        if column.categories is not None
    }


def encoded_width(features: Features, categories: Categories) -> int:
    """Return the number of values per example once every category has a column of its own."""
    numbers: int = features.numbers.shape[1]
    return numbers + sum(map(len, categories.values()))


def encode(out: Matrix, features: Features, rows: Rows, categories: Categories) -> None:
    """Write rows as a model takes them: columns in their order, a categorical one as a column per category.

    A text that is not among the categories becomes zeros in all of these columns.

    Args:
        out: Where to write, shape (rows, width), zeros.
        features: The features of the training or test set.
        rows: Rows of that set to write, in order.
        categories: The categories of the training part.
    """
    runs, first_columns = _layout(features, categories)
    category_columns = {
        position: _category_columns(features.categorical[position], categories[position], first)
        for position, first in first_columns.items()
    }
    for begin in range(0, len(rows), _ROWS_IN_CACHE):  # column by column would pass over all rows for each
        chosen = rows[begin : begin + _ROWS_IN_CACHE]
        part, numbers = out[begin : begin + _ROWS_IN_CACHE], features.numbers[chosen]
        for written, read in runs:
            part[:, written] = numbers[:, read]
        for position, columns in category_columns.items():
            column = columns[features.categorical[position].values[chosen]]
            known = np.flatnonzero(column >= 0)
            part[known, column[known]] = 1.0  # half the time of comparing with every category


def _layout(features: Features, categories: Categories) -> tuple[list[tuple[slice, slice]], dict[int, int]]:
    """Return runs of numeric columns (where written, where read), and each text's first category column."""
    runs: list[tuple[slice, slice]] = []
    first_columns: dict[int, int] = {}
    written = read = 0
    for position in sorted({*features.categorical, features.numbers.shape[1] + len(features.categorical)}):
        numbers = position - len(first_columns) - read
        runs.append((slice(written, written + numbers), slice(read, read + numbers)))
        written, read = written + numbers, read + numbers
        if position in features.categorical:
            first_columns[position] = written
            written += len(categories[position])
    return runs, first_columns


def _category_columns(column: RawColumn, categories: tuple[str, ...], first: int) -> npt.NDArray[np.int64]:
    """Return the column of `out` for each text of a categorical column; -1 for a text that is no category."""
    columns = {text: index for index, text in enumerate(categories, first)}
    return np.array([columns.get(text, -1) for text in column.categories or ()], dtype=np.int64)


def numeric_columns(features: Features, categories: Categories) -> npt.NDArray[np.bool_]:
    """Return a mask of the columns written by `encode` that are numbers; the others are 0 or 1."""
    flags = []
    for position in range(features.numbers.shape[1] + len(features.categorical)):
        flags += [False] * len(categories[position]) if position in categories else [True]
    return np.array(flags, dtype=bool)


def scale(x: Matrix, train: range, how: Scale, *, are_bytes: bool, numeric: npt.NDArray[np.bool_]) -> None:
    """Scale the features in place.

    Args:
        x: All examples, shape (n, width).
        train: The rows to fit on.
        how: none: as they are; unit: 0 to 1; standardize: mean 0 and standard deviation 1.
        are_bytes: True if the features are bytes, which unit divides by 255 instead of the column's range.
        numeric: Mask of the columns to scale; columns of categories stay 0 and 1.
    """
    if how == "none":
        return
    if how == "unit" and are_bytes:
        x /= np.float32(255)
        return
    # From the first to the last numeric column. Picking out columns would copy; others in between get a
    # scaling that changes nothing.
    positions = np.flatnonzero(numeric)
    span = slice(positions[0], positions[-1] + 1)
    x = x[:, span]
    fitted = x[train.start : train.stop]
    if how == "unit":
        offset = fitted.min(axis=0).astype(np.float64)
        size = fitted.max(axis=0).astype(np.float64) - offset
    else:
        offset, size = _mean_and_deviation(fitted)
    offset[~numeric[span]], size[~numeric[span]] = 0.0, 1.0
    size[size == 0] = 1.0  # a constant column becomes 0
    for start in range(0, len(x), _ROWS_IN_CACHE):
        part = x[start : start + _ROWS_IN_CACHE].astype(np.float64)
        part -= offset
        part /= size
        x[start : start + _ROWS_IN_CACHE] = part


def _mean_and_deviation(x: Matrix) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    mean = x.mean(axis=0, dtype=np.float64)
    squares = np.zeros_like(mean)
    for start in range(0, len(x), _ROWS_AT_ONCE):
        squares += ((x[start : start + _ROWS_AT_ONCE] - mean) ** 2).sum(axis=0)
    deviation = np.sqrt(squares / len(x))
    constant = x.min(axis=0) == x.max(axis=0)  # rounding may leave such a column some deviation
    deviation[constant] = 0.0
    mean[constant] = x[0, constant]
    return mean, deviation


def describe_scaling(how: Scale, *, are_bytes: bool) -> str:
    """Return what `scale` does, in words."""
    if how == "none":
        return "none: the features as they are"
    if how == "unit" and are_bytes:
        return "unit: levels divided by 255"
    fitted = "both of the training part"
    if how == "unit":
        return f"unit: each column less its minimum, divided by its range, {fitted}"
    return f"standardize: each column less its mean, divided by its standard deviation, {fitted}"
