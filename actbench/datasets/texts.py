"""A column of text, collected as positions in a list of its different words."""

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from actbench.datasets.raw import Column, place
from actbench.errors import DataError

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
