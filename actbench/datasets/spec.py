"""The request for a dataset, as a config makes it, and the registry of the datasets that have a name.

This module imports neither numpy nor pydantic, so that `actbench list datasets` is quick.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Scale = Literal["none", "unit", "standardize"]

DEFAULT_SAMPLES = 2000
"""Number of examples of a synthetic set, training and test together."""

DEFAULT_TEST = 0.2
"""Share of the examples of a synthetic set to test on."""


@dataclass(frozen=True)
class DatasetSpec:
    """A dataset and the sizes of its parts; each field is the key of `dataset` in a config.

    The config checks which fields go together.

    Attributes:
        name: Name of a dataset in `DATASETS`; None for own files.
        path: Own file or folder; None for a named dataset.
        format: One of `formats.format_names()`; "auto" for the format that the file's suffix means.
        target: Columns of a table to predict, in order.
        features: Columns of a table to predict from; None for all others.
        test_path: A second table, to test on.
        test: Examples to test on if the source has no test set: a count, or a share from 0 to 1.
        validation: Examples to take from the training set: a count, or a share of it.
        train_samples: Examples to train on, of those that validation leaves; None for all.
        test_samples: Examples to test on; None for all.
        preprocess: How features are scaled; None for what suits the source.
        samples: Examples of a synthetic set, training and test together.
        noise: Noise of a synthetic set, as a standard deviation.
    """

    name: str | None = None
    path: str | None = None
    format: str = "auto"
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
    """Return the number of examples that a count, or a share of `of` examples, means; halves round up."""
    if isinstance(amount, int):
        return amount
    # The share as it is written: 0.29 is stored as a little less than that, and 0.29 of 50 would be 14.
    return math.floor(Fraction(str(amount)) * of + Fraction(1, 2))


SourceKind = Literal["bundled", "keras", "synthetic"]


@dataclass(frozen=True)
class DatasetSource:
    """A dataset that has a name.

    Attributes:
        name: The name in a config.
        kind: bundled: in the package; keras: one of `keras.datasets`; synthetic: made from the config alone.
        train: Number of training examples before a validation split; None if the config decides.
        test: Number of test examples; None if the config decides.
        features: Number of values per example.
        classes: Number of classes, whose labels are 0..classes-1; None if the target is a number.
        description: What the examples are and where they come from.
    """

    name: str
    kind: SourceKind
    train: int | None
    test: int | None
    features: int
    classes: int | None
    description: str


ONLY_TARGET = ("label", "value")
"""Names of the target if the data has none: of classes, and of a number."""

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
