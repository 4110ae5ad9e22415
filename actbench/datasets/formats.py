"""The formats of data files, and the registry of table formats: one reader file and one line here for each.

Names import nothing: a config is checked without numpy and pyarrow, and a run loads only the reader that it
needs. A worker process knows the formats that are registered in this module; a format that a script registers
later can be described and prepared in the script's own process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class TableReader(Protocol):
    """A table file of which the header has been read; a reader class takes the path alone.

    The class, and `batches`, raise a DataError that begins with the path if the file is not what its format
    says, or is damaged.

    Attributes:
        names: Names of all columns, in the order of the file.
        typed: True if the file itself says which columns are text. Otherwise a column of text in which most
            values are numbers is taken for a mistake.
        whole: Columns that the file begins with whole numbers but that `batches` gives as floating point,
            because later values need not be whole.
    """

    names: tuple[str, ...]
    typed: bool
    whole: frozenset[str]

    def batches(self, features: Sequence[str], target: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield these columns, some rows at a time: numbers, booleans, text, or dictionaries of these."""


@dataclass(frozen=True)
class TableFormat:
    """One format of tables.

    Attributes:
        suffixes: Ends of file names, in lower case, that mean this format.
        reader: The reader class, or "module:class", which is imported when a file is opened.
    """

    suffixes: tuple[str, ...]
    reader: Callable[[Path], TableReader] | str

    def open(self, path: Path) -> TableReader:
        """Read a file's header.

        Raises:
            DataError: The file cannot be read, or is not of this format.
        """
        if isinstance(self.reader, str):
            module, _, name = self.reader.partition(":")
            opened: TableReader = getattr(import_module(module), name)(path)
            return opened
        return self.reader(path)


TABLE_FORMATS: dict[str, TableFormat] = {}
"""Every table format by its name in `dataset.format`, in the order in which messages list them."""

# Formats that are no tables: arrays in one file, and a folder of arrays, which has no suffix.
_ARRAY_SUFFIXES = {".npz": "npz"}
_ARRAY_FORMATS = ("idx", "npz")


def register_table_format(
    name: str, suffixes: tuple[str, ...], reader: Callable[[Path], TableReader] | str
) -> None:
    """Have files with these suffixes, or with this `dataset.format`, read as tables by a reader.

    Args:
        name: The value of `dataset.format`.
        suffixes: Ends of file names, in lower case, each beginning with a dot.
        reader: The reader class, or "module:class", which is imported when a file is opened.

    Raises:
        ValueError: The name or a suffix is taken.
    """
    if name in format_names():
        raise ValueError(f"there is a format {name!r} already; use another name")
    taken = [suffix for suffix in suffixes if suffix in known_suffixes()]
    if taken:
        raise ValueError(f"the suffix {taken[0]!r} means another format already; use another suffix")
    TABLE_FORMATS[name] = TableFormat(suffixes, reader)


def unregister_table_format(name: str) -> None:
    """Remove a table format; configs that name it, or files of it, are refused from then on."""
    del TABLE_FORMATS[name]


def format_names() -> tuple[str, ...]:
    """Return the values that `dataset.format` takes."""
    return ("auto", *_ARRAY_FORMATS, *TABLE_FORMATS)


def known_suffixes() -> dict[str, str]:
    """Return the format that each known suffix means."""
    of_tables = {suffix: name for name, known in TABLE_FORMATS.items() for suffix in known.suffixes}
    return _ARRAY_SUFFIXES | of_tables


def format_of(path: str, stated: str = "auto") -> str | None:
    """Return the format of a file: the stated format, or the format that its suffix stands for.

    Args:
        path: The file's path; a name without a suffix means a folder of IDX files.
        stated: A value of `dataset.format`.

    Returns:
        The format's name; None if the suffix is unknown.
    """
    if stated != "auto":
        return stated
    name = path.rstrip("/").rpartition("/")[2].lower()
    for suffix, known in known_suffixes().items():
        if name.endswith(suffix):
            return known
    return None if "." in name.lstrip(".") else "idx"


_READERS = "actbench.datasets.readers"

register_table_format("csv", (".csv", ".csv.gz", ".tsv", ".txt"), f"{_READERS}.csv:CsvFile")
register_table_format("parquet", (".parquet", ".pq"), f"{_READERS}.parquet:ParquetFile")
