"""Tables: which columns of a file are wanted, and what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.datasets.readers.csv import CsvFile
from actbench.datasets.readers.parquet import ParquetFile
from actbench.datasets.table import Batches
from actbench.errors import DataError, Fault, did_you_mean

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Column, Features
    from actbench.errors import Key


@dataclass(frozen=True, eq=False)
class Table:
    """A table as read.

    Attributes:
        features: What is predicted from.
        targets: What is to be predicted, by column.
    """

    features: Features
    targets: dict[str, Column]


def open_table(path: Path, form: str) -> CsvFile | ParquetFile:
    """A table of which the header has been read; `form` is "csv" or "parquet".

    Raises:
        DataError: It cannot be read.
    """
    return CsvFile(path) if form == "csv" else ParquetFile(path)


def read_table(
    path: Path, form: str, target: Sequence[str], features: Sequence[str] | None, *, fitted: bool = True
) -> Table:
    """Reads the columns that are needed.

    Args:
        path: The file.
        form: "csv" or "parquet".
        target: Columns to predict.
        features: Columns to predict from; None for all others.
        fitted: Whether scaling is fitted on it.

    Raises:
        DataError: It cannot be read, lacks a column, or has a value that is not of its column's kind.
        UnusableColumnsError: Columns lack values or a name, or hold nothing to train on.
    """
    file = open_table(path, form)
    chosen = _choose(path, file.names, target, features)
    unusable = {"": _unnamed(path, file.names)} if "" in chosen else {}
    batches = Batches(path, chosen, target, typed=form != "csv", fitted=fitted, unusable=unusable)
    for batch in file.batches(chosen, target):
        batches.add(batch)
    return Table(*batches.columns(file.whole))


def unknown_columns(path: Path, names: Sequence[str], key: Key, wanted: Sequence[str]) -> list[Fault]:
    """What is wrong with a list of columns.

    Args:
        path: The table.
        names: Its columns.
        key: Of the list.
        wanted: The columns that should be there.
    """
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return [
        Fault(
            f"there is no column {name!r} in {path.name}; allowed: {shown}{did_you_mean(name, names)}",
            (*key, index),
        )
        for index, name in enumerate(wanted)
        if name not in names
    ]


def _choose(
    path: Path, names: Sequence[str], target: Sequence[str], features: Sequence[str] | None
) -> list[str]:
    """The columns to predict from."""
    unknown = [
        *unknown_columns(path, names, ("dataset", "target"), target),
        *unknown_columns(path, names, ("dataset", "features"), features or ()),
    ]
    if unknown:
        raise DataError(*unknown)
    chosen = [name for name in names if name not in target] if features is None else list(features)
    if not chosen:
        raise DataError(f"{path}: beside the target there is no column to predict from")
    repeated = sorted({name for name in (*chosen, *target) if names.count(name) > 1})
    if repeated == [""]:
        raise DataError(_unnamed(path, names))
    if repeated:
        called = ", ".join(filter(None, repeated))
        raise DataError(
            f"{path}: several columns have the name {called}; allowed: a name of its own for each that is "
            "wanted"
        )
    return chosen


def _unnamed(path: Path, names: Sequence[str]) -> Fault:
    unnamed = [str(number) for number, name in enumerate(names, 1) if not name]
    if len(unnamed) > 1:
        return Fault(
            f"{path}: columns {', '.join(unnamed)} have no name; allowed: a name for each in the header, or "
            "dataset.features without them"
        )
    return Fault(
        f"{path}: column {unnamed[0]} has no name, as when pandas writes its index; "
        "allowed: a name in the header, or dataset.features without it"
    )
