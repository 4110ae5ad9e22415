"""CSV, read by pyarrow in blocks and straight into single precision.

The first block says which columns are numbers; what does not fit in a later one is told with its row. Only
one thread counts rows as it goes: several threads read first, and where they stop, one begins anew.
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
import pyarrow.csv as pc

from actbench.datasets.files import check_beginning
from actbench.datasets.raw_table import needs_double, place
from actbench.datasets.table import is_number
from actbench.errors import DataError

_FIRST_BYTES = 8 << 20  # what says of which kind each column is

_BLOCK_BYTES = 1 << 20  # faster than smaller ones, and than larger ones, which leave the cache

_ROWS_AT_ONCE = 16_384  # of many columns; blocks are smaller, and each has a price of its own in Python

_DELIMITERS = ",;\t"

_ROWS_FOR_DELIMITER = 20

_BAD_VALUE = re.compile(
    r"In CSV column #(\d+): Row #(\d+): CSV conversion error to (\w+): invalid value '(.*)'"
)

_HEXADECIMAL = re.compile(r"[ \t]*[+-]?0x", re.IGNORECASE)

_BAD_TEXT = re.compile(r"In CSV column #(\d+): Row #(\d+): CSV conversion error to .+: invalid UTF8 data")

_BAD_ROW = re.compile(r"CSV parse error: Row #(\d+): Expected (\d+) columns, got (\d+)")


class CsvFile:
    """A CSV file with a header.

    Attributes:
        path: The file.
        names: Of its columns.
        whole: Columns whose first values are whole numbers; later ones need not be.

    Raises:
        DataError: It is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._gzip = path.suffix == ".gz"
        what = "a gzip file" if self._gzip else "a CSV file with a header"
        check_beginning(path, b"\x1f\x8b" if self._gzip else None, what)
        self._delimiter = self._find_delimiter()
        with (
            self._errors(),
            self._reader(pc.ConvertOptions(strings_can_be_null=True), _FIRST_BYTES) as reader,
        ):
            schema = reader.schema
        with self._errors(), self._reader(pc.ConvertOptions(strings_can_be_null=True)) as reader:
            first = next(iter(reader), None)  # of a smaller block, which is all that it takes
        try:
            self.names = tuple(schema.names)
        except UnicodeDecodeError:
            raise DataError(f"{path}: the header is not UTF-8; allowed: UTF-8") from None
        self._types = dict(zip(self.names, schema.types, strict=True))
        columns = () if first is None else zip(self.names, first.columns, strict=True)
        self._close_together = {name for name, values in columns if _are_close_together(values)}
        self.whole = frozenset(name for name, kind in self._types.items() if pa.types.is_integer(kind))
        counted = [str(number) for number in range(len(self.names))]  # as pandas names columns by itself
        if all(is_number(name) for name in self.names) and list(self.names) != counted:
            raise DataError(f"{path}: has no header: its first line is {', '.join(self.names[:5])}")

    def batches(self, features: Sequence[str], target: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The columns, some rows at a time; features in single precision where that is enough for them.

        Raises:
            DataError: A row is too short or too long, or a value is not of its column's kind, or not UTF-8.
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
        kind = self._types[name]
        # binary is text that is not UTF-8 somewhere, which reading it as text will tell
        if pa.types.is_string(kind) or pa.types.is_binary(kind):
            return pa.dictionary(pa.int32(), pa.string())  # made by threads, and smaller
        numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)
        return number if numeric else kind

    def _read_with_threads(self, options: pc.ConvertOptions) -> pa.Table:
        """All of it: on two cores 1.4 s for a million rows of 50 columns, where `_reader` takes 2.2 s.

        A line end within quotes costs 0.4 s to look for. Where all columns are numbers there is none, or what
        it leaves is no number, and an error; a row of text that is cut there may look like a whole one.
        """
        numbers = all(
            pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in self._types.values()
        )
        look = not numbers and self._has_quotes()
        with self._stream() as stream:
            return pc.read_csv(
                stream,
                read_options=pc.ReadOptions(block_size=_BLOCK_BYTES),
                parse_options=pc.ParseOptions(delimiter=self._delimiter, newlines_in_values=look),
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
        """Whether there may be a quote in the file; of a packed one that is not looked for."""
        if self._gzip:
            return True
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b'"') >= 0

    def _stream(self) -> pa.NativeFile:
        return pa.input_stream(str(self.path), compression="gzip" if self._gzip else None)

    def _find_delimiter(self) -> str:
        """The one that cuts the first rows into the most values, as many in each."""
        with self._errors(), self._stream() as stream:
            text = stream.read(1 << 16).decode("utf-8-sig", "replace")
        whole = text[: text.rfind("\n") + 1] or text

        def widths(delimiter: str) -> tuple[int, int]:
            rows = csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter)
            found = [len(row) for row in itertools.islice(rows, _ROWS_FOR_DELIMITER) if row] or [0]
            return found[0] if len(set(found)) == 1 and found[0] > 1 else 0, found[0]

        return max(_DELIMITERS, key=widths)

    def _why_empty(self) -> str:
        """A header without a line end is nothing to pyarrow."""
        with self._stream() as stream:
            header = stream.read(1 << 16).strip()
        return "has no rows, only a header" if header else "is empty; allowed: a CSV file with a header"

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Turns pyarrow's messages into ours, with names for numbers; its rows count the header."""
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            text = str(error)
            if match := _BAD_VALUE.search(text):
                column, row, _, value = match.groups()
                where = place(int(row) - 2, int(column), self.names)
                wrong = f"is not {_called(match[3])}, as in the first rows"
                if _HEXADECIMAL.match(value):
                    wrong = "is hexadecimal; allowed: decimal numbers"
                raise DataError(f"{self.path}: {where}: {value!r} {wrong}") from None
            if match := _BAD_TEXT.search(text):
                where = place(int(match[2]) - 2, int(match[1]), self.names)
                raise DataError(f"{self.path}: {where}: the text is not UTF-8; allowed: UTF-8") from None
            if match := _BAD_ROW.search(text):
                row, expected, got = match.groups()
                where = place(int(row) - 2, None)
                there = "there is 1 value" if got == "1" else f"there are {got} values"
                raise DataError(f"{self.path}: {where}: {there}, in the header {expected}") from None
            if "Empty CSV" in text:
                text = self._why_empty()
            raise DataError(f"{self.path}: {'is damaged or truncated: ' * self._gzip}{text}") from None


def _are_close_together(values: pa.Array) -> bool:
    """Whether these are numbers that single precision might not tell apart."""
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return False
    ends = pa.compute.min_max(values).as_py()
    return ends["min"] is not None and needs_double(ends["min"], ends["max"])


def _called(kind: str) -> str:
    return "true or false" if kind == "bool" else "a number" if kind in ("float", "double") else f"a {kind}"
