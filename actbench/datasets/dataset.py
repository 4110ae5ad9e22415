"""A dataset made ready for training: one array, three ranges of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from actbench.datasets import preprocessing
from actbench.datasets.spec import DATASETS, count_of
from actbench.datasets.splits import of_part, read_parts, target_infos
from actbench.errors import DataError, Fault
from actbench.records.run import DatasetInfo, TargetInfo

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Features, RawData, TargetKind
    from actbench.datasets.spec import DatasetSpec, Scale
    from actbench.datasets.splits import Split
    from actbench.datasets.targets import Values


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
        x: Shape (n, features), float32, scaled; the rows of train, then validation, then test.
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
    spec: DatasetSpec, kinds: Mapping[str, TargetKind] | None = None, sha256: str | None = None
) -> Dataset:
    """Load a dataset, lay out its parts, scale its features.

    Args:
        spec: What the config asks for.
        kinds: What the losses in the config make of targets, by name; of the others the data decides, as of
            those whose source knows what they are.
        sha256: What the content's hash has to be; None for any.

    Raises:
        DataError: The data is missing, damaged, not what it is said to be, too small, or changed.
    """
    raw, values, split = read_parts(spec, kinds or {}, sha256)
    parts = _ranges(split)
    sets = (raw.train, raw.train, raw.test or raw.train)
    rows = (split.train, split.validation, split.test)
    features = [examples.features() for examples in sets]
    categories = preprocessing.find_categories(features[0], split.train)
    x = np.zeros((parts[-1].stop, preprocessing.width(features[0], categories)), dtype=np.float32)
    for part, of_set, chosen in zip(parts, features, rows, strict=True):
        preprocessing.fill(x[part.start : part.stop], of_set, chosen, categories)
    levels = features[0].numbers.dtype == np.uint8
    how = _scale(spec, raw, features[0])
    numbers = preprocessing.number_columns(features[0], categories)
    preprocessing.scale(x, parts[0], how, levels=levels, numbers=numbers)
    info = _info(raw, split, values, x.shape[1], preprocessing.in_words(how, levels=levels))
    targets = tuple(Target(name, _ordered(each, split), each.classes) for name, each in values.items())
    return Dataset(x, targets, *parts, info)


def describe(
    spec: DatasetSpec, kinds: Mapping[str, TargetKind] | None = None, sha256: str | None = None
) -> DatasetInfo:
    """The `info` of what `prepare` would return; examples that are known to be fine are not unpacked.

    Arguments and errors are those of `prepare`.
    """
    raw, values, split = read_parts(spec, kinds or {}, sha256)
    if raw.width is not None:
        how = spec.preprocess or raw.scale
        return _info(raw, split, values, raw.width, preprocessing.in_words(how, levels=raw.scale == "unit"))
    features = raw.train.features()
    how = _scale(spec, raw, features)
    width = preprocessing.width(features, preprocessing.find_categories(features, split.train))
    return _info(
        raw, split, values, width, preprocessing.in_words(how, levels=features.numbers.dtype == np.uint8)
    )


def _scale(spec: DatasetSpec, raw: RawData, features: Features) -> Scale:
    """What is done to the features; to texts, which become columns of 0 and 1, nothing is."""
    if features.numbers.shape[1]:
        return spec.preprocess or raw.scale
    if spec.preprocess not in (None, "none"):
        problem = f"{spec.preprocess} does nothing where all features are text, as of {raw.label}"
        raise DataError(Fault(f"{problem}; allowed: none", ("dataset", "preprocess")))
    return "none"


def _ordered(values: Values, split: Split) -> npt.NDArray[Any]:
    return np.concatenate([of_part(values, split, part) for part in ("train", "validation", "test")])


def _ranges(split: Split) -> tuple[range, range, range]:
    train = range(split.train.size)
    held_out = range(train.stop, train.stop + split.validation.size)
    return train, held_out, range(held_out.stop, held_out.stop + split.test.size)


def _info(
    raw: RawData, split: Split, values: Mapping[str, Values], width: int, preprocess: str
) -> DatasetInfo:
    return DatasetInfo(
        name=raw.label,
        sha256=raw.sha256,
        train=split.train.size,
        validation=split.validation.size,
        test=split.test.size,
        split_rule=split.rule,
        split_sha256=split.sha256(),
        features=width,
        targets=target_infos(values),
        preprocess=preprocess,
        files=dict(raw.files),
        constant_score=sum(_constant_score(each, split) for each in values.values()) / len(values),
    )


def _constant_score(values: Values, split: Split) -> float:
    """The share of the test part's largest class; of a number its mean, whose R² is 0."""
    if values.classes is None:
        return 0.0
    return float(np.bincount(of_part(values, split, "test")).max() / split.test.size)


def describe_from_registry(spec: DatasetSpec) -> DatasetInfo:
    """Sizes as they will be; nothing of the files, nor of how rows are drawn.

    Args:
        spec: Names a dataset whose sizes the registry knows.
    """
    source = DATASETS[spec.name or ""]
    assert source.train is not None
    assert source.test is not None
    validation = count_of(spec.validation, source.train)
    return DatasetInfo(
        name=source.name,
        sha256="",
        train=spec.train_samples or source.train - validation,
        validation=validation,
        test=spec.test_samples or source.test,
        split_rule="",
        split_sha256="",
        features=source.features,
        targets=(TargetInfo(name="label" if source.classes else "value", classes=source.classes),),
    )
