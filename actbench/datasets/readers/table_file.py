"""The reading of a table file: which of its columns are used, and their content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.datasets.formats import TABLE_FORMATS
from actbench.datasets.table import TableColumns
from actbench.errors import DataError, Fault, did_you_mean

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Features, RawColumn
    from actbench.errors import Key

_MOST_NAMES_SHOWN = 20


@dataclass(frozen=True, eq=False)
class RawTable:
    """The content of a table.

    Attributes:
        features: The columns to predict from.
        targets: The columns to predict, by name.
    """

    features: Features
    targets: dict[str, RawColumn]


def read_table(
    path: Path,
    table_format: str,
    target: Sequence[str],
    features: Sequence[str] | None,
    *,
    fitted: bool = True,
) -> RawTable:
    """Read the columns of a table that are used.

    Args:
        path: The file.
        table_format: One of `TABLE_FORMATS`.
        target: Columns to predict.
        features: Columns to predict from; None for all others.
        fitted: True if scaling is fitted on these rows; False for a test table.

    Raises:
        DataError: The file cannot be read, lacks a column, or has a value that is not of its column's type.
        UnusableColumnsError: Columns lack values or a name, or hold nothing to train on.
    """
    file = TABLE_FORMATS[table_format].open(path)
    chosen = _choose_features(path, file.names, target, features)
    unusable = {"": _unnamed_columns(path, file.names)} if "" in chosen else {}
    columns = TableColumns(path, chosen, target, typed=file.typed, fitted=fitted, unusable=unusable)
    for batch in file.batches(chosen, target):
        columns.add(batch)
    return RawTable(*columns.finish(file.whole))


def unknown_columns(path: Path, names: Sequence[str], key: Key, listed: Sequence[str]) -> list[Fault]:
    """Return a fault for each listed column that a table does not have.

    Args:
        path: The table.
        names: Names of its columns.
        key: Key of the list in the config.
        listed: The columns that should exist.
    """
    others = f" and {len(names) - _MOST_NAMES_SHOWN} more" if len(names) > _MOST_NAMES_SHOWN else ""
    shown = ", ".join(names[:_MOST_NAMES_SHOWN]) + others
    return [
        Fault(
            f"there is no column {name!r} in {path.name}; allowed: {shown}{did_you_mean(name, names)}",
            (*key, index),
        )
        for index, name in enumerate(listed)
        if name not in names
    ]


def _choose_features(
    path: Path, names: Sequence[str], target: Sequence[str], features: Sequence[str] | None
) -> list[str]:
    """Return the columns to predict from, once all columns that are used are known to exist once."""
    unknown = [
        *unknown_columns(path, names, ("dataset", "target"), target),
        *unknown_columns(path, names, ("dataset", "features"), features or ()),
    ]
    if unknown:
        raise DataError(*unknown)
    chosen = [name for name in names if name not in target] if features is None else list(features)
    if not chosen:
        raise DataError(f"{path}: has no column to predict from beside the target; add one")
    repeated = sorted({name for name in (*chosen, *target) if names.count(name) > 1})
    if repeated == [""]:
        raise DataError(_unnamed_columns(path, names))
    if repeated:
        called = ", ".join(filter(None, repeated))
        raise DataError(f"{path}: several columns have the name {called}; use a different name for each")
    return chosen


def _unnamed_columns(path: Path, names: Sequence[str]) -> Fault:
    unnamed = [str(number) for number, name in enumerate(names, 1) if not name]
    if len(unnamed) > 1:
        return Fault(
            f"{path}: columns {', '.join(unnamed)} have no name; add names to the header, or use "
            "dataset.features without them"
        )
    return Fault(
        f"{path}: column {unnamed[0]} has no name, as when pandas writes its index; "
        "add a name to the header, or use dataset.features without it"
    )
