"""The readers of array files: IDX, which is MNIST's own format, and `.npz` archives."""

from __future__ import annotations

import hashlib
import io
import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from actbench.datasets.files import check_file_type, combine_sha256, decompress, open_file
from actbench.datasets.numeric_checks import check_finite, check_precision
from actbench.datasets.raw_table import Examples, Features, RawColumn, RawData, label_kind
from actbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Array

IdxPart = Literal["train", "test"]

# The type of an IDX file's values by its third byte.
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

# The most dimensions of an array in the oldest supported NumPy, 1.x.
_MOST_DIMENSIONS = 32

# The names of an archive's arrays, with a test set and without one.
_WITH_TEST = ("x_train", "y_train", "x_test", "y_test")

_WITHOUT_TEST = ("x", "y")


def read_folder(folder: Path) -> RawData:
    """Read the images and labels of a training set, and perhaps of a test set, from a folder.

    Raises:
        DataError: Files are missing, damaged, or do not fit each other.
    """
    found = _find_files(folder)
    files: dict[str, str] = {}
    arrays: dict[tuple[IdxPart, str], Array] = {}
    for key, path in found.items():
        with open_file(path) as file:
            content = file.read()
        files[path.name] = hashlib.sha256(content).hexdigest()
        arrays[key] = parse_idx(decompress(content, path) if path.suffix == ".gz" else content, path)
    train = _idx_examples(folder, "train", arrays)
    test = _idx_examples(folder, "test", arrays) if ("test", "images") in arrays else None
    if test is not None:
        kinds = [arrays[part, "images"].dtype for part in ("train", "test")]
        if kinds[0] != kinds[1]:  # both would be scaled as the training images
            raise DataError(f"{folder}: the training images are of {kinds[0]}, the test images of {kinds[1]}")
        widths = [part.features().numbers.shape[1] for part in (train, test)]
        if widths[0] != widths[1]:
            raise DataError(f"{folder}: a training image has {widths[0]} values, a test image {widths[1]}")
    return RawData(
        label=folder.name,
        train=train,
        test=test,
        sha256=combine_sha256(files.values()),
        files=files,
        scale="unit" if arrays["train", "images"].dtype == np.uint8 else "standardize",
        kind=label_kind(arrays["train", "labels"]),
    )


def folder_files(folder: Path) -> list[Path]:
    """Return the files that `read_folder` reads.

    Raises:
        DataError: A file is missing, or two files have one role.
    """
    return list(_find_files(folder).values())


def parse_idx(content: bytes, path: Path) -> Array:
    """Return the array of an IDX file.

    Args:
        content: The content of the file, decompressed.
        path: The file, for messages.

    Raises:
        DataError: The content is no IDX file, or not all of one.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES or content[3] == 0:
        raise DataError(f"{path}: is not what its name says, an IDX file; it begins with {content[:4]!r}")
    dimensions = content[3]
    if dimensions > _MOST_DIMENSIONS:
        raise DataError(f"{path}: is damaged: its header says that it has {dimensions} dimensions")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise DataError(f"{path}: is truncated: it ends within its header")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    dtype = np.dtype(_TYPES[content[2]])
    needed = start + math.prod(shape) * dtype.itemsize
    if len(content) != needed:
        wrong = "is truncated" if len(content) < needed else "is too long"
        raise DataError(
            f"{path}: {wrong}: its header says {' x '.join(map(str, shape))} values, "
            f"so {needed:,} bytes; it has {len(content):,}"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def _find_files(folder: Path) -> dict[tuple[IdxPart, str], Path]:
    """Return the files by part and by "images" or "labels"."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    except FileNotFoundError:
        raise DataError(f"{folder}: there is no such folder") from None
    except NotADirectoryError:
        raise DataError(
            f"{folder}: is not a folder with IDX files; use a folder, or another format"
        ) from None
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror}") from None
    found: dict[tuple[IdxPart, str], Path] = {}
    for part, what, matching in _roles(names):
        if len(matching) > 1:
            raise DataError(f"{folder}: {' and '.join(matching)} are both the {what} of the {part} set")
        if matching:
            found[part, what] = folder / matching[0]
    needed = [("train", "images"), ("train", "labels")]
    if any(part == "test" for part, _ in found):
        needed += [("test", "images"), ("test", "labels")]
    missing = [key for key in needed if key not in found]
    if missing:
        lacking = " and ".join(f"{what} of the {part} set" for part, what in missing)
        raise DataError(
            f"{folder}: there are no {lacking}; add train-images-idx3-ubyte, "
            "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, or these with .gz"
        )
    return found


def _roles(names: list[str]) -> Iterator[tuple[IdxPart, str, list[str]]]:
    """Yield each part, "images" or "labels", and the names of the files that may hold these."""
    parts: dict[IdxPart, tuple[str, ...]] = {"train": ("train",), "test": ("t10k", "test")}
    idx = [name for name in names if "idx" in name]
    for part, words in parts.items():
        for what in ("images", "labels"):
            yield part, what, [name for name in idx if what in name and any(word in name for word in words)]


def _idx_examples(folder: Path, part: IdxPart, arrays: dict[tuple[IdxPart, str], Array]) -> Examples:
    """Return the examples of one part, checked."""
    images, labels = arrays[part, "images"], arrays[part, "labels"]
    if images.ndim < 2 or labels.ndim != 1:
        raise DataError(
            f"{folder}: wrong shapes in the {part} set: images {images.shape}, labels {labels.shape}; "
            "allowed: (n, height, width) and (n,)"
        )
    if len(images) != len(labels):
        raise DataError(f"{folder}: the {part} set has {len(images):,} images but {len(labels):,} labels")
    if not images.size:
        raise DataError(f"{folder}: the {part} set is empty: its images have the shape {images.shape}")
    flat = images.reshape(len(images), -1)
    if flat.dtype != np.uint8:
        flat = flat.astype(np.float32)
    check_finite(f"{folder}, images of the {part} set", flat)
    if part == "train":
        check_precision(f"{folder}, images of the train set", images.reshape(len(images), -1))
    return Examples(lambda: Features(flat), {"label": RawColumn(labels)})


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
        train = _npz_examples(f"{path}: x_train, y_train", arrays["x_train"], arrays["y_train"])
        test = _npz_examples(f"{path}: x_test, y_test", arrays["x_test"], arrays["y_test"], fitted=False)
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
        train, test = _npz_examples(f"{path}: x, y", arrays["x"], arrays["y"]), None
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


def _npz_examples(label: str, x: Array, y: Array, *, fitted: bool = True) -> Examples:
    """Return one set of examples of an archive, checked.

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
        raise DataError(f"{label}: wrong shapes {x.shape}, {y.shape}: there are no values")
    if x.dtype.kind not in "biuf":
        raise DataError(f"{label}: examples of {x.dtype}; allowed: numbers or booleans")
    if y.dtype.kind not in "biufU":
        raise DataError(f"{label}: labels of {y.dtype}; allowed: numbers, booleans or text")
    flat = x.reshape(len(x), -1)
    if flat.dtype != np.uint8:
        with np.errstate(over="ignore"):  # check_finite then reports infinite numbers with their row
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
