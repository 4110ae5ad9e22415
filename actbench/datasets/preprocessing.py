"""Texts become columns of 0 and 1, features one size; both are fitted on the training part alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Column, Features
    from actbench.datasets.spec import Scale

Matrix = npt.NDArray[np.float32]

Rows = npt.NDArray[np.int64]

Categories = Mapping[int, tuple[str, ...]]

_ROWS_AT_ONCE = 65_536  # double precision for some rows at a time, not for all

_ROWS_IN_CACHE = 1024  # each such piece is passed over four times: scaled in half the time of larger ones


def find_categories(features: Features, rows: Rows) -> Categories:
    """The different texts in these rows, sorted, of each column of text by its position."""
    return {
        position: tuple(sorted(np.array(column.words)[np.unique(column.values[rows])].tolist()))
        for position, column in features.texts.items()
        if column.words is not None
    }


def width(features: Features, categories: Categories) -> int:
    """Values per example once every category has a column of its own."""
    numbers: int = features.numbers.shape[1]
    return numbers + sum(map(len, categories.values()))


def fill(out: Matrix, features: Features, rows: Rows, categories: Categories) -> None:
    """Writes rows as a model takes them: in the columns' order, in place of a text one column a category.

    A text that is not among the categories is a row of zeros there.

    Args:
        out: Shape (rows, width), zeros.
        features: Of the set that the rows are of.
        rows: Which ones.
        categories: Those of the training part.
    """
    runs, words = _layout(features, categories)
    columns = {
        position: _columns_of_words(features.texts[position], categories[position], first)
        for position, first in words.items()
    }
    for begin in range(0, len(rows), _ROWS_IN_CACHE):  # columns one by one would pass over all rows for each
        chosen = rows[begin : begin + _ROWS_IN_CACHE]
        part, numbers = out[begin : begin + _ROWS_IN_CACHE], features.numbers[chosen]
        for written, read in runs:
            part[:, written] = numbers[:, read]
        for position, of_words in columns.items():
            column = of_words[features.texts[position].values[chosen]]
            known = np.flatnonzero(column >= 0)
            part[known, column[known]] = 1.0  # in half the time that comparing with every category takes


def _layout(features: Features, categories: Categories) -> tuple[list[tuple[slice, slice]], dict[int, int]]:
    """Where neighbouring numbers are written and read, and where each text's first category is written."""
    runs: list[tuple[slice, slice]] = []
    words: dict[int, int] = {}
    written = read = 0
    for position in sorted({*features.texts, features.numbers.shape[1] + len(features.texts)}):
        numbers = position - len(words) - read
        runs.append((slice(written, written + numbers), slice(read, read + numbers)))
        written, read = written + numbers, read + numbers
        if position in features.texts:
            words[position] = written
            written += len(categories[position])
    return runs, words


def number_columns(features: Features, categories: Categories) -> npt.NDArray[np.bool_]:
    """Which of the columns that `fill` writes are numbers of the source; the others are 0 or 1."""
    flags = []
    for position in range(features.numbers.shape[1] + len(features.texts)):
        flags += [False] * len(categories[position]) if position in categories else [True]
    return np.array(flags, dtype=bool)


def scale(x: Matrix, train: range, how: Scale, *, levels: bool, numbers: npt.NDArray[np.bool_]) -> None:
    """Brings the features to one size, in place.

    Args:
        x: All examples.
        train: The rows to fit on.
        how: none: as they are; unit: 0 to 1; standardize: mean 0 and standard deviation 1.
        levels: Whether they are bytes, whose unit is 255; else that is the column's range.
        numbers: The columns that this is about.
    """
    if how == "none":
        return
    if how == "unit" and levels:
        x /= np.float32(255)
        return
    # from the first to the last of these columns: pieces of rows are read whole where others lie between
    places = np.flatnonzero(numbers)
    span = slice(places[0], places[-1] + 1)
    x = x[:, span]
    fitted = x[train.start : train.stop]
    if how == "unit":
        offset = fitted.min(axis=0).astype(np.float64)
        size = fitted.max(axis=0).astype(np.float64) - offset
    else:
        offset, size = _mean_and_deviation(fitted)
    offset[~numbers[span]], size[~numbers[span]] = 0.0, 1.0
    size[size == 0] = 1.0  # a constant column becomes 0
    for start in range(0, len(x), _ROWS_IN_CACHE):
        part = x[start : start + _ROWS_IN_CACHE].astype(np.float64)
        part -= offset
        part /= size
        x[start : start + _ROWS_IN_CACHE] = part


def in_words(how: Scale, *, levels: bool) -> str:
    """What `scale` does."""
    if how == "none":
        return "none: the features as they are"
    if how == "unit" and levels:
        return "unit: levels divided by 255"
    fitted = "both of the training part"
    if how == "unit":
        return f"unit: each column less its minimum, divided by its range, {fitted}"
    return f"standardize: each column less its mean, divided by its standard deviation, {fitted}"


def _mean_and_deviation(x: Matrix) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    mean = x.mean(axis=0, dtype=np.float64)
    squares = np.zeros_like(mean)
    for start in range(0, len(x), _ROWS_AT_ONCE):
        squares += ((x[start : start + _ROWS_AT_ONCE] - mean) ** 2).sum(axis=0)
    deviation = np.sqrt(squares / len(x))
    constant = x.min(axis=0) == x.max(axis=0)  # of which rounding may leave some deviation
    deviation[constant] = 0.0
    mean[constant] = x[0, constant]
    return mean, deviation


def _columns_of_words(column: Column, categories: tuple[str, ...], first: int) -> npt.NDArray[np.int64]:
    """Where each of a column's words is written; -1 of one that is no category."""
    places = {word: place for place, word in enumerate(categories, first)}
    return np.array([places.get(word, -1) for word in column.words or ()], dtype=np.int64)
