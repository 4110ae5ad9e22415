"""What a config asks for."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Format = Literal["auto", "idx", "npz", "csv", "parquet"]
Scale = Literal["none", "unit", "standardize"]

DEFAULT_SAMPLES, DEFAULT_TEST = 2000, 0.2


@dataclass(frozen=True)
class Wanted:
    """A dataset and its parts; every field as in the config, which says what goes together.

    Attributes:
        name: One of the registry; None for own files.
        path: Own file or folder; None for a name.
        format: What the file is; auto for what its name says.
        target: Columns of a table to predict, in order.
        features: Columns of a table to predict from; None for all others.
        test_path: A second table, to test on.
        test: Examples to test on where the source has no test set: a count, or a share.
        validation: Examples to take from the training set: a count, or a share of it.
        train_samples: Examples to train on, of those that validation leaves; None is all.
        test_samples: Examples to test on; None is all.
        preprocess: What is done to the features; None for what suits them.
        samples: Examples of a synthetic set, training and test together.
        noise: Of a synthetic set, as a standard deviation.
    """

    name: str | None = None
    path: str | None = None
    format: Format = "auto"
    target: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    test_path: str | None = None
    test: int | float | None = None
    validation: int | float = 0
    train_samples: int | None = None
    test_samples: int | None = None
    preprocess: Scale | None = None
    samples: int | None = None
    noise: float | None = None


def count_of(amount: int | float, of: int) -> int:
    """How many examples a count or a share of them means; half an example counts as one."""
    if isinstance(amount, int):
        return amount
    # as it is written: 0.29 is a binary fraction a little less than that, and 0.29 of 50 would be 14
    return math.floor(Fraction(str(amount)) * of + Fraction(1, 2))
