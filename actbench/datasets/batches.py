"""Batches of a table's rows, brought together: numbers side by side, texts as positions in a list of words.

A column that no training can use (a value is missing, dates, too many texts) does not end the reading: all of
them are told together.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from actbench.datasets.precision import Rounding
from actbench.datasets.raw import Array, Column, Features, check_finite, more, place
from actbench.datasets.texts import Texts
from actbench.errors import DataError, Fault, collecting

_MOST_TOLD = 20
_WHOLE_IN_DOUBLE = 2**53


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
        self._missing: Counter[str] = Counter()
        self._first_missing: dict[str, int] = {}
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
                values = _plain(self._path, name, column)
                if isinstance(values, pa.StringArray | pa.LargeStringArray | pa.DictionaryArray):
                    if name not in self._texts:
                        self._texts[name] = Texts(self._path, name, typed=self._typed)
                    self._texts[name].add(values)
                else:
                    numbers[name] = _as_numpy(values)
                    if name in self._rounding and self._fitted:
                        self._rounding[name].add(numbers[name])
        if not (self._missing or self._unusable):
            self._take(numbers, batch.num_rows)
        self._rows += batch.num_rows

    def _has_gaps(self, name: str, values: pa.Array) -> bool:
        """Whether the column lacks a value up to here."""
        # CSV has NaN for what is missing, which pyarrow counts; looking for it again would take its time
        if values.null_count or (self._typed and pa.types.is_floating(values.type)):
            missing = values.is_null(nan_is_null=True)
            if missing.true_count:
                first = int(missing.to_numpy(zero_copy_only=False).argmax())
                self._first_missing.setdefault(name, self._rows + first)
                self._missing[name] += missing.true_count
        return name in self._missing

    def _take(self, numbers: dict[str, Array], rows: int) -> None:
        chosen = [numbers[name] for name in self._features if name in numbers]
        block = np.empty((rows, len(chosen)), dtype=np.float32)
        with np.errstate(over="ignore"):  # what becomes infinite is told with its row
            for index, column in enumerate(chosen):
                block[:, index] = column
        # in place: blocks that are joined at last are in memory twice
        self._flat.resize(self._flat.size + block.size, refcheck=False)
        self._flat[self._flat.size - block.size :] = block.ravel()
        for name in self._target:
            if name in numbers:
                self._labels[name].append(numbers[name])

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Keeps the first that is found wrong with a column."""
        faults: list[Fault] = []
        with collecting(faults):
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
        for name, count in self._missing.items():
            where = place(self._first_missing[name], 0, [name])
            told = Fault(f"{self._path}: {where}: the value is missing{more(count)}")
            self._unusable.setdefault(name, told)
        for name, rounding in self._rounding.items():
            if rounding.problem:
                wrong = f"has numbers {rounding.problem}, or dataset.features without it"
                self._unusable.setdefault(name, Fault(f"{self._path}: column {name} {wrong}"))
        self._refuse()
        numeric = [name for name in self._features if name not in words]
        numbers = self._flat.reshape(self._rows, len(numeric))
        self._check_finite(numbers, numeric)
        targets = {name: words.get(name) or self._numbers(name, name in whole) for name in self._target}
        self._refuse()
        as_words = {index: words[name] for index, name in enumerate(self._features) if name in words}
        return Features(numbers, as_words, tuple(self._features)), targets

    def _check_finite(self, numbers: Array, names: Sequence[str]) -> None:
        try:
            check_finite(str(self._path), numbers, names)
        except DataError:  # columns one by one would be slow where all is fine
            for index, name in enumerate(names):
                with self._noting(name):
                    check_finite(str(self._path), numbers[:, [index]], [name])

    def _numbers(self, name: str, began_whole: bool) -> Column:
        """A target that is no text; numbers that were read as floats are whole if all of them are."""
        values = np.concatenate(self._labels[name])
        with self._noting(name):
            check_finite(str(self._path), values[:, None], [name])
        if began_whole and (values == np.floor(values)).all():
            if np.abs(values).max() >= _WHOLE_IN_DOUBLE:
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


def _plain(path: Path, name: str, values: pa.Array) -> pa.Array:
    """Numbers, texts and booleans as such; decimals, and categories that are no text, as what they are."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return values if _is_text(kind.value_type) else _plain(path, name, values.cast(kind.value_type))
    if pa.types.is_decimal(kind):
        return values.cast(pa.float64())
    types = pa.types
    if _is_text(kind) or types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        return values
    raise DataError(
        f"{path}: column {name} holds values of the kind {kind}; allowed: numbers, text and booleans, or "
        "dataset.features without it"
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _as_numpy(values: pa.Array) -> Array:
    if pa.types.is_boolean(values.type):  # which DLPack does not have
        booleans: Array = values.to_numpy(zero_copy_only=False)
        return booleans
    return np.from_dlpack(values)  # to_numpy would import pandas, which takes 0.2 s
