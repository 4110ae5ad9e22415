"""Whether a column is classes or a number, and its values as a model is trained on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from actbench.datasets.raw_table import WHOLE_IN_DOUBLE, Rounding, check_finite, more
from actbench.errors import DataError, Fault, at_key

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Column, TargetKind

MOST_CLASSES_OF_INTEGERS = 20

_SHOWN = 10

_ARTICLE = {"classes": "", "number": "a "}


@dataclass(frozen=True, eq=False)
class Values:
    """A target's values.

    Attributes:
        train: Of the source's training set: int32, 0..classes-1, or float32.
        test: Of its test set, likewise; None where it has none.
        classes: How many; None of a number.
        rule: Why it is taken for what it is taken for, in words.
    """

    train: npt.NDArray[Any]
    test: npt.NDArray[Any] | None
    classes: int | None
    rule: str


def read_values(
    label: str,
    name: str,
    train: Column,
    test: Column | None,
    kind: TargetKind | None = None,
    because: str = "the loss says so",
    test_label: str | None = None,
) -> Values:
    """What a target amounts to.

    Text and booleans are classes, what has fractions numbers; whole numbers, whatever their type, are classes
    where there are at most 20 different ones in the training set. Classes are sorted. Of text and booleans
    no loss makes numbers, nor classes of more than 20 different numbers with fractions.

    Args:
        label: What messages call the source.
        name: Of the target.
        train: As in the source.
        test: As in the source's own test set, if it has one.
        kind: What decides over that rule: what the loss needs, or the source says; None for the rule.
        because: Who says so.
        test_label: What messages call the test set where it is a source of its own.

    Raises:
        DataError: There is nothing to tell apart or to predict, or a class is in the test set alone.
    """
    natural, why = _natural_kind(train)
    if (kind == "number" and (train.words or train.values.dtype.kind == "b")) or (
        kind == "classes" and _is_continuous(train)
    ):
        kind = None
    rule = why if kind is None else f"{_ARTICLE[kind]}{kind}, because {because}"
    as_read = _numbers if (kind or natural) == "number" else _classes
    tested = _Tested(test, test_label or f"{label}, test set", ("dataset", "test_path") if test_label else ())
    return as_read(label, name, train, tested, rule)


@dataclass(frozen=True)
class _Tested:
    """The target's column in a test set, if any; what messages call the set, and the key that names it."""

    column: Column | None
    label: str
    key: tuple[str, ...]


def _natural_kind(column: Column) -> tuple[TargetKind, str]:
    if column.words is not None:
        return "classes", "classes, because it is text"
    if column.values.dtype.kind == "b":
        return "classes", "classes, because it is true or false"
    if not _is_whole(column.values):
        return "number", "a number, because it has fractions"
    if np.unique(column.values).size <= MOST_CLASSES_OF_INTEGERS:
        return "classes", f"classes, because it is at most {MOST_CLASSES_OF_INTEGERS} whole numbers"
    return "number", f"a number, because it is more than {MOST_CLASSES_OF_INTEGERS} whole numbers"


def _is_whole(values: npt.NDArray[Any]) -> bool:
    """Whether they are whole numbers, whatever their type; of huge floats none can tell."""
    if values.dtype.kind != "f":
        return True
    return bool((values == np.floor(values)).all()) and float(np.abs(values).max()) < WHOLE_IN_DOUBLE


def _is_continuous(column: Column) -> bool:
    return not _is_whole(column.values) and np.unique(column.values).size > MOST_CLASSES_OF_INTEGERS


def _numbers(label: str, name: str, train: Column, test: _Tested, rule: str) -> Values:
    def single(label: str, column: Column) -> npt.NDArray[np.float32]:
        with np.errstate(over="ignore"):
            values = column.values.astype(np.float32)
        check_finite(f"{label}: column {name}", values)
        return values

    values = single(label, train)
    rounding = Rounding()
    rounding.add(train.values)
    if rounding.problem:
        raise DataError(f"{label}: the target {name} has numbers {rounding.problem}")
    if (values == values[0]).all():
        raise DataError(f"{label}: the target {name} is constant, always {values[0]:g}: nothing to predict")
    of_test = None
    if test.column is not None:
        with at_key(*test.key):
            of_test = single(test.label, test.column)
    return Values(values, of_test, None, rule)


def _classes(label: str, name: str, train: Column, test: _Tested, rule: str) -> Values:
    of_train = _plain(train)
    found, codes = np.unique(of_train, return_inverse=True)
    if len(found) < 2:
        raise DataError(f"{label}: the target {name} has one class only, {found[0]}: nothing to tell apart")
    shown = ", ".join(map(str, found[:_SHOWN])) + (f" and {len(found) - _SHOWN} more" * (len(found) > _SHOWN))
    of_test = None
    if test.column is not None:
        plain = _plain(test.column)
        of_test = np.searchsorted(found, plain).clip(max=len(found) - 1).astype(np.int32)
        strange = np.flatnonzero(found[of_test] != plain)
        if strange.size:
            message = (
                f"{test.label}: row {strange[0] + 1}: {name} is {plain[strange[0]]}, a class that "
                f"the training set does not have{more(strange.size)}; allowed: {shown}"
            )
            raise DataError(Fault(message, test.key))
    return Values(codes.astype(np.int32), of_test, len(found), f"{rule}: {shown}")


def _plain(column: Column) -> npt.NDArray[Any]:
    """The values themselves, which can be sorted."""
    values = column.values
    if column.words is not None:
        return np.array(column.words)[values]
    return values.astype(np.int64) if values.dtype.kind == "f" and _is_whole(values) else values
