"""The reader of CSV files: pyarrow reads them in blocks, straight into single precision.

The first block decides which columns are numbers. A value of a later block that does not fit is an error with
its row. pyarrow counts rows only if a single thread reads, so several threads read first, and if they fail, a
single one reads again to find the row.
"""

import contextlib
import csv
import io
import itertools
import mmap
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as pc

from actbench.datasets.categorical import is_number
from actbench.datasets.files import GZIP_MAGIC, check_file_type
from actbench.datasets.numeric_checks import needs_double
from actbench.datasets.raw_table import format_position
from actbench.errors import DataError

# The first bytes of the file decide the type of each column.
_FIRST_BYTES = 8 << 20

# Faster than smaller blocks, and than larger ones, which do not fit in the processor's cache.
_BLOCK_BYTES = 1 << 20

# Rows per batch. A block has fewer rows if there are many columns, and each batch costs time in Python.
_ROWS_AT_ONCE = 16_384

_DELIMITERS = ",;\t"

_BYTES_FOR_DELIMITER, _ROWS_FOR_DELIMITER = 1 << 16, 20

# The errors of pyarrow that are told with the column's name.

_BAD_VALUE = re.compile(
    r"In CSV column #(\d+): Row #(\d+): CSV conversion error to (\w+): invalid value '(.*)'"
)
_BAD_TEXT = re.compile(r"In CSV column #(\d+): Row #(\d+): CSV conversion error to .+: invalid UTF8 data")
_BAD_ROW = re.compile(r"CSV parse error: Row #(\d+): Expected (\d+) columns, got (\d+)")

_HEXADECIMAL = re.compile(r"[ \t]*[+-]?0x", re.IGNORECASE)


