"""Tables: from batches of columns to numbers and texts, every missing value with its row and column."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from actbench.datasets.csv_file import CsvFile
from actbench.datasets.parquet_file import ParquetFile
from actbench.datasets.raw import Array, Column, Features, check_finite, place
from actbench.datasets.texts import Texts
from actbench.errors import DataError, Fault, Key, did_you_mean


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


def read_table(path: Path, form: str, target: Sequence[str], features: Sequence[str] | None) -> Table:
    """Reads the columns that are needed.

    Args:
        path: The file.
        form: "csv" or "parquet".
        target: Columns to predict.
        features: Columns to predict from; None for all others.

    Raises:
        DataError: It cannot be read, lacks a column, or has a value that is missing or of the wrong kind.
    """
    file = open_table(path, form)
    chosen = _choose(path, file.names, target, features)
    names = (*chosen, *target)
    texts: dict[str, Texts] = {}
    flat = np.empty(0, dtype=np.float32)
    labels: dict[str, list[Array]] = {name: [] for name in target}
    rows = 0
    for batch in file.batches(chosen, target):
        columns = {name: _values(path, name, batch.column(name), rows) for name in names}
        for name, column in columns.items():
            if isinstance(column, pa.Array):
                texts.setdefault(name, Texts(path, name, typed=form != "csv")).add(column)
        block = _block([columns[name] for name in chosen], batch.num_rows)
        # in place: blocks that are joined at last are in memory twice
        flat.resize(flat.size + block.size, refcheck=False)
        flat[flat.size - block.size :] = block.ravel()
        for name in target:
            if name not in texts:
                labels[name].append(np.asarray(columns[name]))
        rows += batch.num_rows
    if not rows:
        raise DataError(f"{path}: has no rows, only a header")
    numbers = flat.reshape(rows, -1)
    check_finite(str(path), numbers, [name for name in chosen if name not in texts])
    words = {name: collected.column() for name, collected in texts.items()}
    return Table(
        Features(
            numbers, {chosen.index(name): words[name] for name in chosen if name in words}, tuple(chosen)
        ),
        {
            name: words[name] if name in words else _numbers(path, name, labels[name], name in file.whole)
            for name in target
        },
    )


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
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(f"{path}: several columns have the name {', '.join(repeated)}")
    unknown = [
        *unknown_columns(path, names, ("dataset", "target"), target),
        *unknown_columns(path, names, ("dataset", "features"), features or ()),
    ]
    if unknown:
        raise DataError(*unknown)
    chosen = [name for name in names if name not in target] if features is None else list(features)
    if not chosen:
        raise DataError(f"{path}: beside the target there is no column to predict from")
    if "" in chosen:
        raise DataError(
            f"{path}: column {names.index('') + 1} has no name, as when pandas writes its index; "
            "allowed: a name in the header, or dataset.features without it"
        )
    return chosen


def _values(path: Path, name: str, values: pa.Array, before: int) -> Array | pa.Array:
    """A batch's values: numbers and booleans as NumPy has them, texts as they are.

    Args:
        path: The file.
        name: Of the column.
        values: As read.
        before: Rows in earlier batches.
    """
    if values.null_count:
        row = before + int(np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))[0])
        also = f" (of {values.null_count:,} in the {len(values):,} rows from {before + 1:,} on)"
        raise DataError(
            f"{path}: {place(row, 0, [name])}: the value is missing{also * (values.null_count > 1)}"
        )
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    if pa.types.is_decimal(kind):
        values = values.cast(pa.float64())
    elif not (pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(
            f"{path}: column {name} holds values of the kind {kind}; allowed: numbers, text and booleans, or "
            "dataset.features without it"
        )
    if pa.types.is_boolean(kind):  # which DLPack does not have
        return values.to_numpy(zero_copy_only=False)
    return np.from_dlpack(values)  # to_numpy would import pandas, which takes 0.2 s


def _block(columns: Sequence[Array | pa.Array], rows: int) -> npt.NDArray[np.float32]:
    """The columns that are numbers, side by side."""
    numeric = [column for column in columns if not isinstance(column, pa.Array)]
    block = np.empty((rows, len(numeric)), dtype=np.float32)
    with np.errstate(over="ignore"):  # what becomes infinite is told with its row
        for index, column in enumerate(numeric):
            block[:, index] = column
    return block


def _numbers(path: Path, name: str, pieces: Sequence[Array], began_whole: bool) -> Column:
    """A target that is no text; numbers that were read as floats are whole if all of them are."""
    values = np.concatenate(pieces)
    check_finite(f"{path}: column {name}", values)
    if began_whole and (values == np.floor(values)).all():
        values = values.astype(np.int64)
    return Column(values)
