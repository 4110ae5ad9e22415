"""Which rows are trained, validated and tested on: a fixed rule, the same for every seed.

The rows of a file are put into one fixed random order. A stratified draw takes the first rows of each class
in it; the classes' shares are proportional to their size, rounded by largest remainder.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actbench import streams
from actbench.errors import DataError

Rows = npt.NDArray[np.int64]

_SEED = 0  # the split must not depend on the replicate


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers, each part ascending, so that an undivided part keeps the file's order.

    Attributes:
        train: Rows of the file's training set.
        validation: Rows of the file's training set, none of them in `train`.
        test: Rows of the file's test set.
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
    y_train: npt.NDArray[np.integer],
    y_test: npt.NDArray[np.integer],
    validation: int = 0,
    train_samples: int | None = None,
    test_samples: int | None = None,
) -> Split:
    """Draw the parts.

    The validation rows do not depend on the other sizes, nor the test rows on the training's.

    Args:
        y_train: Labels of the file's training set, shape (n,), non-negative.
        y_test: Labels of its test set, shape (m,), likewise.
        validation: Examples to take from the training set, 0..n-1.
        train_samples: Examples to take from what is left; None is all.
        test_samples: Examples to take from the test set; None is all.

    Raises:
        DataError: A size is more than there is, or leaves nothing to train or test on.
    """
    _check("validation", validation, 0, y_train.size - 1)
    _check("train_samples", train_samples, 1, y_train.size - validation)
    _check("test_samples", test_samples, 1, y_test.size)
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
        rule=_describe(validation, train_samples, test_samples),
    )


def _stratified(labels: npt.NDArray[np.integer], order: Rows, size: int) -> Rows:
    """`size` of the rows in `order`, class by class, ascending."""
    of_class = [order[labels[order] == label] for label in range(int(labels.max(initial=0)) + 1)]
    counts = np.array([rows.size for rows in of_class], dtype=np.int64)
    shares, remainders = np.divmod(size * counts, max(order.size, 1))
    largest = np.argsort(-remainders, kind="stable")[: size - int(shares.sum())]
    shares[largest] += 1
    taken = [rows[:share] for rows, share in zip(of_class, shares, strict=True)]
    return np.sort(np.concatenate(taken))


def _check(what: str, size: int | None, least: int, most: int) -> None:
    if size is not None and not least <= size <= most:
        raise DataError(f"{what} is {size}, but it can only be {least} to {most}")


def _describe(validation: int, train_samples: int | None, test_samples: int | None) -> str:
    def part(size: int | None, of: str) -> str:
        return f"all of {of}" if size is None else f"{size} of {of}"

    drawn = (
        f"validation: {validation} of the training set; "
        f"train: {part(train_samples, 'the rest' if validation else 'the training set')}; "
        f"test: {part(test_samples, 'the test set')}"
    )
    return f"{drawn}. Drawn per class in proportion (largest remainder), first rows of a fixed permutation"
