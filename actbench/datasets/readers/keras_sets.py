"""The readers of Keras's datasets, from the files that Keras leaves in its cache.

The arrays are those of `keras.datasets`, with the same split and order, but TensorFlow is not needed to read
them, and the recorded hashes are those of the files.
"""

import io
import pickle
import tarfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from actbench.datasets.files import combine_sha256, decompress
from actbench.datasets.raw_table import Array, Examples, Features, RawColumn, RawData
from actbench.datasets.readers.idx import parse_idx
from actbench.datasets.readers.keras_cache import CachedFile, read_cached
from actbench.datasets.readers.npz import load_arrays
from actbench.datasets.spec import DATASETS
from actbench.errors import DataError

TrainAndTest = tuple[tuple[Array, Array], tuple[Array, Array]]
"""Images (or features) and labels of the training set, and those of the test set."""

# The errors that tarfile, gzip, pickle and NumPy raise for damaged content.
_DAMAGE = (
    tarfile.TarError,
    pickle.UnpicklingError,
    EOFError,
    KeyError,
    OSError,
    TypeError,
    ValueError,
    zlib.error,
)


def read_keras(name: str) -> RawData:
    """Read one of Keras's datasets from the cache.

    Raises:
        DataError: A file is missing, damaged, or not Keras's; the message says which file to put where.
    """
    files = read_cached(name)
    try:
        train, test = _READERS[name](files)
    except _DAMAGE as error:
        raise DataError(f"{files[0].path}: is damaged: {error}") from None
    source = DATASETS[name]
    hashes = {file.path.name: file.sha256 for file in files}
    return RawData(
        label=name,
        train=_as_examples(name, *train, source.features),
        test=_as_examples(name, *test, source.features),
        sha256=combine_sha256(hashes.values()),
        files=hashes,
        width=source.features,
        scale="unit" if source.classes else "standardize",
        kind="classes" if source.classes else "number",
    )


def _as_examples(name: str, x: Array, y: Array, width: int) -> Examples:
    if len(x) != len(y) or not len(x) or x[0].size != width:
        raise DataError(f"{name}: wrong shapes {x.shape}, {y.shape} in Keras's files")
    flat = x.reshape(len(x), -1)
    return Examples(lambda: Features(flat), {"label" if flat.dtype == np.uint8 else "value": RawColumn(y)})


def _read_idx(files: list[CachedFile]) -> TrainAndTest:
    images, labels, test_images, test_labels = (
        parse_idx(decompress(file.content, file.path), file.path) for file in files
    )
    return (images, labels), (test_images, test_labels)


def _read_cifar10(files: list[CachedFile]) -> TrainAndTest:
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    batches = _read_batches(files[0].content, [f"cifar-10-batches-py/{name}" for name in names], b"labels")
    x, y = (np.concatenate(arrays) for arrays in zip(*batches[:5], strict=True))
    return (x, y), batches[5]


def _read_cifar100(files: list[CachedFile]) -> TrainAndTest:
    names = ["cifar-100-python/train", "cifar-100-python/test"]
    train, test = _read_batches(files[0].content, names, b"fine_labels")
    return train, test


def _read_batches(archive: bytes, names: list[str], key: bytes) -> list[tuple[Array, Array]]:
    """Return images and labels of the pickled batches in CIFAR's archive; channels come last, as in Keras.

    Args:
        archive: The archive's bytes.
        names: The batches to read, in order; each is a dictionary of an array of bytes and a list of labels.
        key: Key of the labels in a batch.
    """
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:  # one pass, because going back would decompress from the start
            file = tar.extractfile(member) if member.name in names else None
            if file is not None:
                content: Mapping[bytes, Any] = _ArrayUnpickler(file, encoding="bytes").load()
                images = np.asarray(content[b"data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
                labels = np.asarray(content[key], dtype=np.uint8)
                found[member.name] = images.transpose(0, 2, 3, 1).reshape(len(images), -1), labels
    return [found[name] for name in names]


class _ArrayUnpickler(pickle.Unpickler):
    """An unpickler that can make arrays, bytes, numbers, lists and dictionaries, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the three objects that an array is made by; refuse a pickle that asks for another."""
        allowed = {
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("numpy.core.multiarray", "_reconstruct"): np.ndarray(0).__reduce__()[0],
            ("numpy._core.multiarray", "_reconstruct"): np.ndarray(0).__reduce__()[0],
        }
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no array needs")
        return allowed[module, name]


def _read_housing(files: list[CachedFile]) -> TrainAndTest:
    """Split a housing set as Keras does by default: shuffled with seed 113, a fifth to test on."""
    arrays = load_arrays(files[0].content, files[0].path)
    # NumPy promises that this legacy generator keeps its numbers in all versions.
    order = np.arange(len(arrays["x"]))
    np.random.RandomState(113).shuffle(order)
    x, y = arrays["x"][order].astype(np.float32), arrays["y"][order]
    train = int(len(x) * 0.8)
    return (x[:train], y[:train]), (x[train:], y[train:])


_READERS: dict[str, Callable[[list[CachedFile]], TrainAndTest]] = {
    "fashion_mnist": _read_idx,
    "cifar10": _read_cifar10,
    "cifar100": _read_cifar100,
    "california_housing": _read_housing,
    "boston_housing": _read_housing,
}
