"""Targets and features as a model is trained on them: encoded, and scaled on the training part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from actbench.datasets.numeric_checks import Rounding, check_finite
from actbench.datasets.raw_table import WHOLE_IN_DOUBLE, and_more
from actbench.errors import DataError, Fault, at_key

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Features, RawColumn, TargetKind
    from actbench.datasets.spec import Scale

Matrix = npt.NDArray[np.float32]

Rows = npt.NDArray[np.int64]

Categories = Mapping[int, tuple[str, ...]]

# Whole numbers with more different values are taken for a quantity, such as an age, and not for classes.
_MOST_CLASSES_OF_INTEGERS = 20

_MOST_CLASSES_SHOWN = 10  # in a message or a rule, so that it stays on a few lines

_KIND_IN_WORDS = {"classes": "classes", "number": "a number"}

# Rows that are converted to double precision at a time, to limit the memory.
_ROWS_AT_ONCE = 65_536

# Rows per piece when scaling, which passes over each piece four times: larger pieces leave the processor's
# cache and take twice the time.
_ROWS_IN_CACHE = 1024


@dataclass(frozen=True, eq=False)
class TargetValues:
    """The values of a target.

    Attributes:
        train: Values of the source's training set, shape (n,): int32 from 0 to classes - 1, or float32.
        test: Values of the source's own test set, likewise; None if it has none.
        classes: Number of classes; None for a number.
        rule: The reason why the target is classes or a number, as a phrase for reports.
    """

    train: npt.NDArray[Any]
    test: npt.NDArray[Any] | None
    classes: int | None
    rule: str


def resolve_target(
    label: str,
    name: str,
    train: RawColumn,
    test: RawColumn | None,
    kind: TargetKind | None = None,
    because: str = "the loss says so",
    test_label: str | None = None,
) -> TargetValues:
    """Decide whether a target is classes or a number, and return its values.

    Text and booleans are classes. Numbers with fractions are a number. Whole numbers, whatever their type,
    are classes if the training set has at most 20 different ones. Classes are sorted. `kind` overrides this
    rule, with two exceptions: text and booleans never become a number, and more than 20 different numbers
    with fractions never become classes.

    Args:
        label: Name of the source in messages.
        name: Name of the target.
        train: The column in the source.
        test: The column in the source's own test set, if it has one.
        kind: The kind that the loss needs, or that the source is known to have; None for the rule.
        because: The reason for `kind`, for the text of the rule.
        test_label: Name of the test set in messages if it is a file of its own.

    Raises:
        DataError: There is nothing to tell apart or to predict, or a class is in the test set alone.
    """
    natural, why = _natural_kind(train)
    if (kind == "number" and (train.categories or train.values.dtype.kind == "b")) or (
        kind == "classes" and _is_continuous(train)
    ):
        kind = None
    rule = why if kind is None else f"{_KIND_IN_WORDS[kind]}, because {because}"
    as_kind = _as_number if (kind or natural) == "number" else _as_classes
    key = ("dataset", "test_path") if test_label else ()
    return as_kind(label, name, train, _TestColumn(test, test_label or f"{label}, test set", key), rule)


@dataclass(frozen=True)
class _TestColumn:
    """A target's column in a test set, if there is one, with the set's name and key for messages."""

    column: RawColumn | None
    label: str
    key: tuple[str, ...]


def _natural_kind(column: RawColumn) -> tuple[TargetKind, str]:
    """Return the kind that the values alone suggest, and the rule in words."""
    if column.categories is not None:
        return "classes", "classes, because it is text"
    if column.values.dtype.kind == "b":
        return "classes", "classes, because it is true or false"
    if not _is_whole(column.values):
        return "number", "a number, because it has fractions"
    if np.unique(column.values).size <= _MOST_CLASSES_OF_INTEGERS:
        return "classes", f"classes, because it is at most {_MOST_CLASSES_OF_INTEGERS} whole numbers"
    return "number", f"a number, because it is more than {_MOST_CLASSES_OF_INTEGERS} whole numbers"


def _is_whole(values: npt.NDArray[Any]) -> bool:
    """Return True for whole numbers, whatever their type; False for floats too large to have fractions."""
    if values.dtype.kind != "f":
        return True
    return bool((values == np.floor(values)).all()) and float(np.abs(values).max()) < WHOLE_IN_DOUBLE


def _is_continuous(column: RawColumn) -> bool:
    return not _is_whole(column.values) and np.unique(column.values).size > _MOST_CLASSES_OF_INTEGERS


def _as_number(label: str, name: str, train: RawColumn, test: _TestColumn, rule: str) -> TargetValues:
    values = _to_single(label, name, train)
    rounding = Rounding()
    rounding.add(train.values)
    if rounding.problem:
        raise DataError(f"{label}: the target {name} has numbers {rounding.problem}")
    if (values == values[0]).all():
        raise DataError(f"{label}: the target {name} is constant, always {values[0]:g}: nothing to predict")
    test_values = None
    if test.column is not None:
        with at_key(*test.key):
            test_values = _to_single(test.label, name, test.column)
    return TargetValues(values, test_values, None, rule)


def _to_single(label: str, name: str, column: RawColumn) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):  # check_finite then refuses infinite numbers
        values = column.values.astype(np.float32)
    check_finite(f"{label}: column {name}", values)
    return values


def _as_classes(label: str, name: str, train: RawColumn, test: _TestColumn, rule: str) -> TargetValues:
    classes, codes = np.unique(_sortable(train), return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"{label}: the target {name} has one class only, {classes[0]}: nothing to tell apart")
    others = len(classes) - _MOST_CLASSES_SHOWN
    shown = ", ".join(map(str, classes[:_MOST_CLASSES_SHOWN])) + (f" and {others} more" * (others > 0))
    test_codes = None
    if test.column is not None:
        of_test = _sortable(test.column)
        test_codes = np.searchsorted(classes, of_test).clip(max=len(classes) - 1).astype(np.int32)
        unknown = np.flatnonzero(classes[test_codes] != of_test)
        if unknown.size:
            message = (
                f"{test.label}: row {unknown[0] + 1}: {name} is {of_test[unknown[0]]}, a class that "
                f"the training set does not have{and_more(unknown.size)}; allowed: {shown}"
            )
            raise DataError(Fault(message, test.key))
    return TargetValues(codes.astype(np.int32), test_codes, len(classes), f"{rule}: {shown}")


def _sortable(column: RawColumn) -> npt.NDArray[Any]:
    """Return the values in a type in which equal classes are equal and classes sort as people expect."""
    values = column.values
    if column.categories is not None:
        return np.array(column.categories)[values]
    return values.astype(np.int64) if values.dtype.kind == "f" and _is_whole(values) else values


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
    # A slice from the first to the last numeric column is a view, while a mask would copy. Columns of
    # categories in between get a scaling that changes nothing.
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
