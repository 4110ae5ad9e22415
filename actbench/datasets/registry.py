"""What is known of each dataset before it is loaded."""

from dataclasses import dataclass
from typing import Literal

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
