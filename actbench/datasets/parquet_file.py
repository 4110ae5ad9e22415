"""Parquet, read by pyarrow some rows at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from actbench.datasets.content import check_beginning
from actbench.errors import DataError

_ROWS_AT_ONCE = 65_536
_DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError)


class ParquetFile:
    """A Parquet file; attributes as those of `CsvFile`.

    Raises:
        DataError: It is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_beginning(path, b"PAR1", "a Parquet file")
        try:
            self.names = tuple(pq.read_schema(path).names)
        except _DAMAGE as error:
            raise DataError(f"{path}: is damaged or truncated: {error}") from None
        self.whole: frozenset[str] = frozenset()  # whole numbers come as such

    def batches(self, features: Sequence[str], target: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The columns, some rows at a time.

        Raises:
            DataError: The file is damaged.
        """
        try:
            with pq.ParquetFile(self.path) as file:
                yield from file.iter_batches(_ROWS_AT_ONCE, columns=[*features, *target])
        except _DAMAGE as error:
            raise DataError(f"{self.path}: is damaged: {error}") from None
