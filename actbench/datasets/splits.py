"""Which rows are trained, validated and tested on: a fixed rule, the same for every seed.

The rows of a file are put into one fixed random order. A stratified draw takes the first rows of each class
in it; the classes' shares are proportional to their size, rounded by largest remainder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from actbench import rng
from actbench.datasets.loading import read
from actbench.datasets.spec import DEFAULT_TEST, count_of
from actbench.datasets.targets import read_values
from actbench.errors import DataError, Fault, collect_faults
from actbench.metrics.registry import metric_name_clash
from actbench.records.run import TargetInfo

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Column, RawData, TargetKind
    from actbench.datasets.spec import DatasetSpec
    from actbench.datasets.targets import Values
    from actbench.errors import Key

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
    with collect_faults(faults):
        validation = _count("validation", validation, 0, y_train.size)
        _check("train_samples", train_samples, 1, y_train.size - validation)
    with collect_faults(faults):
        _check("test_samples", test_samples, 1, y_test.size)
    if faults:
        raise DataError(*faults)
    order = rng.permutation(y_train.size, _SEED, "split train").astype(np.int64)
    held_out = _stratified(y_train, order, validation)
    left = order[~np.isin(order, held_out)]
    return Split(
        train=_stratified(y_train, left, left.size if train_samples is None else train_samples),
        validation=held_out,
        test=_stratified(
            y_test,
            rng.permutation(y_test.size, _SEED, "split test").astype(np.int64),
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
    order = rng.permutation(y.size, _SEED, "split off test").astype(np.int64)
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


_SHOWN = 3  # classes of which there is no training example


def read_parts(
    spec: DatasetSpec, kinds: Mapping[str, TargetKind], sha256: str | None
) -> tuple[RawData, dict[str, Values], Split]:
    """Reads a source, settles what its targets are, and deals its examples out to the parts.

    Arguments and errors are those of `dataset.prepare`.

    Returns:
        What the source holds, the values of each target by name, and which examples each part has.
    """
    raw = read(spec)
    label = spec.path or raw.label
    if sha256 not in (None, raw.sha256):
        raise DataError(f"{label}: has changed since the run was planned; start it anew")
    faults: list[Fault] = []
    values = {}
    for name in raw.train.targets:
        with collect_faults(faults):
            values[name] = _values(spec, raw, name, kinds.get(name))
    if faults:
        raise DataError(*faults)
    split = _split(spec, raw, values)
    for name, each in values.items():
        with collect_faults(faults):
            _check_parts(spec, raw, name, each, split)
    problem = metric_name_clash(target_infos(values))
    if problem:
        faults.append(Fault(f"{label}: {problem}", ("dataset", "target")))
    if faults:
        raise DataError(*faults)
    return raw, values, split


def _values(spec: DatasetSpec, raw: RawData, name: str, asked: TargetKind | None) -> Values:
    """Of what its source knows, no loss makes another thing: one that does not fit it is refused later."""
    train, test = raw.train.targets[name], None if raw.test is None else raw.test.targets[name]
    if raw.kind is None:
        return read_values(spec.path or raw.label, name, train, test, asked, test_label=spec.test_path)
    because = f"{raw.label} is known for that" if spec.path is None else "it is the label of an image"
    return read_values(spec.path or raw.label, name, train, test, raw.kind, because)


def _split(spec: DatasetSpec, raw: RawData, values: Mapping[str, Values]) -> Split:
    """Drawn by the classes of the first target that has any."""
    by = next((name for name, each in values.items() if each.classes), None)
    drawn = draw_in_words(by is not None, by if by is not None and len(values) > 1 else "")
    sizes = (spec.validation, spec.train_samples, spec.test_samples, drawn)
    y_train = np.zeros(raw.train.size, dtype=np.int32) if by is None else values[by].train
    if raw.test is None:
        return split_whole(y_train, DEFAULT_TEST if spec.test is None else spec.test, *sizes)
    y_test = None if by is None else values[by].test
    return split_rows(y_train, np.zeros(raw.test.size, dtype=np.int32) if y_test is None else y_test, *sizes)


def _check_parts(spec: DatasetSpec, raw: RawData, name: str, values: Values, split: Split) -> None:
    """Refuses a training part that teaches too little for what is asked later, and one that asks nothing."""
    label = spec.path or raw.label
    y = values.train[split.train]
    if (y == y[0]).all():
        problem = f"{label}: the training part has one value of {name} only; allowed: more examples"
        raise DataError(Fault(problem, _withheld_by(spec, raw, split, values.train != y[0])))
    seen = None if values.classes is None else np.bincount(y, minlength=values.classes) > 0
    for part in ("validation", "test"):
        later = of_part(values, split, part)
        if seen is None and later.size and (later == later[0]).all():
            source = (part == "test" and spec.test_path) or label
            problem = f"{source}: the {part} part has one value of {name} only, so that there is no R²"
            raise DataError(Fault(f"{problem}; allowed: more examples", _sized_by(spec, part)))
        if seen is not None and not seen[later].all():
            unseen = np.unique(later[~seen[later]])
            several, each = ("classes", "these classes") if unseen.size > 1 else ("a class", "that class")
            problem = (
                f"{label}: the {part} part has {several} of {name} that the training part has no example of: "
                f"{_in_words(raw.train.targets[name], values, unseen)}; "
                f"allowed: more training examples, or to leave {each} out"
            )
            raise DataError(Fault(problem, _withheld_by(spec, raw, split, np.isin(values.train, unseen))))


def _withheld_by(spec: DatasetSpec, raw: RawData, split: Split, lacking: npt.NDArray[np.bool_]) -> Key:
    """The size in the config that keeps most of the examples which training lacks from it; () for none.

    Args:
        spec: What the config asks for.
        raw: What the source holds.
        split: Which examples each part has.
        lacking: Which of the source's training set, or of its only set, training lacks.
    """
    validated = np.count_nonzero(lacking[split.validation])
    tested = np.count_nonzero(lacking[split.test]) if raw.test is None else 0
    unused = np.count_nonzero(lacking) - validated - tested
    withheld = {"train_samples": unused, "validation": validated, "test": tested}
    given = {key: count for key, count in withheld.items() if count and getattr(spec, key)}
    return ("dataset", max(given, key=given.__getitem__)) if given else ()


def _sized_by(spec: DatasetSpec, part: str) -> Key:
    """The key in the config that says which examples are validated or tested on; () for none."""
    keys = ("validation",) if part == "validation" else ("test_samples", "test", "test_path")
    given = [("dataset", key) for key in keys if getattr(spec, key)]
    return given[0] if given else ()


def _in_words(column: Column, values: Values, classes: npt.NDArray[Any]) -> str:
    """The first of some classes, as they are called in the source's training set."""
    rows = [np.argmax(values.train == each) for each in classes[:_SHOWN]]
    first = [column.values[row] if column.words is None else column.words[column.values[row]] for row in rows]
    shown = ", ".join(map(str, first))
    return shown + f" and {classes.size - _SHOWN} more" * (classes.size > _SHOWN)


def of_part(values: Values, split: Split, part: str) -> npt.NDArray[Any]:
    """The values that the examples of a part have, in the part's order.

    Args:
        values: Of the target.
        split: Which examples each part has.
        part: One of train, validation and test.
    """
    source = values.test if part == "test" and values.test is not None else values.train
    rows: npt.NDArray[np.int64] = getattr(split, part)
    return source[rows]


def target_infos(values: Mapping[str, Values]) -> tuple[TargetInfo, ...]:
    """What a report says of the targets.

    Args:
        values: Of each, by name.
    """
    return tuple(TargetInfo(name=name, classes=each.classes, rule=each.rule) for name, each in values.items())
