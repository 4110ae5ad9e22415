"""Categorical columns of a table: text becomes positions in a list of the column's different texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from actbench.datasets.raw_table import RawColumn, format_position
from actbench.errors import DataError

MOST_CATEGORIES = 1000
"""A column with more different texts is refused: it is an identifier or free text, not a category."""

_NUMBER = re.compile(
    r"[ \t]*[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)[ \t]*", re.ASCII | re.IGNORECASE
)


class TextColumn:
    """A categorical column, collected batch by batch as positions in a list of its different texts.

    Args:
        path: The file, for messages.
        name: Name of the column.
        typed: True if the file itself says that the column is text. Otherwise a column in which most values
            are numbers is taken for a mistake.
    """

    def __init__(self, path: Path, name: str, *, typed: bool) -> None:
        self._path, self._name, self._typed = path, name, typed
        self._pieces: list[npt.NDArray[np.int32]] = []
        self._positions: dict[str, int] = {}
        self._counts: Counter[str] = Counter()

    def add(self, values: pa.Array) -> None:
        """Add the values of a batch.

        Raises:
            DataError: The column has too many different texts, or some are not UTF-8.
        """
        encoded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
        try:
            indices, texts = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
        except UnicodeDecodeError as error:
            raise DataError(f"{self._path}: column {self._name} is damaged: {error}") from None
        codes = np.zeros(len(texts), dtype=np.int32)
        counts = np.bincount(indices, minlength=len(texts))
        for index in np.flatnonzero(counts):  # a dictionary may have texts that no row uses
            codes[index] = self._positions.setdefault(texts[index], len(self._positions))
            self._counts[texts[index]] += int(counts[index])
        self._pieces.append(codes[indices])
        if len(self._positions) > MOST_CATEGORIES:
            self._check_for_numbers()
            raise DataError(
                f"{self._path}: column {self._name} has more than {MOST_CATEGORIES:,} texts, too many to "
                "make classes or columns of; use dataset.features without it"
            )

    def column(self) -> RawColumn:
        """Return the whole column.

        Raises:
            DataError: Most values are numbers, or would be with a decimal point.
        """
        self._check_for_numbers()
        return RawColumn(np.concatenate(self._pieces), tuple(self._positions))

    def _check_for_numbers(self) -> None:
        """Refuse a column of numbers that became text because of a few values."""
        if self._typed:
            return
        others = {text for text in self._positions if not is_number(text)}
        nearly = {text for text in others if _is_nearly_a_number(text)}
        if nearly and self._are_few(others - nearly):
            self._refuse(
                nearly,
                "is text, which would be a category; write numbers with plain digits and a decimal point",
            )
        if others and self._are_few(others):
            self._refuse(others, "is not a number, as most of the column is")

    def _are_few(self, texts: Collection[str]) -> bool:
        """Return True if these are less than half of the values and less than half of the different texts.

        One condition alone is not enough. A true category may be coded 0, a, b, c and nearly always be 0, or
        be 1, 2, 3 in a few rows and "none" in all others.
        """
        values = sum(self._counts[text] for text in texts)
        return 2 * values < self._counts.total() and 2 * len(texts) < len(self._counts)

    def _refuse(self, texts: Collection[str], why: str) -> NoReturn:
        """Raise the error for the first row that has one of these texts."""
        codes = np.concatenate(self._pieces)
        row = int(np.flatnonzero(np.isin(codes, [self._positions[text] for text in texts]))[0])
        text = list(self._positions)[codes[row]]
        raise DataError(f"{self._path}: {format_position(row, 0, [self._name])}: {text!r} {why}")


def is_number(text: str) -> bool:
    """Return True if a text in a CSV file is read as a number."""
    return _NUMBER.fullmatch(text) is not None


def _is_nearly_a_number(text: str) -> bool:
    """Return True for numbers that only people read: 1,5, 1_000, digits of another script."""
    try:
        float(text.replace(",", ".", 1))
    except ValueError:
        return False
    return True
