"""A dataset made ready for training: one array of scaled features, and three ranges of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from actbench.datasets import preprocessing
from actbench.datasets.resolved import resolve
from actbench.datasets.spec import DATASETS, ONLY_TARGET, count_of
from actbench.errors import DataError, Fault
from actbench.records.run import DatasetInfo, TargetInfo

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Features, RawData, TargetKind
    from actbench.datasets.resolved import ResolvedData
    from actbench.datasets.spec import DatasetSpec, Scale
    from actbench.datasets.splits import Split


@dataclass(frozen=True, eq=False)
class Target:
    """A target to predict for each example.

    Attributes:
        name: The name in the data.
        y: Shape (n,): int32 from 0 to classes - 1, or float32 for a number (regression).
        classes: Number of classes; None for a number.
    """

    name: str
    y: npt.NDArray[np.int32] | npt.NDArray[np.float32]
    classes: int | None


@dataclass(frozen=True, eq=False)
class Dataset:
    """All examples in one array, so that it has to be placed on a device only once.

    Attributes:
        x: Scaled features, shape (n, features), float32: the rows of train, then validation, then test.
        targets: The targets, at least one, each with its rows in the order of `x`.
        train: Rows to train on.
        validation: Rows to measure after each epoch; empty without a validation part.
        test: Rows to measure once, at the end.
        info: The description of the dataset for the record of a run.
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
    """Load a dataset, put its parts one after another, and encode and scale its features.

    Args:
        spec: The request, as a config makes it.
        kinds: The kind of target that the config's losses need, by target. The values of the other targets
            decide, and the source decides if it knows what its targets are.
        sha256: The hash that the content must have; None for any.

    Raises:
        DataError: The data is missing, damaged, not what it is said to be, too small, or has changed.
    """
    resolved = resolve(spec, kinds or {}, sha256)
    raw, split = resolved.raw, resolved.split
    part_ranges = _ranges(split)
    sources = (raw.train, raw.train, raw.test or raw.train)
    features = [examples.features() for examples in sources]
    categories = preprocessing.find_categories(features[0], split.train)
    x = np.zeros(
        (part_ranges[-1].stop, preprocessing.encoded_width(features[0], categories)), dtype=np.float32
    )
    rows = (split.train, split.validation, split.test)
    for part, source, chosen in zip(part_ranges, features, rows, strict=True):
        preprocessing.encode(x[part.start : part.stop], source, chosen, categories)
    are_bytes = features[0].numbers.dtype == np.uint8
    how = _choose_scale(spec, raw, features[0])
    numeric = preprocessing.numeric_columns(features[0], categories)
    preprocessing.scale(x, part_ranges[0], how, are_bytes=are_bytes, numeric=numeric)
    info = _make_info(resolved, x.shape[1], preprocessing.describe_scaling(how, are_bytes=are_bytes))
    targets = tuple(
        Target(name, _concatenate_parts(resolved, name), target.classes)
        for name, target in resolved.targets.items()
    )
    return Dataset(x, targets, *part_ranges, info)


def describe(
    spec: DatasetSpec, kinds: Mapping[str, TargetKind] | None = None, sha256: str | None = None
) -> DatasetInfo:
    """Return the `info` that `prepare` would return, without unpacking examples that are known to be fine.

    Arguments and errors are those of `prepare`.
    """
    resolved = resolve(spec, kinds or {}, sha256)
    raw = resolved.raw
    if raw.width is not None:
        # The readers that know the width without the features are those of images as bytes, which are scaled
        # to 0..1 by default, and of numbers.
        how, width, are_bytes = spec.preprocess or raw.scale, raw.width, raw.scale == "unit"
    else:
        features = raw.train.features()
        how = _choose_scale(spec, raw, features)
        categories = preprocessing.find_categories(features, resolved.split.train)
        width, are_bytes = (
            preprocessing.encoded_width(features, categories),
            features.numbers.dtype == np.uint8,
        )
    return _make_info(resolved, width, preprocessing.describe_scaling(how, are_bytes=are_bytes))


def describe_from_registry(spec: DatasetSpec) -> DatasetInfo:
    """Return what is known of a named dataset before it is downloaded: its sizes, without hashes and rules.

    Args:
        spec: The request; it names a dataset whose sizes the registry knows.
    """
    source = DATASETS[spec.name or ""]
    assert source.train is not None
    assert source.test is not None
    validation = count_of(spec.validation, source.train)
    classes_name, number_name = ONLY_TARGET
    name = classes_name if source.classes else number_name
    return DatasetInfo(
        name=source.name,
        sha256="",
        train=spec.train_samples or source.train - validation,
        validation=validation,
        test=spec.test_samples or source.test,
        split_rule="",
        split_sha256="",
        features=source.features,
        targets=(TargetInfo(name=name, classes=source.classes),),
    )


def _choose_scale(spec: DatasetSpec, raw: RawData, features: Features) -> Scale:
    """Return how features are scaled; categorical ones, which become columns of 0 and 1, are not."""
    if features.numbers.shape[1]:
        return spec.preprocess or raw.scale
    if spec.preprocess not in (None, "none"):
        problem = f"{spec.preprocess} has no effect if all features are text, as in {raw.label}"
        raise DataError(Fault(f"{problem}; use none", ("dataset", "preprocess")))
    return "none"


def _ranges(split: Split) -> tuple[range, range, range]:
    train = range(split.train.size)
    validation = range(train.stop, train.stop + split.validation.size)
    return train, validation, range(validation.stop, validation.stop + split.test.size)


def _concatenate_parts(
    resolved: ResolvedData, target: str
) -> npt.NDArray[np.int32] | npt.NDArray[np.float32]:
    train, validation, test = (
        resolved.values(target, "train"),
        resolved.values(target, "validation"),
        resolved.values(target, "test"),
    )
    # annotated, because NumPy's stubs for Python 3.10 tell no type here
    together: npt.NDArray[np.int32] | npt.NDArray[np.float32] = np.concatenate([train, validation, test])
    return together


def _make_info(resolved: ResolvedData, width: int, preprocess: str) -> DatasetInfo:
    raw, split = resolved.raw, resolved.split
    constant_scores = [_constant_score(resolved, name) for name in resolved.targets]
    return DatasetInfo(
        name=raw.label,
        sha256=raw.sha256,
        train=split.train.size,
        validation=split.validation.size,
        test=split.test.size,
        split_rule=split.rule,
        split_sha256=split.sha256(),
        features=width,
        targets=resolved.target_infos,
        preprocess=preprocess,
        files=dict(raw.files),
        constant_score=sum(constant_scores) / len(constant_scores),
    )


def _constant_score(resolved: ResolvedData, target: str) -> float:
    """Return the test score of the best constant prediction: the largest class's share, or an R² of 0."""
    if resolved.targets[target].classes is None:
        return 0.0
    return float(np.bincount(resolved.values(target, "test")).max() / resolved.split.test.size)
