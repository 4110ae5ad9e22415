"""What there is to know of data before it is trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from actbench.datasets import DATASETS, Wanted, describe, format_of
from actbench.datasets.batches import UnusableColumnsError
from actbench.datasets.download import is_missing
from actbench.datasets.expected import expect
from actbench.datasets.formats import SUFFIXES
from actbench.datasets.idx import read_folder
from actbench.datasets.npz import read_npz
from actbench.datasets.tables import open_table, unknown_columns
from actbench.errors import ArgumentError, DataError, Fault, did_you_mean
from actbench.records import DatasetInfo

TEST, VALIDATION = 0.2, 0.1
_SIZES = (("dataset", "test"), ("dataset", "validation"))
USUAL_TARGETS = ("target", "label", "class", "y")


@dataclass(frozen=True)
class Look:
    """What was found.

    Attributes:
        data: As it was asked for: a dataset's name, or a path.
        keys: Of the config's `dataset`, but for the path.
        info: What the dataset amounts to with these.
        columns: Of a table, in its order; empty for anything else.
        why: Why this is the target, in words.
        left_out: What keeps columns from being trained on, by column.
    """

    data: str
    keys: dict[str, Any]
    info: DatasetInfo
    columns: tuple[str, ...] = ()
    why: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether it is a dataset with a name."""
        return "name" in self.keys


def look(data: str, target: Sequence[str] = ()) -> Look:
    """Look at data and decide what a config would say of it.

    Args:
        data: A dataset's name; or a file or folder, which comes before a name.
        target: Columns of a table to predict; guessed when empty.

    Raises:
        DataError: It cannot be read, or not be trained on.
        ArgumentError: There is a target, but no column; or the same target twice.
    """
    form = format_of(data, "auto")
    if form in ("csv", "parquet"):
        return _look_at_table(data, form, tuple(target))
    if target:
        raise ArgumentError("target", f"{data} has no columns; leave it out")
    there = Path(data).exists()
    if data in DATASETS and not there:
        return _look_at_named(data)
    if form is None:
        raise DataError(
            f"{data}: its name does not say what it is; allowed: {', '.join(SUFFIXES)}, or a folder with IDX "
            "files"
        )
    if form == "idx" and not there:
        hint = did_you_mean(data, DATASETS) or f"; datasets with a name: {', '.join(DATASETS)}"
        raise DataError(f"{data}: there is no such folder, and no dataset of that name{hint}")
    keys: dict[str, Any] = {"validation": VALIDATION}
    if (read_folder if form == "idx" else read_npz)(Path(data)).test is None:
        keys["test"] = TEST
    return Look(data, keys, _describe(Wanted(path=data, **keys)))


def _look_at_table(data: str, form: str, target: tuple[str, ...]) -> Look:
    columns = open_table(Path(data), form).names
    repeated = [name for name in target if target.count(name) > 1]
    if repeated:
        raise ArgumentError("target", f"{repeated[0]!r} is there twice; allowed: each column once")
    why = "as --target says" if target else ""
    if not target:
        chosen, why = _guess(columns)
        target = (chosen,)
    keys: dict[str, Any] = {"test": TEST, "validation": VALIDATION}
    unknown = unknown_columns(Path(data), columns, (), target)
    if unknown:
        raise ArgumentError("target", *(fault.message for fault in unknown))
    left_out: dict[str, Fault] = {}
    wanted, info = _without_unusable(Wanted(path=data, target=target, **keys), columns, left_out)
    if wanted.features:
        keys["features"] = list(wanted.features)
    reasons = {name: _reason(fault, data) for name, fault in left_out.items()}
    return Look(data, {"target": list(target), **keys}, info, columns, why, reasons)


def _without_unusable(
    wanted: Wanted, columns: Sequence[str], left_out: dict[str, Fault]
) -> tuple[Wanted, DatasetInfo]:
    """Leaves out columns that cannot be trained on; what is wrong with some may show only without others."""
    try:
        return wanted, _describe(wanted)
    except UnusableColumnsError as error:
        left_out |= error.columns
        usable = tuple(name for name in columns if name not in {*wanted.target, *left_out})
        if not usable or set(wanted.target) & set(left_out):
            raise UnusableColumnsError(left_out) from None
    return _without_unusable(replace(wanted, features=usable), columns, left_out)


def _describe(wanted: Wanted) -> DatasetInfo:
    """The parts have sizes that nobody has written, so that what is wrong with these is told of the data."""
    try:
        return describe(wanted)
    except UnusableColumnsError:
        raise
    except DataError as error:
        raise DataError(*(_of_data(fault, wanted.path or "") for fault in error.faults)) from None


def _of_data(fault: Fault, data: str) -> Fault:
    if fault.key not in _SIZES:
        return fault
    few = f"{data}: has too few examples for parts to train, validate and test on"
    reason = fault.message.removeprefix(f"{data}: ").partition("; allowed: ")[0]
    return Fault(f"{few}: {reason}; allowed: more examples")


def _reason(fault: Fault, data: str) -> str:
    """What is wrong, without the file's name and without what would be allowed."""
    return fault.message.removeprefix(f"{Path(data)}: ").partition("; allowed: ")[0]


def _look_at_named(name: str) -> Look:
    keys = {"name": name, "validation": VALIDATION}
    wanted = Wanted(name=name, validation=VALIDATION)
    return Look(name, keys, expect(wanted) if is_missing(name) else describe(wanted))


def _guess(columns: Sequence[str]) -> tuple[str, str]:
    """The column that is likely to be predicted, and why."""
    for usual in USUAL_TARGETS:
        for column in columns:
            if column.casefold() == usual:
                return column, "guessed by its name"
    return columns[-1], "guessed: the last column"
