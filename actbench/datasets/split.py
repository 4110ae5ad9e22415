"""Which rows are trained, validated and tested on: a fixed rule, the same for every seed.

The rows of a file are put into one fixed random order. A stratified draw takes the first rows of each class
in it; the classes' shares are proportional to their size, rounded by largest remainder.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actbench import streams
from actbench.datasets.wanted import count_of
from actbench.errors import DataError, Fault, collecting

Rows = npt.NDArray[np.int64]

Classes = npt.NDArray[np.integer]

_SEED = 0  # the split must not depend on the replicate
_STRATIFIED = "Drawn per class in proportion (largest remainder), first rows of a fixed permutation"


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers, each part ascending, so that an undivided part keeps the file's order.

    Attributes:
        train: Rows of the file's training set.
        validation: Rows of the file's training set, none of them in `train`.
        test: Rows of the file's test set, or of its only set where it has none.
        rule: How they were drawn, in words.
    """

    train: Rows
    validation: Rows
    test: Rows
    rule: str

    def sha256(self) -> str:
        """Of the row numbers, the same on every platform."""
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
    """Draw the parts.

    The validation rows do not depend on the other sizes, nor the test rows on the training's.

    Args:
        y_train: Labels of the file's training set, shape (n,), non-negative; all 0 without classes.
        y_test: Labels of its test set, shape (m,), likewise.
        validation: Examples to take from the training set, 0..n-1, or the share of it.
        train_samples: Examples to take from what is left; None is all.
        test_samples: Examples to take from the test set; None is all.
        drawn: How, in words.

    Raises:
        DataError: A size is more than there is, or leaves nothing to train or test on.
    """
    faults: list[Fault] = []
    with collecting(faults):
        validation = _count("validation", validation, 0, y_train.size)
        _check("train_samples", train_samples, 1, y_train.size - validation)
    with collecting(faults):
        _check("test_samples", test_samples, 1, y_test.size)
    if faults:
        raise DataError(*faults)
    order = streams.permutation(y_train.size, _SEED, "split train").astype(np.int64)
    held_out = _stratified(y_train, order, validation)
    left = order[~np.isin(order, held_out)]
    return Split(
        train=_stratified(y_train, left, left.size if train_samples is None else train_samples),
        validation=held_out,
        test=_stratified(
            y_test,
            streams.permutation(y_test.size, _SEED, "split test").astype(np.int64),
            y_test.size if test_samples is None else test_samples,
        ),
        rule=f"{_describe(validation, train_samples, test_samples)}. {drawn}",
    )


def split_whole(
    y: Classes,
    test: int | float,
    validation: int | float = 0,
    train_samples: int | None = None,
    test_samples: int | None = None,
    drawn: str = _STRATIFIED,
) -> Split:
    """Draw the parts of a set without a test set of its own: first one of `test`, then as `split_rows` does.

    `y` is labels as there, `test` a count, 1..n-1, or a share; the others are as there.
    """
    size = _count("test", test, 1, y.size)
    order = streams.permutation(y.size, _SEED, "split off test").astype(np.int64)
    tested = _stratified(y, order, size)
    others = np.delete(np.arange(y.size), tested)
    split = split_rows(y[others], y[tested], validation, train_samples, test_samples, drawn)
    return Split(
        train=others[split.train],
        validation=others[split.validation],
        test=tested[split.test],
        rule=f"test set: {size} of all, the training set is the rest; {split.rule}",
    )


def draw_in_words(stratified: bool, by: str = "") -> str:
    """How rows are drawn.

    Args:
        stratified: Whether there are classes that keep their shares.
        by: The target that these are of, where there are several.
    """
    if not stratified:
        return "Drawn as the first rows of a fixed permutation"
    return _STRATIFIED.replace("class", f"class of {by}") if by else _STRATIFIED


def _stratified(labels: Classes, order: Rows, size: int) -> Rows:
    """`size` of the rows in `order`, class by class, ascending."""
    ordered = labels[order]
    counts = np.bincount(ordered, minlength=int(labels.max(initial=0)) + 1)
    by_class = order[np.argsort(ordered, kind="stable")]
    shares, remainders = np.divmod(size * counts, max(order.size, 1))
    largest = np.argsort(-remainders, kind="stable")[: size - int(shares.sum())]
    shares[largest] += 1
    starts = np.cumsum(counts) - counts
    taken = [by_class[start : start + share] for start, share in zip(starts, shares, strict=True)]
    return np.sort(np.concatenate(taken))


def _count(what: str, amount: int | float, least: int, of: int) -> int:
    """The examples that a count or a share means, which has to leave at least one."""
    count = count_of(amount, of)
    if isinstance(amount, float) and not 1 <= count < of:
        raise _misfit(what, f"{amount:g} of {of} examples makes an empty part; allowed: a count")
    _check(what, count, least, of - 1)
    return count


def _check(what: str, size: int | None, least: int, most: int) -> None:
    if size is not None and not least <= size <= most:
        raise _misfit(what, f"{size} is not possible with this data; allowed: {least} to {most}")


def _misfit(what: str, message: str) -> DataError:
    return DataError(Fault(message, ("dataset", what)))


def _describe(validation: int, train_samples: int | None, test_samples: int | None) -> str:
    def part(size: int | None, of: str) -> str:
        return f"all of {of}" if size is None else f"{size} of {of}"

    return (
        f"validation: {validation} of the training set; "
        f"train: {part(train_samples, 'the rest' if validation else 'the training set')}; "
        f"test: {part(test_samples, 'the test set')}"
    )
