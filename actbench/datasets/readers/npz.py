"""The reader of `.npz` archives with x_train, y_train, x_test, y_test, or with x, y."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actbench.datasets.files import check_file_type, open_file
from actbench.datasets.numeric_checks import check_finite, check_precision
from actbench.datasets.raw_table import Examples, Features, RawColumn, RawData, label_kind
from actbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Array

# Names of the arrays, with a test set and without.
_WITH_TEST = ("x_train", "y_train", "x_test", "y_test")
_WITHOUT_TEST = ("x", "y")


def read_npz(path: Path) -> RawData:
    """Read the examples of an archive, and of its test set if it has one.

    Raises:
        DataError: The archive cannot be read, or its arrays are not as needed.
    """
    check_file_type(path, b"PK\x03\x04", "an .npz archive")
    with open_file(path) as file:
        content = file.read()
    arrays = load_arrays(content, path)
    sha256 = hashlib.sha256(content).hexdigest()
    if "x_train" in arrays:
        train = _as_examples(f"{path}: x_train, y_train", arrays["x_train"], arrays["y_train"])
        test = _as_examples(f"{path}: x_test, y_test", arrays["x_test"], arrays["y_test"], fitted=False)
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
        train, test = _as_examples(f"{path}: x, y", arrays["x"], arrays["y"]), None
    x, y = (arrays[name] for name in list(arrays)[:2])
    images = x.dtype == np.uint8 or x.ndim > 2
    return RawData(
        label=path.name,
        train=train,
        test=test,
        sha256=sha256,
        files={path.name: sha256},
        scale="unit" if x.dtype == np.uint8 else "standardize",
        kind=label_kind(y) if images else None,
    )


def _as_examples(label: str, x: Array, y: Array, *, fitted: bool = True) -> Examples:
    """Return one set of examples, checked.

    Args:
        label: Names of the arrays in messages.
        x: Shape (n, ...).
        y: Shape (n,), or (n, 1) as some of Keras's sets have it.
        fitted: True to fit the scaling on these rows. Test rows skip the precision check.

    Raises:
        DataError: The arrays do not fit each other, or cannot be trained on.
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
        with np.errstate(over="ignore"):  # a number that becomes infinite is reported with its row
            flat = flat.astype(np.float32)
    check_finite(f"{label}: examples", flat)
    if fitted:
        check_precision(f"{label}: examples", x.reshape(len(x), -1))
    check_finite(f"{label}: labels", y)
    if y.dtype.kind == "U":
        categories, codes = np.unique(y, return_inverse=True)
        column = RawColumn(codes, tuple(map(str, categories)))
    else:
        column = RawColumn(y)
    return Examples(lambda: Features(flat), {"label": column})


def load_arrays(content: bytes, path: Path) -> dict[str, Array]:
    """Return the arrays x_train, y_train, x_test, y_test, or x, y, of an archive.

    Args:
        content: The content of the file.
        path: The file, for messages.

    Raises:
        DataError: An array is missing, or the archive is damaged.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _array_names(path, archive.files)}
    except DataError:
        raise
    except Exception as error:  # numpy and zipfile raise a dozen types for damaged or encrypted archives
        if "allow_pickle" in str(error):
            raise DataError(
                f"{path}: has arrays of Python objects, which are never loaded, because loading them may run "
                "code that is in them; use arrays of numbers, saved with numpy.savez"
            ) from None
        raise DataError(f"{path}: is damaged or truncated: {error}") from None
    strange = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
    if strange:
        raise DataError(
            f"{path}: {strange[0]} is not what its name says, an array; use numpy.savez to save arrays"
        )
    return arrays


def _array_names(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the arrays to load, given those of the archive."""
    needed = _WITH_TEST if any(name in names for name in _WITH_TEST) else _WITHOUT_TEST
    missing = [name for name in needed if name not in names]
    if missing:
        raise DataError(
            f"{path}: there is no {', '.join(missing)}; it has {', '.join(names) or 'nothing'}; "
            f"add {', '.join(_WITH_TEST)}, or {', '.join(_WITHOUT_TEST)}{did_you_mean(missing[0], names)}"
        )
    return needed
