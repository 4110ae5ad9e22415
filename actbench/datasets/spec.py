"""What a config asks for."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Format = Literal["auto", "idx", "npz", "csv", "parquet"]

Scale = Literal["none", "unit", "standardize"]

DEFAULT_SAMPLES, DEFAULT_TEST = 2000, 0.2


@dataclass(frozen=True)
class DatasetSpec:
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


Known = Literal["idx", "npz", "csv", "parquet"]

SUFFIXES: dict[str, Known] = {
    ".npz": "npz",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def format_of(path: str, form: Format) -> Known | None:
    """The format that is stated, or that of the file's suffix; without a suffix it is a folder of IDX files.

    Returns:
        None where the suffix says nothing.
    """
    if form != "auto":
        return form
    name = path.rstrip("/").rpartition("/")[2].lower()
    for suffix, known in SUFFIXES.items():
        if name.endswith(suffix):
            return known
    return None if "." in name.lstrip(".") else "idx"


Kind = Literal["bundled", "keras", "synthetic"]


@dataclass(frozen=True)
class DatasetSource:
    """One dataset that has a name.

    Attributes:
        name: As in the config.
        kind: bundled: in the package; keras: one of `keras.datasets`; synthetic: made from the config alone.
        train: Training examples before a validation split; None where the config says how many.
        test: Test examples, likewise.
        features: Values per example.
        classes: Labels are 0..classes-1; None where what is to be predicted is a number.
        description: What it is and where it comes from.
    """

    name: str
    kind: Kind
    train: int | None
    test: int | None
    features: int
    classes: int | None
    description: str


# What the target is called where the data has no name for it: classes, or a number.
ONLY_TARGET = ("label", "value")

DATASETS: dict[str, DatasetSource] = {
    source.name: source
    for source in (
        DatasetSource("mnist", "bundled", 60000, 10000, 784, 10,
                      "handwritten digits, 28 x 28 grey (LeCun and Cortes)"),
        DatasetSource("fashion_mnist", "keras", 60000, 10000, 784, 10,
                      "clothes, 28 x 28 grey (Xiao et al., 2017)"),
        DatasetSource("cifar10", "keras", 50000, 10000, 3072, 10,
                      "photographs, 32 x 32 x 3 (Krizhevsky, 2009)"),
        DatasetSource("cifar100", "keras", 50000, 10000, 3072, 100,
                      "likewise, of finer classes (Krizhevsky, 2009)"),
        DatasetSource("california_housing", "keras", 16512, 4128, 8, None,
                      "house value by district (Pace and Barry, 1997)"),
        DatasetSource("boston_housing", "keras", 404, 102, 13, None,
                      "house value by suburb (Harrison and Rubinfeld, 1978)"),
        DatasetSource("two_spirals", "synthetic", None, None, 2, 2,
                      "which of two spirals (Lang and Witbrock, 1988)"),
        DatasetSource("checkerboard", "synthetic", None, None, 2, 2, "the fields of a 4 x 4 board"),
        DatasetSource("xor", "synthetic", None, None, 2, 2, "whether two signs differ"),
        DatasetSource("friedman1", "synthetic", None, None, 10, None,
                      "a function of 5 of 10 inputs (Friedman, 1991)"),
        DatasetSource("sine", "synthetic", None, None, 1, None, "sine of -pi to pi"),
    )
}  # fmt: skip
