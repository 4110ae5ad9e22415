"""A dataset made ready for training: one array, three ranges of it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actbench.datasets.raw import find_source, load, load_labels
from actbench.datasets.split import Split, split_rows
from actbench.records import DatasetInfo


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be predicted of each example.

    Attributes:
        name: As in the data.
        y: Shape (n,); int32, 0..classes-1, or float32 where a number is to be predicted.
        classes: How many there are; None where a number is to be predicted (regression).
    """

    name: str
    y: npt.NDArray[np.int32] | npt.NDArray[np.float32]
    classes: int | None


@dataclass(frozen=True, eq=False)
class Dataset:
    """All examples in one array, so that it has to be placed on a device only once.

    Attributes:
        x: Shape (n, features), float32, 0 to 1; the rows of train, then validation, then test.
        targets: What is to be predicted, at least one; the rows of each as those of x.
        train: Rows to train on.
        validation: Rows to look at each epoch; empty without a validation split.
        test: Rows to look at once.
        info: What a report says of it.
    """

    x: npt.NDArray[np.float32]
    targets: tuple[Target, ...]
    train: range
    validation: range
    test: range
    info: DatasetInfo


def prepare(
    name: str, validation: int = 0, train_samples: int | None = None, test_samples: int | None = None
) -> Dataset:
    """Load a dataset and lay out its parts; arguments as in the config and `split_rows`.

    Raises:
        DataError: The dataset is unknown, damaged, or smaller than asked for.
    """
    source = find_source(name)
    raw = load(name)
    split = split_rows(raw.y_train, raw.y_test, validation, train_samples, test_samples)
    info = _info(name, split)
    train = range(info.train)
    held_out = range(train.stop, train.stop + info.validation)
    test = range(held_out.stop, held_out.stop + info.test)

    x = np.empty((test.stop, source.features), dtype=np.float32)
    y = np.empty(test.stop, dtype=np.int32)
    for part, images, labels, rows in (
        (train, raw.x_train, raw.y_train, split.train),
        (held_out, raw.x_train, raw.y_train, split.validation),
        (test, raw.x_test, raw.y_test, split.test),
    ):
        levels = images[rows].reshape(len(part), source.features)
        np.divide(levels, 255, out=x[part.start : part.stop], dtype=np.float32)
        y[part.start : part.stop] = labels[rows]
    return Dataset(x, (Target("label", y, source.classes),), train, held_out, test, info)


def describe(
    name: str, validation: int = 0, train_samples: int | None = None, test_samples: int | None = None
) -> DatasetInfo:
    """The `info` of what `prepare` would return, without unpacking the examples.

    Raises:
        DataError: As `prepare`.
    """
    return _info(name, split_rows(*load_labels(name), validation, train_samples, test_samples))


def _info(name: str, split: Split) -> DatasetInfo:
    return DatasetInfo(
        name=name,
        sha256=find_source(name).sha256,
        train=split.train.size,
        validation=split.validation.size,
        test=split.test.size,
        split_rule=split.rule,
        split_sha256=split.sha256(),
    )
