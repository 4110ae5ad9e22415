"""The steps of `actbench init`: look at data and decide what a config has to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actbench.datasets.dataset import describe, describe_from_registry
from actbench.datasets.formats import TABLE_FORMATS, format_of, known_suffixes
from actbench.datasets.readers.idx import read_folder
from actbench.datasets.readers.keras_cache import must_download
from actbench.datasets.readers.npz import read_npz
from actbench.datasets.readers.table_file import unknown_columns
from actbench.datasets.spec import DATASETS, DatasetSpec
from actbench.datasets.table import UnusableColumnsError
from actbench.errors import ArgumentError, DataError, Fault, did_you_mean
from actbench.report.init import DataSummary

if TYPE_CHECKING:
    from actbench.records.run import DatasetInfo

# Shares of the examples that the config sets aside.
_TEST, _VALIDATION = 0.2, 0.1

# Keys of faults about the sizes of the parts, which the user has not written.
_SIZES = (("dataset", "test"), ("dataset", "validation"))

# Names of columns that are taken for the target, the likeliest first.
_USUAL_TARGETS = ("target", "label", "class", "y")


def summarize_data(data: str, target: Sequence[str] = ()) -> DataSummary:
    """Look at data and decide what a config has to say about it.

    Args:
        data: A file or folder, or the name of a dataset if there is no such file.
        target: Columns of a table to predict; empty to guess one.

    Raises:
        DataError: The data cannot be read, or cannot be trained on.
        ArgumentError: `target` names a column twice, or one that does not exist.
    """
    form = format_of(data)
    if form in TABLE_FORMATS:
        return _summarize_table(data, form, tuple(target))
    if target:
        raise ArgumentError("target", f"{data} has no columns; leave it out")
    there = Path(data).exists()
    if data in DATASETS and not there:
        return _summarize_named(data)
    if form is None:
        raise DataError(
            f"{data}: its name does not say what it is; use one of the suffixes "
            f"{', '.join(known_suffixes())}, or a folder with IDX files"
        )
    if form == "idx" and not there:
        hint = did_you_mean(data, DATASETS) or f"; datasets with a name: {', '.join(DATASETS)}"
        raise DataError(f"{data}: there is no such folder, and no dataset of that name{hint}")
    keys: dict[str, Any] = {"validation": _VALIDATION}
    if (read_folder if form == "idx" else read_npz)(Path(data)).test is None:
        keys["test"] = _TEST
    return DataSummary(data, keys, _describe(DatasetSpec(path=data, **keys)))


def _summarize_table(data: str, form: str, target: tuple[str, ...]) -> DataSummary:
    columns = TABLE_FORMATS[form].open(Path(data)).names
    repeated = [name for name in target if target.count(name) > 1]
    if repeated:
        raise ArgumentError("target", f"{repeated[0]!r} is there twice; name each column once")
    reason = "as asked for"
    if not target:
        chosen, reason = _guess_target(columns)
        target = (chosen,)
    keys: dict[str, Any] = {"test": _TEST, "validation": _VALIDATION}
    unknown = unknown_columns(Path(data), columns, (), target)
    if unknown:
        raise ArgumentError("target", *(fault.message for fault in unknown))
    left_out: dict[str, Fault] = {}
    spec, info = _without_unusable(DatasetSpec(path=data, target=target, **keys), columns, left_out)
    if spec.features:
        keys["features"] = list(spec.features)
    reasons = {name: _reason(fault, data) for name, fault in left_out.items()}
    return DataSummary(data, {"target": list(target), **keys}, info, columns, reason, reasons)


def _without_unusable(
    spec: DatasetSpec, columns: Sequence[str], left_out: dict[str, Fault]
) -> tuple[DatasetSpec, DatasetInfo]:
    """Leave out the columns that cannot be trained on.

    The faults of some columns may show only without others, so that it is done again without those.

    Args:
        spec: The data, with the columns that are still in use.
        columns: Names of all columns of the table.
        left_out: Gets the fault of each column that is left out.
    """
    try:
        return spec, _describe(spec)
    except UnusableColumnsError as error:
        left_out |= error.columns
        usable = tuple(name for name in columns if name not in {*spec.target, *left_out})
        if not usable or set(spec.target) & set(left_out):
            raise UnusableColumnsError(left_out) from None
    return _without_unusable(replace(spec, features=usable), columns, left_out)


def _describe(spec: DatasetSpec) -> DatasetInfo:
    """Describe data; a fault of a part's size is told as one of the data, for nobody has written the size."""
    try:
        return describe(spec)
    except UnusableColumnsError:
        raise
    except DataError as error:
        raise DataError(*(_about_data(fault, spec.path or "") for fault in error.faults)) from None


def _about_data(fault: Fault, data: str) -> Fault:
    if fault.key not in _SIZES:
        return fault
    few = f"{data}: has too few examples for parts to train, validate and test on"
    return Fault(f"{few}: {_reason(fault, data)}; use more examples")


def _reason(fault: Fault, data: str) -> str:
    """Return the first half of a message, without the file's name: what is wrong, not what to do."""
    # Messages about columns have the path as `Path` writes it, those about parts as the user wrote it.
    return fault.message.removeprefix(f"{data}: ").removeprefix(f"{Path(data)}: ").partition("; ")[0]


def _summarize_named(name: str) -> DataSummary:
    keys = {"name": name, "validation": _VALIDATION}
    spec = DatasetSpec(name=name, validation=_VALIDATION)
    # Data that is still to be downloaded is described by the registry.
    return DataSummary(name, keys, describe_from_registry(spec) if must_download(name) else describe(spec))


def _guess_target(columns: Sequence[str]) -> tuple[str, str]:
    """Return the column that is likely to be predicted, and the reason."""
    for usual in _USUAL_TARGETS:
        for column in columns:
            if column.casefold() == usual:
                return column, "guessed by its name"
    return columns[-1], "guessed: the last column"
