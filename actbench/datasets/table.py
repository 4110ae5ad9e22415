"""A column of text, collected as positions in a list of its different words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from actbench.datasets.raw_table import (
    WHOLE_IN_DOUBLE,
    Column,
    Features,
    Rounding,
    more,
    place,
    what_is_not_finite,
)
from actbench.errors import DataError, Fault, collect_faults

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Array

MOST_WORDS = 1000

_NUMBER = re.compile(
    r"[ \t]*[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)[ \t]*", re.ASCII | re.IGNORECASE
)


class Texts:
    """The values of one column, batch by batch.

    Args:
        path: The file.
        name: Of the column.
        typed: Whether the file itself says that the column is text; else one that is mostly numbers is taken
            for a mistake.
    """

    def __init__(self, path: Path, name: str, *, typed: bool) -> None:
        self._path, self._name, self._typed = path, name, typed
        self._pieces: list[npt.NDArray[np.int32]] = []
        self._words: dict[str, int] = {}
        self._counts: Counter[str] = Counter()

    def add(self, values: pa.Array) -> None:
        """Takes a batch's values.

        Raises:
            DataError: There are too many different ones, or some are not UTF-8.
        """
        encoded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
        try:
            indices, words = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
        except UnicodeDecodeError as error:
            raise DataError(f"{self._path}: column {self._name} is damaged: {error}") from None
        codes = np.zeros(len(words), dtype=np.int32)
        counts = np.bincount(indices, minlength=len(words))
        for index in np.flatnonzero(counts):  # a category may be unused
            codes[index] = self._words.setdefault(words[index], len(self._words))
            self._counts[words[index]] += int(counts[index])
        self._pieces.append(codes[indices])
        if len(self._words) > MOST_WORDS:
            self._check_for_numbers()
            raise DataError(
                f"{self._path}: column {self._name} has more than {MOST_WORDS:,} texts, too many to "
                "make classes or columns of; allowed: fewer, or dataset.features without it"
            )

    def column(self) -> Column:
        """All of them.

        Raises:
            DataError: Most are numbers, or would be with a decimal point.
        """
        self._check_for_numbers()
        return Column(np.concatenate(self._pieces), tuple(self._words))

    def _check_for_numbers(self) -> None:
        if self._typed:
            return
        others = {word for word in self._words if not is_number(word)}
        nearly = {word for word in others if _is_nearly_a_number(word)}
        if nearly and self._are_few(others - nearly):
            self._refuse(
                nearly, "is text, which would be a category; numbers have plain digits and a decimal point"
            )
        if others and self._are_few(others):
            self._refuse(others, "is not a number, as most of the column is")

    def _are_few(self, words: Collection[str]) -> bool:
        """Whether they are less than half of the values, and of the different ones.

        One alone would not do: a category may be coded 0, a, b, c and nearly always be 0; or be 1, 2, 3 in a
        few rows, and none in all others.
        """
        values = sum(self._counts[word] for word in words)
        return 2 * values < self._counts.total() and 2 * len(words) < len(self._counts)

    def _refuse(self, words: Collection[str], why: str) -> NoReturn:
        """Names the first of these words, with its row."""
        codes = np.concatenate(self._pieces)
        row = int(np.flatnonzero(np.isin(codes, [self._words[word] for word in words]))[0])
        word = list(self._words)[codes[row]]
        raise DataError(f"{self._path}: {place(row, 0, [self._name])}: {word!r} {why}")


def is_number(text: str) -> bool:
    """Whether a text is read as one in CSV."""
    return _NUMBER.fullmatch(text) is not None


def _is_nearly_a_number(text: str) -> bool:
    """With a decimal comma, a no-break space, an underscore, digits of another script."""
    try:
        float(text.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def plain(path: Path, name: str, values: pa.Array) -> pa.Array:
    """Numbers, texts, booleans and categories as such, decimals as numbers."""
    kind = values.type
    types = pa.types
    if types.is_dictionary(kind) and not _is_text(kind.value_type):
        categories = plain(path, name, values.dictionary).cast(pa.string())
        return pa.DictionaryArray.from_arrays(values.indices, categories)
    if types.is_decimal(kind):
        return values.cast(pa.float64())
    if types.is_string_view(kind):
        return values.cast(pa.string())
    if types.is_dictionary(kind):
        return values
    if _is_text(kind) or types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        return values
    raise DataError(
        f"{path}: column {name} holds values of the kind {kind}; allowed: numbers, text and booleans, or "
        "dataset.features without it"
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def as_numpy(values: pa.Array) -> Array:
    """Numbers and booleans, without a copy where that is possible."""
    if pa.types.is_boolean(values.type):  # which DLPack does not have
        booleans: Array = values.to_numpy(zero_copy_only=False)
        return booleans
    return np.from_dlpack(values)  # to_numpy would import pandas, which takes 0.2 s


_MOST_TOLD = 20


class UnusableColumnsError(DataError):
    """Columns of a table cannot be trained on.

    Attributes:
        columns: What is wrong with each.
    """

    def __init__(self, columns: dict[str, Fault]) -> None:
        self.columns = columns
        told = list(columns.values())[:_MOST_TOLD]
        others = len(columns) - len(told)
        more_columns = "1 more column" if others == 1 else f"{others} more columns"
        super().__init__(*told, *[f"and {more_columns} that cannot be used"] * (others > 0))


@dataclass
class _Wrong:
    """What the first wrong value of a column is, its row, and how many there are."""

    value: str
    row: int
    count: int = 0


class Batches:
    """What has been read of a table.

    Args:
        path: The table.
        features: Columns to predict from.
        target: Columns to predict.
        typed: Whether the file itself says which columns are text.
        fitted: Whether scaling is fitted on these rows; others may be as close together as they like.
        unusable: What is known to be wrong with columns already.
    """

    def __init__(
        self,
        path: Path,
        features: Sequence[str],
        target: Sequence[str],
        *,
        typed: bool,
        fitted: bool = True,
        unusable: Mapping[str, Fault] | None = None,
    ) -> None:
        self._path, self._features, self._target = path, features, target
        self._typed, self._fitted = typed, fitted
        self._rows = 0
        self._missing: dict[str, _Wrong] = {}
        self._infinite: dict[str, _Wrong] = {}
        self._unusable = dict(unusable or {})
        self._texts: dict[str, Texts] = {}
        self._rounding = {name: Rounding() for name in features}
        self._flat = np.empty(0, dtype=np.float32)
        self._labels: dict[str, list[Array]] = {name: [] for name in target}

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes the next rows."""
        numbers: dict[str, Array] = {}
        for name in (*self._features, *self._target):
            with self._noting(name):
                column = batch.column(name)
                if self._has_gaps(name, column) or name in self._unusable:
                    continue
                values = plain(self._path, name, column)
                if isinstance(values, pa.StringArray | pa.LargeStringArray | pa.DictionaryArray):
                    if name not in self._texts:
                        self._texts[name] = Texts(self._path, name, typed=self._typed)
                    self._texts[name].add(values)
                else:
                    numbers[name] = as_numpy(values)
                    if name in self._rounding and self._fitted:
                        self._rounding[name].add(numbers[name])
        self._take(numbers, batch.num_rows)
        self._rows += batch.num_rows

    def _has_gaps(self, name: str, values: pa.Array) -> bool:
        """Whether the column lacks a value up to here."""
        # CSV has NaN for what is missing, which pyarrow counts; looking for it again would take its time
        if values.null_count or (self._typed and pa.types.is_floating(values.type)):
            missing = values.is_null(nan_is_null=True)
            if missing.true_count:
                first = self._rows + int(missing.to_numpy(zero_copy_only=False).argmax())
                self._missing.setdefault(name, _Wrong("missing", first)).count += missing.true_count
        return name in self._missing

    def _take(self, numbers: dict[str, Array], rows: int) -> None:
        chosen = [name for name in self._features if name in numbers]
        block = np.empty((rows, len(chosen)), dtype=np.float32)
        with np.errstate(over="ignore"):  # what becomes infinite is told with its row
            for index, name in enumerate(chosen):
                block[:, index] = numbers[name]
        self._look_for_infinite(block, chosen)
        for name in self._target:
            if name in numbers:
                self._look_for_infinite(numbers[name][:, None], [name])
        if self._missing or self._unusable or self._infinite:
            return
        # in place: blocks that are joined at last are in memory twice
        self._flat.resize(self._flat.size + block.size, refcheck=False)
        self._flat[self._flat.size - block.size :] = block.ravel()
        for name in self._target:
            if name in numbers:
                self._labels[name].append(numbers[name])

    def _look_for_infinite(self, values: Array, names: Sequence[str]) -> None:
        if values.dtype.kind != "f" or np.isfinite(values).all():
            return
        for index, name in enumerate(names):
            rows = np.flatnonzero(~np.isfinite(values[:, index]))
            if rows.size:
                first = _Wrong(what_is_not_finite(values[rows[0], index]), self._rows + int(rows[0]))
                self._infinite.setdefault(name, first).count += rows.size

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Keeps the first that is found wrong with a column."""
        faults: list[Fault] = []
        with collect_faults(faults):
            yield
        for fault in faults:
            self._unusable.setdefault(name, fault)

    def columns(self, whole: frozenset[str]) -> tuple[Features, dict[str, Column]]:
        """Features and targets.

        Args:
            whole: Columns that were read as floating point, and whose first values are whole numbers.

        Raises:
            DataError: There are no rows.
            UnusableColumnsError: Columns cannot be used.
        """
        if not self._rows:
            raise DataError(f"{self._path}: has no rows, only a header")
        words: dict[str, Column] = {}
        for name, texts in self._texts.items():
            with self._noting(name):
                if name not in self._unusable:
                    words[name] = texts.column()
        for name, wrong in (*self._missing.items(), *self._infinite.items()):
            told = f"{place(wrong.row, 0, [name])}: the value is {wrong.value}{more(wrong.count)}"
            self._unusable.setdefault(name, Fault(f"{self._path}: {told}"))
        for name, rounding in self._rounding.items():
            if rounding.problem:
                told = f"column {name} has numbers {rounding.problem}, or dataset.features without it"
                self._unusable.setdefault(name, Fault(f"{self._path}: {told}"))
        self._refuse()
        numeric = [name for name in self._features if name not in words]
        numbers = self._flat.reshape(self._rows, len(numeric))
        targets = {name: words.get(name) or self._numbers(name, name in whole) for name in self._target}
        self._refuse()
        as_words = {index: words[name] for index, name in enumerate(self._features) if name in words}
        return Features(numbers, as_words, tuple(self._features)), targets

    def _numbers(self, name: str, began_whole: bool) -> Column:
        """A target that is no text; numbers that were read as floats are whole if all of them are."""
        values = np.concatenate(self._labels[name])
        if began_whole and (values == np.floor(values)).all():
            if np.abs(values).max() >= WHOLE_IN_DOUBLE:
                message = "has whole numbers from 2^53 on, which are not read exactly; allowed: smaller ones"
                self._unusable.setdefault(name, Fault(f"{self._path}: column {name} {message}"))
                return Column(values)
            values = values.astype(np.int64)
        return Column(values)

    def _refuse(self) -> None:
        if self._unusable:
            order = (*self._features, *self._target)
            raise UnusableColumnsError(
                {name: self._unusable[name] for name in order if name in self._unusable}
            )
