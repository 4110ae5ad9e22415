"""The reader of Parquet files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from actbench.datasets.files import check_file_type
from actbench.errors import DataError

_ROWS_AT_ONCE = 65_536

_DAMAGE = (pa.ArrowException, OSError, ValueError)


class ParquetFile:
    """The reader of a Parquet file, as `formats.TableReader` describes it."""

    typed = True

    def __init__(self, path: Path) -> None:
        self.path = path
        check_file_type(path, b"PAR1", "a Parquet file")
        try:
            schema = pq.read_schema(path)
            self.names = tuple(schema.names)
            self._categorical = _categorical_in_pandas(schema)
        except _DAMAGE as error:
            raise DataError(f"{path}: is damaged or truncated: {error}") from None
        self.whole: frozenset[str] = frozenset()  # a column of whole numbers is one by its type

    def batches(self, features: Sequence[str], target: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield columns, some rows at a time.

        Raises:
            DataError: The file is damaged.
        """
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(_ROWS_AT_ONCE, columns=[*features, *target]):
                    yield self._with_categories(batch)
        except _DAMAGE as error:
            raise DataError(f"{self.path}: is damaged: {error}") from None

    def _with_categories(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Make categories of columns that were categories of numbers or booleans in pandas.

        Parquet itself keeps only categories of text.
        """
        for index, name in enumerate(batch.schema.names):
            if name in self._categorical and not pa.types.is_dictionary(batch.schema.types[index]):
                batch = batch.set_column(index, name, batch.column(index).dictionary_encode())
        return batch


def _categorical_in_pandas(schema: pa.Schema) -> frozenset[str]:
    """Return the columns that were categorical in pandas, which notes that in the files it writes."""
    try:
        noted = schema.pandas_metadata
    except ValueError:  # a damaged note does not make the data unreadable
        return frozenset()
    entries = noted.get("columns") if isinstance(noted, dict) else None
    return frozenset(
        str(entry.get("field_name"))
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and entry.get("pandas_type") == "categorical"
    )
