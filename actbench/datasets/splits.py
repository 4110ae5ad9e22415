"""The split of a dataset into training, validation and test rows: a fixed rule, the same for every seed.

The rows of a file are put into one fixed random order. A stratified draw takes the first rows of each class
in it. The classes' shares are proportional to their size, rounded by largest remainder.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actbench import rng
from actbench.datasets.spec import count_of
from actbench.errors import DataError, Fault, collect_faults

Rows = npt.NDArray[np.int64]

Classes = npt.NDArray[np.integer]

# The split must not depend on the seed of a replicate.
_SEED = 0

_STRATIFIED = "Drawn per class in proportion (largest remainder), first rows of a fixed permutation"


@dataclass(frozen=True, eq=False)
class Split:
    """The row numbers of each part, ascending, so that an undivided part keeps the file's order.

    Attributes:
        train: Rows of the source's training set.
        validation: Other rows of the source's training set.
        test: Rows of the source's test set, or of its only set if it has no test set.
        rule: How the rows were drawn, in words.
    """

    train: Rows
    validation: Rows
    test: Rows
    rule: str

    def sha256(self) -> str:
        """Return a hash of the row numbers, the same on every platform."""
        digest = hashlib.sha256()
        for rows in (self.train, self.validation, self.test):
            digest.update(rows.size.to_bytes(8, "little"))
            digest.update(rows.astype("<i8").tobytes())
        return digest.hexdigest()


def split_rows(
    y_train: Classes,
    y_test: Classes,
    validation: int | float = 0,
    train_samples: int | None = None,
    test_samples: int | None = None,
    drawn: str = _STRATIFIED,
) -> Split:
    """Draw the parts of a source that has a test set.

    The validation rows do not depend on the other sizes, and the test rows not on the training sizes, so that
    a change of one size leaves the other parts as they were.

    Args:
        y_train: Labels of the source's training set, shape (n,), non-negative; all 0 without classes.
        y_test: Labels of its test set, shape (m,), likewise.
        validation: Examples to take from the training set: a count from 0 to n - 1, or a share of it.
        train_samples: Examples to take from the rest of the training set; None for all.
        test_samples: Examples to take from the test set; None for all.
        drawn: How rows are drawn, in words, for `Split.rule`.

    Raises:
        DataError: A size is more than there is, or leaves nothing to train or test on.
    """
    faults: list[Fault] = []
    with collect_faults(faults):
        validation = _resolve_size("validation", validation, 0, y_train.size)
        _check_size("train_samples", train_samples, 1, y_train.size - validation)
    with collect_faults(faults):
        _check_size("test_samples", test_samples, 1, y_test.size)
    if faults:
        raise DataError(*faults)
    order = rng.permutation(y_train.size, _SEED, "split train").astype(np.int64)
    held_out = _stratified(y_train, order, validation)
    left = order[~np.isin(order, held_out)]
    return Split(
        train=_stratified(y_train, left, left.size if train_samples is None else train_samples),
        validation=held_out,
        test=_stratified(
            y_test,
            rng.permutation(y_test.size, _SEED, "split test").astype(np.int64),
            y_test.size if test_samples is None else test_samples,
        ),
        rule=f"{_describe_sizes(validation, train_samples, test_samples)}. {drawn}",
    )


def split_whole(
    y: Classes,
    test: int | float,
    validation: int | float = 0,
    train_samples: int | None = None,
    test_samples: int | None = None,
    drawn: str = _STRATIFIED,
) -> Split:
    """Draw the parts of a source without a test set: first a test set, then as `split_rows` does.

    Args:
        y: Labels of all examples, shape (n,), as in `split_rows`.
        test: Size of the test set: a count from 1 to n - 1, or a share.
        validation: As in `split_rows`, as are the other arguments and errors.
        train_samples: Likewise.
        test_samples: Likewise.
        drawn: Likewise.
    """
    size = _resolve_size("test", test, 1, y.size)
    order = rng.permutation(y.size, _SEED, "split off test").astype(np.int64)
    tested = _stratified(y, order, size)
    others = np.delete(np.arange(y.size), tested)
    split = split_rows(y[others], y[tested], validation, train_samples, test_samples, drawn)
    return Split(
        train=others[split.train],
        validation=others[split.validation],
        test=tested[split.test],
        rule=f"test set: {size} of all, the training set is the rest; {split.rule}",
    )


def describe_draw(stratified: bool, by: str = "") -> str:
    """Return how rows are drawn, in words.

    Args:
        stratified: True if classes keep their shares.
        by: The target whose classes these are, if there are several targets.
    """
    if not stratified:
        return "Drawn as the first rows of a fixed permutation"
    return _STRATIFIED.replace("class", f"class of {by}") if by else _STRATIFIED


def _stratified(labels: Classes, order: Rows, size: int) -> Rows:
    """Return `size` of the rows in `order`, drawn class by class, ascending."""
    ordered = labels[order]
    counts = np.bincount(ordered, minlength=int(labels.max(initial=0)) + 1)
    by_class = order[np.argsort(ordered, kind="stable")]
    shares, remainders = np.divmod(size * counts, max(order.size, 1))
    largest = np.argsort(-remainders, kind="stable")[: size - int(shares.sum())]
    shares[largest] += 1
    starts = np.cumsum(counts) - counts
    taken = [by_class[start : start + share] for start, share in zip(starts, shares, strict=True)]
    return np.sort(np.concatenate(taken))


def _resolve_size(key: str, amount: int | float, least: int, of: int) -> int:
    """Return the number of examples that a count or a share means; it must leave at least one."""
    count = count_of(amount, of)
    if isinstance(amount, float) and not 1 <= count < of:
        raise _wrong_size(key, f"{amount:g} of {of} examples makes an empty part; use a count")
    _check_size(key, count, least, of - 1)
    return count


def _check_size(key: str, size: int | None, least: int, most: int) -> None:
    if size is not None and not least <= size <= most:
        raise _wrong_size(key, f"{size} is not possible with this data; allowed: {least} to {most}")


def _wrong_size(key: str, message: str) -> DataError:
    return DataError(Fault(message, ("dataset", key)))


def _describe_sizes(validation: int, train_samples: int | None, test_samples: int | None) -> str:
    def part(size: int | None, of: str) -> str:
        return f"all of {of}" if size is None else f"{size} of {of}"

    return (
        f"validation: {validation} of the training set; "
        f"train: {part(train_samples, 'the rest' if validation else 'the training set')}; "
        f"test: {part(test_samples, 'the test set')}"
    )
