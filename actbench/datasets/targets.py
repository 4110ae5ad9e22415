"""The decision whether a target is classes or a number, and its values as a model is trained on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from actbench.datasets.numeric_checks import Rounding, check_finite
from actbench.datasets.raw_table import WHOLE_IN_DOUBLE, and_more
from actbench.errors import DataError, Fault, at_key

if TYPE_CHECKING:
    from actbench.datasets.raw_table import RawColumn, TargetKind

# Whole numbers with more different values than this are a quantity, such as an age, rather than classes.
_MOST_CLASSES_OF_INTEGERS = 20

_MOST_CLASSES_SHOWN = 10

_ARTICLE = {"classes": "", "number": "a "}


@dataclass(frozen=True, eq=False)
class TargetValues:
    """The values of a target.

    Attributes:
        train: Values of the source's training set, shape (n,): int32 from 0 to classes - 1, or float32.
        test: Values of the source's own test set, likewise; None if it has none.
        classes: Number of classes; None for a number.
        rule: Why the target is classes or a number, in words.
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
    are classes if the training set has at most 20 different ones. Classes are sorted. `kind` decides over
    that rule, except that text and booleans never become a number, nor more than 20 different numbers with
    fractions classes.

    Args:
        label: Name of the source in messages.
        name: Name of the target.
        train: The column in the source.
        test: The column in the source's own test set, if it has one.
        kind: The kind that the loss needs, or that the source is known to have; None for the rule.
        because: Who says so, for the words of the rule.
        test_label: Name of the test set in messages if it is a file of its own.

    Raises:
        DataError: There is nothing to tell apart or to predict, or a class is in the test set alone.
    """
    natural, why = _natural_kind(train)
    if (kind == "number" and (train.categories or train.values.dtype.kind == "b")) or (
        kind == "classes" and _is_continuous(train)
    ):
        kind = None
    rule = why if kind is None else f"{_ARTICLE[kind]}{kind}, because {because}"
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
    """Return the kind that the values alone suggest, and why."""
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
    with np.errstate(over="ignore"):  # a number that becomes infinite is refused with its row
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
    """Return the values themselves, in a type that compares equal classes as equal and sorts as people do."""
    values = column.values
    if column.categories is not None:
        return np.array(column.categories)[values]
    return values.astype(np.int64) if values.dtype.kind == "f" and _is_whole(values) else values
