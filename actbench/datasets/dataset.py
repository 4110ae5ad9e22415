"""A dataset made ready for training: one array, three ranges of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.datasets import scaling
from actbench.datasets.raw import RawData, TargetKind
from actbench.datasets.reading import read
from actbench.datasets.split import Split, draw_in_words, split_rows, split_whole
from actbench.datasets.targets import Values, read_values
from actbench.datasets.wanted import DEFAULT_TEST, Wanted
from actbench.errors import DataError, Fault, collecting
from actbench.metric_names import clash
from actbench.records import DatasetInfo, TargetInfo


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
    wanted: Wanted, kinds: Mapping[str, TargetKind] | None = None, sha256: str | None = None
) -> Dataset:
    """Load a dataset, lay out its parts, scale its features.

    Args:
        wanted: What the config asks for.
        kinds: What the losses in the config make of targets, by name; of the others the data decides, as of
            those whose source knows what they are.
        sha256: What the content's hash has to be; None for any.

    Raises:
        DataError: The data is missing, damaged, not what it is said to be, too small, or changed.
    """
    raw, values, split = _read(wanted, kinds or {}, sha256)
    parts = _ranges(split)
    sets = (raw.train, raw.train, raw.test or raw.train)
    rows = (split.train, split.validation, split.test)
    features = [examples.features() for examples in sets]
    categories = scaling.find_categories(features[0], split.train)
    x = np.empty((parts[-1].stop, scaling.width(features[0], categories)), dtype=np.float32)
    for part, of_set, chosen in zip(parts, features, rows, strict=True):
        scaling.fill(x[part.start : part.stop], of_set, chosen, categories)
    levels = features[0].numbers.dtype == np.uint8
    how = wanted.preprocess or raw.scale
    numbers = scaling.number_columns(features[0], categories)
    scaling.scale(x, parts[0], how, levels=levels, numbers=numbers)
    info = _info(raw, split, values, x.shape[1], scaling.in_words(how, levels=levels))
    targets = tuple(Target(name, _ordered(each, split), each.classes) for name, each in values.items())
    return Dataset(x, targets, *parts, info)


def describe(
    wanted: Wanted, kinds: Mapping[str, TargetKind] | None = None, sha256: str | None = None
) -> DatasetInfo:
    """The `info` of what `prepare` would return; examples that are known to be fine are not unpacked.

    Arguments and errors are those of `prepare`.
    """
    raw, values, split = _read(wanted, kinds or {}, sha256)
    how = wanted.preprocess or raw.scale
    if raw.width is not None:
        return _info(raw, split, values, raw.width, scaling.in_words(how, levels=raw.scale == "unit"))
    features = raw.train.features()
    width = scaling.width(features, scaling.find_categories(features, split.train))
    return _info(raw, split, values, width, scaling.in_words(how, levels=features.numbers.dtype == np.uint8))


def _read(
    wanted: Wanted, kinds: Mapping[str, TargetKind], sha256: str | None
) -> tuple[RawData, dict[str, Values], Split]:
    raw = read(wanted)
    label = wanted.path or raw.label
    if sha256 not in (None, raw.sha256):
        raise DataError(f"{label}: has changed since the run was planned; start it anew")
    faults: list[Fault] = []
    values = {}
    for name in raw.train.targets:
        with collecting(faults):
            values[name] = _values(wanted, raw, name, kinds.get(name))
    if faults:
        raise DataError(*faults)
    split = _split(wanted, raw, values)
    for name, each in values.items():
        with collecting(faults):
            _check_parts(label, name, each, split)
    problem = clash(_targets(values))
    if problem:
        faults.append(Fault(f"{label}: {problem}", ("dataset", "target")))
    if faults:
        raise DataError(*faults)
    return raw, values, split


def _values(wanted: Wanted, raw: RawData, name: str, asked: TargetKind | None) -> Values:
    """Of what its source knows, no loss makes another thing: one that does not fit it is refused later."""
    train, test = raw.train.targets[name], None if raw.test is None else raw.test.targets[name]
    if raw.kind is None:
        return read_values(wanted.path or raw.label, name, train, test, asked, test_label=wanted.test_path)
    because = f"{raw.label} is known for that" if wanted.path is None else "it is the label of an image"
    return read_values(wanted.path or raw.label, name, train, test, raw.kind, because)


def _split(wanted: Wanted, raw: RawData, values: Mapping[str, Values]) -> Split:
    """Drawn by the classes of the first target that has any."""
    by = next((name for name, each in values.items() if each.classes), None)
    drawn = draw_in_words(by is not None, by if by is not None and len(values) > 1 else "")
    sizes = (wanted.validation, wanted.train_samples, wanted.test_samples, drawn)
    y_train = np.zeros(raw.train.size, dtype=np.int32) if by is None else values[by].train
    if raw.test is None:
        return split_whole(y_train, DEFAULT_TEST if wanted.test is None else wanted.test, *sizes)
    y_test = None if by is None else values[by].test
    return split_rows(y_train, np.zeros(raw.test.size, dtype=np.int32) if y_test is None else y_test, *sizes)


def _check_parts(label: str, name: str, values: Values, split: Split) -> None:
    """Refuses a training part that teaches too little for what is asked later, and one that asks nothing."""
    y = values.train[split.train]
    if (y == y[0]).all():
        raise DataError(f"{label}: the training part has one value of {name} only; allowed: more examples")
    seen = None if values.classes is None else np.bincount(y, minlength=values.classes) > 0
    for part in ("validation", "test"):
        later = _of_part(values, split, part)
        if seen is None and later.size and (later == later[0]).all():
            raise DataError(
                f"{label}: the {part} part has one value of {name} only, so that there is no R²; "
                "allowed: more examples"
            )
        if seen is not None and not seen[later].all():
            raise DataError(
                f"{label}: the {part} part has a class of {name} that the training part has no example of; "
                f"allowed: more training examples, or to leave that class out"
            )


def _of_part(values: Values, split: Split, part: str) -> npt.NDArray[Any]:
    source = values.test if part == "test" and values.test is not None else values.train
    rows: npt.NDArray[np.int64] = getattr(split, part)
    return source[rows]


def _ordered(values: Values, split: Split) -> npt.NDArray[Any]:
    return np.concatenate([_of_part(values, split, part) for part in ("train", "validation", "test")])


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
        targets=_targets(values),
        preprocess=preprocess,
        files=dict(raw.files),
        constant_score=sum(_constant_score(each, split) for each in values.values()) / len(values),
    )


def _targets(values: Mapping[str, Values]) -> tuple[TargetInfo, ...]:
    return tuple(TargetInfo(name=name, classes=each.classes, rule=each.rule) for name, each in values.items())


def _constant_score(values: Values, split: Split) -> float:
    """The share of the test part's largest class; of a number its mean, whose R² is 0."""
    if values.classes is None:
        return 0.0
    return float(np.bincount(_of_part(values, split, "test")).max() / split.test.size)
