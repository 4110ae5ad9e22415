"""Columns of Arrow's kinds as what a table is made of here."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from actbench.datasets.raw import Array
from actbench.errors import DataError


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
