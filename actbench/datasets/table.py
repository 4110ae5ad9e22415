"""The columns of a table, collected batch by batch and checked for values that cannot be trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from actbench.datasets.categorical import TextColumn
from actbench.datasets.numeric_checks import Rounding
from actbench.datasets.raw_table import (
    WHOLE_IN_DOUBLE,
    Features,
    RawColumn,
    and_more,
    describe_nonfinite,
    format_position,
)
from actbench.errors import DataError, Fault, collect_faults

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Array

_MOST_COLUMNS_REPORTED = 20


class UnusableColumnsError(DataError):
    """Columns of a table cannot be trained on; the message names the first 20.

    Attributes:
        columns: The fault of each column, by name.
    """

    def __init__(self, columns: dict[str, Fault]) -> None:
        self.columns = columns
        reported = list(columns.values())[:_MOST_COLUMNS_REPORTED]
        others = len(columns) - len(reported)
        more_columns = "1 more column" if others == 1 else f"{others} more columns"
        super().__init__(*reported, *[f"and {more_columns} that cannot be used"] * (others > 0))


@dataclass
class _BadValues:
    """The unusable values of one column: words for the first, its row from 0, and their number."""

    first: str
    row: int
    count: int = 0


class TableColumns:
    """The features and targets of a table, filled by `add` and returned by `finish`.

    Faults are collected per column, so that a message names all columns that cannot be used, not only the
    first. Once one is found, rows are checked but no longer stored.

    Args:
        path: The table, for messages.
        features: Columns to predict from.
        target: Columns to predict.
        typed: True if the file itself says which columns are text.
        fitted: True if scaling is fitted on these rows. Rows of a test table may be as close together as they
            like, because the scaling of the training table does not depend on them.
        unusable: Faults of columns that are known already.
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
        self._missing: dict[str, _BadValues] = {}
        self._infinite: dict[str, _BadValues] = {}
        self._unusable = dict(unusable or {})
        self._texts: dict[str, TextColumn] = {}
        self._rounding = {name: Rounding() for name in features}
        self._flat = np.empty(0, dtype=np.float32)
        self._target_numbers: dict[str, list[Array]] = {name: [] for name in target}

    def add(self, batch: pa.RecordBatch) -> None:
        """Add the next rows."""
        numbers: dict[str, Array] = {}
        for name in (*self._features, *self._target):
            with self._noting(name):
                column = batch.column(name)
                if self._has_gaps(name, column) or name in self._unusable:
                    continue
                values = _supported(self._path, name, column)
                if isinstance(values, pa.StringArray | pa.LargeStringArray | pa.DictionaryArray):
                    if name not in self._texts:
                        self._texts[name] = TextColumn(self._path, name, typed=self._typed)
                    self._texts[name].add(values)
                else:
                    numbers[name] = _as_numpy(values)
                    if name in self._rounding and self._fitted:
                        self._rounding[name].add(numbers[name])
        self._add_numbers(numbers, batch.num_rows)
        self._rows += batch.num_rows

    def finish(self, whole: frozenset[str]) -> tuple[Features, dict[str, RawColumn]]:
        """Return features and targets.

        Args:
            whole: Columns that were read as floating point but begin with whole numbers. As a target, such a
                column becomes integers again if all its values are whole.

        Raises:
            DataError: The table has no rows.
            UnusableColumnsError: Columns cannot be used.
        """
        if not self._rows:
            raise DataError(f"{self._path}: has no rows, only a header")
        categorical: dict[str, RawColumn] = {}
        for name, texts in self._texts.items():
            with self._noting(name):
                if name not in self._unusable:
                    categorical[name] = texts.column()
        self._note_bad_values()
        self._refuse_unusable()
        targets = {
            name: categorical.get(name) or self._numeric_target(name, name in whole) for name in self._target
        }
        self._refuse_unusable()
        numeric = [name for name in self._features if name not in categorical]
        features = Features(
            self._flat.reshape(self._rows, len(numeric)),
            {index: categorical[name] for index, name in enumerate(self._features) if name in categorical},
            tuple(self._features),
        )
        return features, targets

    def _has_gaps(self, name: str, values: pa.Array) -> bool:
        """Return True if the column lacks a value up to the end of this batch."""
        # In CSV, NaN counts as missing, and pyarrow has counted it: looking again would take as long as
        # reading. Files with types may have NaN beside missing values.
        if values.null_count or (self._typed and pa.types.is_floating(values.type)):
            missing = values.is_null(nan_is_null=True)
            if missing.true_count:
                first = self._rows + int(missing.to_numpy(zero_copy_only=False).argmax())
                self._missing.setdefault(name, _BadValues("missing", first)).count += missing.true_count
        return name in self._missing

    def _add_numbers(self, numbers: dict[str, Array], rows: int) -> None:
        """Store the numeric columns of a batch, features in single precision."""
        chosen = [name for name in self._features if name in numbers]
        block = np.empty((rows, len(chosen)), dtype=np.float32)
        with np.errstate(over="ignore"):  # a number that becomes infinite is reported with its row
            for index, name in enumerate(chosen):
                block[:, index] = numbers[name]
        self._note_infinite(block, chosen)
        for name in self._target:
            if name in numbers:
                self._note_infinite(numbers[name][:, None], [name])
        if self._missing or self._unusable or self._infinite:
            return
        # Grown in place: blocks that are joined at the end would be in memory twice.
        self._flat.resize(self._flat.size + block.size, refcheck=False)
        self._flat[self._flat.size - block.size :] = block.ravel()
        for name in self._target:
            if name in numbers:
                self._target_numbers[name].append(numbers[name])

    def _note_infinite(self, values: Array, names: Sequence[str]) -> None:
        if values.dtype.kind != "f" or np.isfinite(values).all():
            return
        for index, name in enumerate(names):
            rows = np.flatnonzero(~np.isfinite(values[:, index]))
            if rows.size:
                first = _BadValues(describe_nonfinite(values[rows[0], index]), self._rows + int(rows[0]))
                self._infinite.setdefault(name, first).count += rows.size

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Note the first fault of a column that is raised inside."""
        faults: list[Fault] = []
        with collect_faults(faults):
            yield
        for fault in faults:
            self._unusable.setdefault(name, fault)

    def _note_bad_values(self) -> None:
        """Note the columns with missing, infinite or too close values."""
        for name, bad in (*self._missing.items(), *self._infinite.items()):
            position = format_position(bad.row, 0, [name])
            message = f"{self._path}: {position}: the value is {bad.first}{and_more(bad.count)}"
            self._unusable.setdefault(name, Fault(message))
        for name, rounding in self._rounding.items():
            if rounding.problem:
                problem = f"column {name} has numbers {rounding.problem}, or dataset.features without it"
                self._unusable.setdefault(name, Fault(f"{self._path}: {problem}"))

    def _numeric_target(self, name: str, began_whole: bool) -> RawColumn:
        values = np.concatenate(self._target_numbers[name])
        if began_whole and (values == np.floor(values)).all():
            if np.abs(values).max() >= WHOLE_IN_DOUBLE:
                message = "has whole numbers from 2^53 on, which are not read exactly; use smaller ones"
                self._unusable.setdefault(name, Fault(f"{self._path}: column {name} {message}"))
                return RawColumn(values)
            values = values.astype(np.int64)
        return RawColumn(values)

    def _refuse_unusable(self) -> None:
        if self._unusable:
            order = (*self._features, *self._target)
            raise UnusableColumnsError(
                {name: self._unusable[name] for name in order if name in self._unusable}
            )


def _supported(path: Path, name: str, values: pa.Array) -> pa.Array:
    """Return numbers, texts and booleans as they are, decimals as numbers, dictionaries with texts."""
    kind = values.type
    types = pa.types
    if types.is_dictionary(kind) and not _is_text(kind.value_type):
        categories = _supported(path, name, values.dictionary).cast(pa.string())
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
        f"{path}: column {name} holds values of the kind {kind}; use numbers, text or booleans, or "
        "dataset.features without it"
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _as_numpy(values: pa.Array) -> Array:
    """Return numbers or booleans as an array, without a copy if possible."""
    if pa.types.is_boolean(values.type):  # DLPack has no packed booleans
        booleans: Array = values.to_numpy(zero_copy_only=False)
        return booleans
    return np.from_dlpack(values)  # to_numpy would import pandas, which takes 0.2 s
