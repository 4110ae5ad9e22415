"""A dataset's source with its open questions settled: the kind of each target, and the rows of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from actbench.datasets.loading import load_raw
from actbench.datasets.preprocessing import resolve_target
from actbench.datasets.spec import DEFAULT_TEST
from actbench.datasets.splits import describe_draw, split_rows, split_whole
from actbench.errors import DataError, Fault, collect_faults
from actbench.metrics.registry import metric_name_clash
from actbench.records.run import TargetInfo

if TYPE_CHECKING:
    from actbench.datasets.preprocessing import TargetValues
    from actbench.datasets.raw_table import RawData, TargetKind
    from actbench.datasets.spec import DatasetSpec
    from actbench.datasets.splits import Split
    from actbench.errors import Key

Part = Literal["train", "validation", "test"]

_MOST_CLASSES_SHOWN = 3


@dataclass(frozen=True, eq=False)
class ResolvedData:
    """The raw content of a source, with decided targets and drawn parts.

    Attributes:
        raw: The content of the source.
        targets: The values of each target, by name.
        split: The rows of each part.
    """

    raw: RawData
    targets: Mapping[str, TargetValues]
    split: Split

    def values(self, name: str, part: Part) -> npt.NDArray[Any]:
        """Return the values of a target for the examples of a part, in the part's order."""
        target = self.targets[name]
        source = target.test if part == "test" and target.test is not None else target.train
        rows: npt.NDArray[np.int64] = getattr(self.split, part)
        return source[rows]

    @property
    def target_infos(self) -> tuple[TargetInfo, ...]:
        """Return the descriptions of the targets for the record of a run."""
        return tuple(
            TargetInfo(name=name, classes=target.classes, rule=target.rule)
            for name, target in self.targets.items()
        )


def resolve(spec: DatasetSpec, kinds: Mapping[str, TargetKind], sha256: str | None) -> ResolvedData:
    """Load a source, decide what its targets are, draw its parts, and check that they can be learned from.

    Arguments and errors are those of `dataset.prepare`.
    """
    raw = load_raw(spec)
    label = spec.path or raw.label
    if sha256 not in (None, raw.sha256):
        raise DataError(f"{label}: has changed since the run was planned; start the run anew")
    faults: list[Fault] = []
    targets = {}
    for name in raw.train.targets:
        with collect_faults(faults):
            targets[name] = _resolve_target(spec, raw, name, kinds.get(name))
    if faults:
        raise DataError(*faults)
    resolved = ResolvedData(raw, targets, _draw_parts(spec, raw, targets))
    for name in targets:
        with collect_faults(faults):
            _check_parts(spec, resolved, name)
    problem = metric_name_clash(resolved.target_infos)
    if problem:
        faults.append(Fault(f"{label}: {problem}", ("dataset", "target")))
    if faults:
        raise DataError(*faults)
    return resolved


def _resolve_target(spec: DatasetSpec, raw: RawData, name: str, asked: TargetKind | None) -> TargetValues:
    """Resolve one target. If the source knows its kind, the loss has no say; a later check compares them."""
    train, test = raw.train.targets[name], None if raw.test is None else raw.test.targets[name]
    label = spec.path or raw.label
    if raw.kind is None:
        return resolve_target(label, name, train, test, asked, test_label=spec.test_path)
    because = f"{raw.label} is known for that" if spec.path is None else "it is the label of an image"
    return resolve_target(label, name, train, test, raw.kind, because)


def _draw_parts(spec: DatasetSpec, raw: RawData, targets: Mapping[str, TargetValues]) -> Split:
    """Draw the parts, stratified by the classes of the first target that has classes."""
    by = next((name for name, target in targets.items() if target.classes), None)
    rule = describe_draw(by is not None, by if by is not None and len(targets) > 1 else "")
    sizes = (spec.validation, spec.train_samples, spec.test_samples, rule)
    y_train = np.zeros(raw.train.size, dtype=np.int32) if by is None else targets[by].train
    if raw.test is None:
        return split_whole(y_train, DEFAULT_TEST if spec.test is None else spec.test, *sizes)
    y_test = None if by is None else targets[by].test
    return split_rows(y_train, np.zeros(raw.test.size, dtype=np.int32) if y_test is None else y_test, *sizes)


def _check_parts(spec: DatasetSpec, resolved: ResolvedData, name: str) -> None:
    """Refuse parts in which a target is constant, or has classes that the training part lacks."""
    label = spec.path or resolved.raw.label
    target = resolved.targets[name]
    y = resolved.values(name, "train")
    if (y == y[0]).all():
        problem = f"{label}: the training part has one value of {name} only; use more examples"
        raise DataError(Fault(problem, _withholding_key(spec, resolved, target.train != y[0])))
    seen = None if target.classes is None else np.bincount(y, minlength=target.classes) > 0
    later_parts: tuple[Part, ...] = ("validation", "test")
    for part in later_parts:
        later = resolved.values(name, part)
        if seen is None and later.size and (later == later[0]).all():
            source = (part == "test" and spec.test_path) or label
            problem = f"{source}: the {part} part has one value of {name} only, so that there is no R²"
            raise DataError(Fault(f"{problem}; use more examples", _size_key(spec, part)))
        if seen is not None and not seen[later].all():
            unseen = np.unique(later[~seen[later]])
            several, each = ("classes", "these classes") if unseen.size > 1 else ("a class", "that class")
            problem = (
                f"{label}: the {part} part has {several} of {name} that the training part has no example of: "
                f"{_class_names(resolved, name, unseen)}; use more training examples, or leave {each} out"
            )
            lacking = np.isin(target.train, unseen)
            raise DataError(Fault(problem, _withholding_key(spec, resolved, lacking)))


def _withholding_key(spec: DatasetSpec, resolved: ResolvedData, lacking: npt.NDArray[np.bool_]) -> Key:
    """Return the key of the size that keeps most of the examples which training lacks from it; () for none.

    Args:
        spec: The request, in which only sizes that are given can be at fault.
        resolved: The dataset.
        lacking: Mask of the examples that training lacks, over the source's training set.
    """
    split = resolved.split
    validated = np.count_nonzero(lacking[split.validation])
    tested = np.count_nonzero(lacking[split.test]) if resolved.raw.test is None else 0
    unused = np.count_nonzero(lacking) - validated - tested
    withheld = {"train_samples": unused, "validation": validated, "test": tested}
    given = {key: count for key, count in withheld.items() if count and getattr(spec, key)}
    return ("dataset", max(given, key=given.__getitem__)) if given else ()


def _size_key(spec: DatasetSpec, part: Part) -> Key:
    """Return the key that decides which examples are validated or tested on; () if none is given."""
    keys = ("validation",) if part == "validation" else ("test_samples", "test", "test_path")
    given = [("dataset", key) for key in keys if getattr(spec, key)]
    return given[0] if given else ()


def _class_names(resolved: ResolvedData, name: str, classes: npt.NDArray[Any]) -> str:
    """Return the first of some classes of a target, as they are called in the source."""
    column, codes = resolved.raw.train.targets[name], resolved.targets[name].train
    rows = [np.argmax(codes == code) for code in classes[:_MOST_CLASSES_SHOWN]]
    values = column.values[rows]
    first = values if column.categories is None else [column.categories[value] for value in values]
    others = classes.size - _MOST_CLASSES_SHOWN
    return ", ".join(map(str, first)) + f" and {others} more" * (others > 0)
