"""The sets of `keras.datasets`, read from the files that Keras caches, and split as Keras splits them.

Keras is not imported here: a process of its own downloads what is missing.
"""

import hashlib
import io
import pickle
import tarfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from actbench.datasets.content import open_file, sha256_of_all, unpack
from actbench.datasets.idx import parse_idx
from actbench.datasets.keras_files import FILES, find, remedy
from actbench.datasets.npz import load_arrays
from actbench.datasets.raw import Array, Column, Examples, Features, RawData
from actbench.datasets.registry import DATASETS
from actbench.errors import DataError

Arrays = tuple[tuple[Array, Array], tuple[Array, Array]]


def read_keras(name: str) -> RawData:
    """A set from the cache.

    Raises:
        DataError: A file is missing or not what Keras means; the message says where to put which.
    """
    contents, hashes = [], {}
    for file in FILES[name]:
        path = find(file)
        if path is None:
            raise DataError(f"{name} is not in Keras's cache; {remedy(name)}")
        with open_file(path) as opened:
            content = opened.read()
        sha256 = hashlib.sha256(content).hexdigest()
        problem = file.problem(content, sha256)
        if problem:
            raise DataError(
                f"{path}: is damaged, or another file: {problem}; remove it, or put {file.origin} in its "
                "place"
            )
        contents.append((path, content))
        hashes[path.name] = sha256
    try:
        train, test = _READERS[name](contents)
    except (
        tarfile.TarError,
        pickle.UnpicklingError,
        EOFError,
        KeyError,
        OSError,
        TypeError,
        ValueError,
        zlib.error,
    ) as error:
        raise DataError(f"{contents[0][0]}: is damaged: {error}") from None
    source = DATASETS[name]
    return RawData(
        label=name,
        train=_examples(name, *train, source.features),
        test=_examples(name, *test, source.features),
        sha256=sha256_of_all(hashes.values()),
        files=hashes,
        width=source.features,
        scale="unit" if source.classes else "standardize",
        kind="classes" if source.classes else "number",
    )


def _examples(name: str, x: Array, y: Array, width: int) -> Examples:
    if len(x) != len(y) or not len(x) or x[0].size != width:
        raise DataError(f"{name}: wrong shapes {x.shape}, {y.shape} in Keras's files")
    flat = x.reshape(len(x), -1)
    return Examples(lambda: Features(flat), {"label" if flat.dtype == np.uint8 else "value": Column(y)})


def _read_idx(contents: list[tuple[Path, bytes]]) -> Arrays:
    images, labels, test_images, test_labels = (
        parse_idx(unpack(content, path), path) for path, content in contents
    )
    return (images, labels), (test_images, test_labels)


def _read_cifar10(contents: list[tuple[Path, bytes]]) -> Arrays:
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    batches = _batches(contents[0][1], [f"cifar-10-batches-py/{name}" for name in names], b"labels")
    x, y = (np.concatenate(arrays) for arrays in zip(*batches[:5], strict=True))
    return (x, y), batches[5]


def _read_cifar100(contents: list[tuple[Path, bytes]]) -> Arrays:
    names = ["cifar-100-python/train", "cifar-100-python/test"]
    train, test = _batches(contents[0][1], names, b"fine_labels")
    return train, test


def _batches(archive: bytes, names: list[str], key: bytes) -> list[tuple[Array, Array]]:
    """The pickled batches in CIFAR's archive: each a dictionary with an array of bytes and a list of labels.

    Channels come last, as in Keras.
    """
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:  # in one pass: to go back is to unpack again
            file = tar.extractfile(member) if member.name in names else None
            if file is not None:
                content: Mapping[bytes, Any] = _NumpyAlone(file, encoding="bytes").load()
                images = np.asarray(content[b"data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
                labels = np.asarray(content[key], dtype=np.uint8)
                found[member.name] = images.transpose(0, 2, 3, 1).reshape(len(images), -1), labels
    return [found[name] for name in names]


class _NumpyAlone(pickle.Unpickler):
    """Makes arrays, and what pickle itself knows: bytes, numbers, lists, dictionaries; calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The three names that an array is made by; a pickle that asks for another is refused."""
        allowed = {
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("numpy.core.multiarray", "_reconstruct"): np.ndarray(0).__reduce__()[0],
            ("numpy._core.multiarray", "_reconstruct"): np.ndarray(0).__reduce__()[0],
        }
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no array needs")
        return allowed[module, name]


def _read_housing(contents: list[tuple[Path, bytes]]) -> Arrays:
    """Split as Keras does: a fifth to test on, in the order of an old generator that NumPy keeps as it is."""
    path, content = contents[0]
    arrays = load_arrays(content, path)
    order = np.arange(len(arrays["x"]))
    np.random.RandomState(113).shuffle(order)
    x, y = arrays["x"][order].astype(np.float32), arrays["y"][order]
    train = int(len(x) * 0.8)
    return (x[:train], y[:train]), (x[train:], y[train:])


_READERS: dict[str, Callable[[list[tuple[Path, bytes]]], Arrays]] = {
    "fashion_mnist": _read_idx,
    "cifar10": _read_cifar10,
    "cifar100": _read_cifar100,
    "california_housing": _read_housing,
    "boston_housing": _read_housing,
}
