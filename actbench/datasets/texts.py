"""A column of text, collected as positions in a list of its different words."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from actbench.datasets.raw import Column, place
from actbench.errors import DataError

MOST_WORDS = 1000


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

    def add(self, values: pa.Array) -> None:
        """Takes a batch's values.

        Raises:
            DataError: There are too many different ones.
        """
        encoded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
        indices, words = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
        codes = np.zeros(len(words), dtype=np.int32)
        for index in np.flatnonzero(np.bincount(indices, minlength=len(words))):  # a category may be unused
            codes[index] = self._words.setdefault(words[index], len(self._words))
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
        others = {word: code for word, code in self._words.items() if not is_number(word)}
        commas = [code for word, code in others.items() if is_number(word.replace(",", ".", 1))]
        if commas and 2 * (len(others) - len(commas)) <= len(self._words):
            self._refuse(commas, "is text, which would be a category; numbers have a decimal point")
        if 2 * len(others) <= len(self._words):
            self._refuse([*others.values()], "is not a number, as most of the column is")

    def _refuse(self, words: Sequence[int], why: str) -> NoReturn:
        """Names the first of these words, with its row."""
        codes = np.concatenate(self._pieces)
        row = int(np.flatnonzero(np.isin(codes, words))[0])
        word = list(self._words)[codes[row]]
        raise DataError(f"{self._path}: {place(row, 0, [self._name])}: {word!r} {why}")


def is_number(text: str) -> bool:
    """Whether a text can be read as one."""
    try:
        float(text)
    except ValueError:
        return False
    return True
