"""`.npz` archives with x_train, y_train, x_test, y_test, or with x, y."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actbench.datasets.files import check_beginning, open_file
from actbench.datasets.raw_table import (
    Column,
    Examples,
    Features,
    RawData,
    check_finite,
    check_precision,
    kind_of_labels,
)
from actbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Array

_SPLIT = ("x_train", "y_train", "x_test", "y_test")

_WHOLE = ("x", "y")

_TABLE_AXES = 2


def read_npz(path: Path) -> RawData:
    """The arrays of an archive, checked.

    Raises:
        DataError: It cannot be read, or its arrays are not what is needed.
    """
    check_beginning(path, b"PK\x03\x04", "an .npz archive")
    with open_file(path) as file:
        content = file.read()
    arrays = load_arrays(content, path)
    sha256 = hashlib.sha256(content).hexdigest()
    if "x_train" in arrays:
        train = examples(f"{path}: x_train, y_train", arrays["x_train"], arrays["y_train"])
        test = examples(f"{path}: x_test, y_test", arrays["x_test"], arrays["y_test"], fitted=False)
        if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
            raise DataError(
                f"{path}: an example has the shape {arrays['x_train'].shape[1:]} in x_train, "
                f"{arrays['x_test'].shape[1:]} in x_test"
            )
        if arrays["x_train"].dtype != arrays["x_test"].dtype:
            raise DataError(
                f"{path}: x_train is of {arrays['x_train'].dtype}, x_test of {arrays['x_test'].dtype}"
            )
    else:
        train, test = examples(f"{path}: x, y", arrays["x"], arrays["y"]), None
    x, y = (arrays[name] for name in list(arrays)[:2])
    images = x.dtype == np.uint8 or x.ndim > _TABLE_AXES
    return RawData(
        label=path.name,
        train=train,
        test=test,
        sha256=sha256,
        files={path.name: sha256},
        scale="unit" if x.dtype == np.uint8 else "standardize",
        kind=kind_of_labels(y) if images else None,
    )


def examples(label: str, x: Array, y: Array, *, fitted: bool = True) -> Examples:
    """One set; a further axis of length 1 of y is no matter, as Keras has it.

    Args:
        label: What messages call it.
        x: Shape (n, ...).
        y: Shape (n,) or (n, 1).
        fitted: Whether scaling is fitted on it, which a test set may lie as close together as it likes for.

    Raises:
        DataError: The arrays do not fit each other, or are of no use.
    """
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or x.ndim < 2:
        raise DataError(f"{label}: wrong shapes {x.shape}, {y.shape}; allowed: (n, ...) and (n,)")
    if len(x) != len(y):
        raise DataError(f"{label}: {len(x):,} examples but {len(y):,} labels")
    if not len(x) or not x[0].size:
        raise DataError(f"{label}: wrong shapes {x.shape}, {y.shape}: there is nothing in it")
    if x.dtype.kind not in "biuf":
        raise DataError(f"{label}: examples of {x.dtype}; allowed: numbers or booleans")
    if y.dtype.kind not in "biufU":
        raise DataError(f"{label}: labels of {y.dtype}; allowed: numbers, booleans or text")
    flat = x.reshape(len(x), -1)
    if flat.dtype != np.uint8:
        with np.errstate(over="ignore"):  # what becomes infinite is told with its row
            flat = flat.astype(np.float32)
    check_finite(f"{label}: examples", flat)
    if fitted:
        check_precision(f"{label}: examples", x.reshape(len(x), -1))
    check_finite(f"{label}: labels", y)
    if y.dtype.kind == "U":
        words, codes = np.unique(y, return_inverse=True)
        column = Column(codes, tuple(map(str, words)))
    else:
        column = Column(y)
    return Examples(lambda: Features(flat), {"label": column})


def load_arrays(content: bytes, path: Path) -> dict[str, Array]:
    """The arrays of an archive that has those of either form.

    Raises:
        DataError: It has not, or is damaged.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _wanted(path, archive.files)}
    except DataError:
        raise
    except Exception as error:  # numpy and zipfile raise a dozen kinds over what is damaged or encrypted
        if "allow_pickle" in str(error):
            raise DataError(
                f"{path}: has arrays of Python objects, which are never loaded, for that may run what is in "
                "them; allowed: arrays of numbers, saved with numpy.savez"
            ) from None
        raise DataError(f"{path}: is damaged or truncated: {error}") from None
    strange = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
    if strange:
        raise DataError(
            f"{path}: {strange[0]} is not what its name says, an array; allowed: those of numpy.savez"
        )
    return arrays


def _wanted(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    wanted = _SPLIT if any(name in names for name in _SPLIT) else _WHOLE
    missing = [name for name in wanted if name not in names]
    if missing:
        raise DataError(
            f"{path}: there is no {', '.join(missing)}; it has {', '.join(names) or 'nothing'}; "
            f"allowed: {', '.join(_SPLIT)}, or {', '.join(_WHOLE)}{did_you_mean(missing[0], names)}"
        )
    return wanted