class CsvFile:
    """The reader of a CSV file with a header, as `formats.TableReader` describes it."""

    typed = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._gzip = path.suffix == ".gz"
        what = "a gzip file" if self._gzip else "a CSV file with a header"
        check_file_type(path, GZIP_MAGIC if self._gzip else None, what)
        self._delimiter = self._find_delimiter()
        with (
            self._errors(),
            self._reader(pc.ConvertOptions(strings_can_be_null=True), _FIRST_BYTES) as reader,
        ):
            schema = reader.schema
        with self._errors(), self._reader(pc.ConvertOptions(strings_can_be_null=True)) as reader:
            first = next(iter(reader), None)  # a smaller block is enough to see the magnitude of numbers
        try:
            self.names = tuple(schema.names)
        except UnicodeDecodeError:
            raise DataError(f"{path}: the header is not UTF-8; save the file as UTF-8") from None
        self._types = dict(zip(self.names, schema.types, strict=True))
        columns = () if first is None else zip(self.names, first.columns, strict=True)
        self._close_together = {name for name, values in columns if _are_close_together(values)}
        self.whole = frozenset(name for name, kind in self._types.items() if pa.types.is_integer(kind))
        counted = [str(number) for number in range(len(self.names))]  # the names that pandas makes up
        if all(is_number(name) for name in self.names) and list(self.names) != counted:
            raise DataError(
                f"{path}: has no header: its first line is {', '.join(self.names[:5])}; add names of columns"
            )

    def batches(self, features: Sequence[str], target: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield columns, some rows at a time; features in single precision unless they are close together.

        Raises:
            DataError: A row is too short or too long, or a value is not of its column's type, or not UTF-8.
        """
        single = set(features) - self._close_together
        types = {
            name: self._type(name, pa.float32() if name in single else pa.float64()) for name in features
        }
        types |= {name: self._type(name, pa.float64()) for name in target}
        options = pc.ConvertOptions(
            include_columns=[*features, *target], column_types=types, strings_can_be_null=True
        )
        try:
            table = self._read_with_threads(options)
        except (pa.ArrowException, OSError):
            with self._errors(), self._reader(options) as reader:
                yield from reader
        else:
            for start in range(0, table.num_rows, _ROWS_AT_ONCE):
                yield from table.slice(start, _ROWS_AT_ONCE).combine_chunks().to_batches()

    def _type(self, name: str, number: pa.DataType) -> pa.DataType:
        """Return the type to read a column as, given the type for numbers."""
        kind = self._types[name]
        # pyarrow calls text that is not UTF-8 binary; to read it as text raises the error with the row.
        if pa.types.is_string(kind) or pa.types.is_binary(kind):
            return pa.dictionary(pa.int32(), pa.string())  # smaller than text, and encoded by the threads
        numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)
        return number if numeric else kind

    def _read_with_threads(self, options: pc.ConvertOptions) -> pa.Table:
        """Read the whole file: on two cores 1.4 s for a million rows of 50 columns; `_reader` takes 2.2 s.

        To allow line ends within quotes costs 0.4 s. If all columns are numbers, that is not needed: a row
        cut at such a line end leaves a value that is no number, which is an error. A row of text cut there
        could look like a whole row.
        """
        numbers = all(
            pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in self._types.values()
        )
        quoted = not numbers and self._has_quotes()
        with self._stream() as stream:
            return pc.read_csv(
                stream,
                read_options=pc.ReadOptions(block_size=_BLOCK_BYTES),
                parse_options=pc.ParseOptions(delimiter=self._delimiter, newlines_in_values=quoted),
                convert_options=options,
            )

    def _reader(self, options: pc.ConvertOptions, block_bytes: int | None = None) -> pc.CSVStreamingReader:
        return pc.open_csv(
            self._stream(),
            read_options=pc.ReadOptions(block_size=block_bytes or _BLOCK_BYTES, use_threads=False),
            parse_options=pc.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            convert_options=options,
        )

    def _has_quotes(self) -> bool:
        """Return True if there may be a quote in the file; a compressed file is not searched."""
        if self._gzip:
            return True
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b'"') >= 0

    def _stream(self) -> pa.NativeFile:
        return pa.input_stream(str(self.path), compression="gzip" if self._gzip else None)

    def _find_delimiter(self) -> str:
        """Return the delimiter that cuts the first rows into the most values, the same number in each."""
        with self._errors(), self._stream() as stream:
            text = stream.read(_BYTES_FOR_DELIMITER).decode("utf-8-sig", "replace")
        whole_lines = text[: text.rfind("\n") + 1] or text

        def widths(delimiter: str) -> tuple[int, int]:
            rows = csv.reader(io.StringIO(whole_lines, newline=""), delimiter=delimiter)
            found = [len(row) for row in itertools.islice(rows, _ROWS_FOR_DELIMITER) if row] or [0]
            return found[0] if len(set(found)) == 1 and found[0] > 1 else 0, found[0]

        return max(_DELIMITERS, key=widths)

    def _why_empty(self) -> str:
        """Explain pyarrow's "Empty CSV", which it also says of a header without a line end."""
        with self._stream() as stream:
            header = stream.read(_BYTES_FOR_DELIMITER).strip()
        return "has no rows, only a header" if header else "is empty; use a CSV file with a header"

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn pyarrow's errors into ours, with the column's name; pyarrow's row numbers count the header."""
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            text = str(error)
            if match := _BAD_VALUE.search(text):
                column, row, _, value = match.groups()
                where = format_position(int(row) - 2, int(column), self.names)
                wrong = f"is not {_describe_type(match[3])}, as in the first rows"
                if _HEXADECIMAL.match(value):
                    wrong = "is hexadecimal; use decimal numbers"
                raise DataError(f"{self.path}: {where}: {value!r} {wrong}") from None
            if match := _BAD_TEXT.search(text):
                where = format_position(int(match[2]) - 2, int(match[1]), self.names)
                raise DataError(
                    f"{self.path}: {where}: the text is not UTF-8; save the file as UTF-8"
                ) from None
            if match := _BAD_ROW.search(text):
                row, expected, got = match.groups()
                where = format_position(int(row) - 2, None)
                there = "there is 1 value" if got == "1" else f"there are {got} values"
                raise DataError(f"{self.path}: {where}: {there}, in the header {expected}") from None
            if "Empty CSV" in text:
                text = self._why_empty()
            raise DataError(f"{self.path}: {'is damaged or truncated: ' * self._gzip}{text}") from None


def _are_close_together(values: pa.Array) -> bool:
    """Return True for numbers so close together that single precision might not tell them apart."""
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return False
    ends = pa.compute.min_max(values).as_py()
    return ends["min"] is not None and needs_double(ends["min"], ends["max"])


def _describe_type(kind: str) -> str:
    """Return words for one of pyarrow's types in its messages."""
    return "true or false" if kind == "bool" else "a number" if kind in ("float", "double") else f"a {kind}"
