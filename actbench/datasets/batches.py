"""Batches of a table's rows, brought together: numbers side by side, texts as positions in a list of words.

A column that no training can use (a value is missing, dates, too many texts) does not end the reading: all of
them are told together.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from actbench.datasets.arrow import as_numpy, plain
from actbench.datasets.precision import Rounding
from actbench.datasets.raw import WHOLE_IN_DOUBLE, Array, Column, Features, more, place, what_is_not_finite
from actbench.datasets.texts import Texts
from actbench.errors import DataError, Fault, collecting

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
