"""What a source holds, its targets understood and its examples dealt out to the parts; both are checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.datasets.raw import Column, RawData, TargetKind
from actbench.datasets.reading import read
from actbench.datasets.split import Split, draw_in_words, split_rows, split_whole
from actbench.datasets.targets import Values, read_values
from actbench.datasets.wanted import DEFAULT_TEST, Wanted
from actbench.errors import DataError, Fault, Key, collecting
from actbench.metric_names import clash
from actbench.records import TargetInfo

_SHOWN = 3  # classes of which there is no training example


def read_parts(
    wanted: Wanted, kinds: Mapping[str, TargetKind], sha256: str | None
) -> tuple[RawData, dict[str, Values], Split]:
    """Reads a source, settles what its targets are, and deals its examples out to the parts.

    Arguments and errors are those of `dataset.prepare`.

    Returns:
        What the source holds, the values of each target by name, and which examples each part has.
    """
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
            _check_parts(wanted, raw, name, each, split)
    problem = clash(target_infos(values))
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


def _check_parts(wanted: Wanted, raw: RawData, name: str, values: Values, split: Split) -> None:
    """Refuses a training part that teaches too little for what is asked later, and one that asks nothing."""
    label = wanted.path or raw.label
    y = values.train[split.train]
    if (y == y[0]).all():
        problem = f"{label}: the training part has one value of {name} only; allowed: more examples"
        raise DataError(Fault(problem, _withheld_by(wanted, raw, split, values.train != y[0])))
    seen = None if values.classes is None else np.bincount(y, minlength=values.classes) > 0
    for part in ("validation", "test"):
        later = of_part(values, split, part)
        if seen is None and later.size and (later == later[0]).all():
            source = (part == "test" and wanted.test_path) or label
            problem = f"{source}: the {part} part has one value of {name} only, so that there is no R²"
            raise DataError(Fault(f"{problem}; allowed: more examples", _sized_by(wanted, part)))
        if seen is not None and not seen[later].all():
            unseen = np.unique(later[~seen[later]])
            several, each = ("classes", "these classes") if unseen.size > 1 else ("a class", "that class")
            problem = (
                f"{label}: the {part} part has {several} of {name} that the training part has no example of: "
                f"{_in_words(raw.train.targets[name], values, unseen)}; "
                f"allowed: more training examples, or to leave {each} out"
            )
            raise DataError(Fault(problem, _withheld_by(wanted, raw, split, np.isin(values.train, unseen))))


def _withheld_by(wanted: Wanted, raw: RawData, split: Split, lacking: npt.NDArray[np.bool_]) -> Key:
    """The size in the config that keeps most of the examples which training lacks from it; () for none.

    Args:
        wanted: What the config asks for.
        raw: What the source holds.
        split: Which examples each part has.
        lacking: Which of the source's training set, or of its only set, training lacks.
    """
    validated = np.count_nonzero(lacking[split.validation])
    tested = np.count_nonzero(lacking[split.test]) if raw.test is None else 0
    unused = np.count_nonzero(lacking) - validated - tested
    withheld = {"train_samples": unused, "validation": validated, "test": tested}
    given = {key: count for key, count in withheld.items() if count and getattr(wanted, key)}
    return ("dataset", max(given, key=given.__getitem__)) if given else ()


def _sized_by(wanted: Wanted, part: str) -> Key:
    """The key in the config that says which examples are validated or tested on; () for none."""
    keys = ("validation",) if part == "validation" else ("test_samples", "test", "test_path")
    given = [("dataset", key) for key in keys if getattr(wanted, key)]
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
