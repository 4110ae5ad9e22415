"""The datasets of Keras: the files in Keras's cache, their download, and their content.

The addresses and SHA-256 checksums are those in Keras's source.
"""

import hashlib
import io
import os
import pickle
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actbench.datasets.files import combine_sha256, decompress, open_file
from actbench.datasets.raw_table import Array, Examples, Features, RawColumn, RawData
from actbench.datasets.readers.arrays import load_arrays, parse_idx
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

_STORAGE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

_TORONTO = "https://www.cs.toronto.edu/~kriz/"

# Variables of the process that downloads: Keras is imported there, without TensorFlow's messages.
_DOWNLOAD_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}

# The end of the download's output that is kept; its last line says why it failed.
_OUTPUT_KEPT = 4000


@dataclass(frozen=True)
class KerasFile:
    """A file of Keras's cache.

    Attributes:
        paths: Its paths below the cache's folder `datasets` in different versions of Keras, newest first.
        origin: The address from which Keras downloads it.
        sha256: The checksum in Keras's source; None if Keras checks nothing.
        md5: The checksum of the file's publisher if Keras has none.
    """

    paths: tuple[str, ...]
    origin: str
    sha256: str | None = None
    md5: str | None = None

    def problem(self, content: bytes, sha256: str) -> str:
        """Explain why this content is not the file's; return "" if it is.

        Args:
            content: The bytes.
            sha256: The hash of the bytes.
        """
        if self.sha256 is not None:
            return "" if sha256 == self.sha256 else f"its SHA-256 is {sha256}, Keras expects {self.sha256}"
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return "" if found == self.md5 else f"its MD5 is {found}, its publisher states {self.md5}"

    @property
    def checksum(self) -> str:
        """Return the file's checksum for a user who compares it by hand."""
        return f"SHA-256 {self.sha256}" if self.sha256 else f"MD5 {self.md5}, says its publisher"


def _fashion(file: str, md5: str) -> KerasFile:
    """Return a file of Fashion-MNIST with the MD5 in github.com/zalandoresearch/fashion-mnist, README."""
    return KerasFile((f"fashion-mnist/{file}",), f"{_STORAGE}{file}", md5=md5)


KERAS_FILES: dict[str, tuple[KerasFile, ...]] = {
    "fashion_mnist": (
        _fashion("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        _fashion("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        _fashion("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        _fashion("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
    "cifar10": (
        KerasFile(
            ("cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz"),
            f"{_TORONTO}cifar-10-python.tar.gz",
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        ),
    ),
    "cifar100": (
        KerasFile(
            ("cifar-100-python-target_archive", "cifar-100-python.tar.gz"),
            f"{_TORONTO}cifar-100-python.tar.gz",
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        ),
    ),
    "california_housing": (
        KerasFile(
            ("california_housing.npz",),
            f"{_STORAGE}california_housing.npz",
            "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
        ),
    ),
    "boston_housing": (
        KerasFile(
            ("boston_housing.npz",),
            f"{_STORAGE}boston_housing.npz",
            "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
        ),
    ),
}
"""The files of each dataset, in the order in which its reader takes them."""


@dataclass(frozen=True)
class CachedFile:
    """A file that was found in the cache and has the right checksum.

    Attributes:
        path: The file's path.
        content: The file's bytes.
        sha256: The hash of these bytes.
    """

    path: Path
    content: bytes
    sha256: str


def read_cached(name: str) -> list[CachedFile]:
    """Read the files of a set from the cache.

    Raises:
        DataError: A file is missing, or its checksum differs; the message says which file to put where.
    """
    found = []
    for file in KERAS_FILES[name]:
        path = _find(file)
        if path is None:
            raise DataError(f"{name} is not in Keras's cache; {_manual_download(name)}")
        with open_file(path) as opened:
            content = opened.read()
        sha256 = hashlib.sha256(content).hexdigest()
        problem = file.problem(content, sha256)
        if problem:
            raise DataError(
                f"{path}: is damaged, or another file: {problem}; remove it, or put {file.origin} in its "
                "place"
            )
        found.append(CachedFile(path, content, sha256))
    return found


def must_download(name: str | None) -> bool:
    """Return True for one of Keras's datasets that is not in the cache."""
    source = DATASETS.get(name or "")
    return source is not None and source.kind == "keras" and not _is_cached(source.name)


def download(name: str) -> None:
    """Have Keras download a dataset into its cache, in a process of its own.

    Keras's progress appears on standard error if that is a terminal.

    Args:
        name: Name of one of Keras's datasets.

    Raises:
        DataError: The download failed; the message says which file to put where.
    """
    sys.stderr.write(f"downloading {name} into Keras's cache\n")
    sys.stderr.flush()
    import_path = os.pathsep.join(entry for entry in sys.path if entry)
    output = ""
    with subprocess.Popen(
        [sys.executable, "-m", "actbench.engine.download", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(os.environ) | _DOWNLOAD_ENVIRONMENT | {"PYTHONPATH": import_path},
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        while piece := process.stdout.read(64):  # small pieces, so that the progress bar moves
            output = (output + piece)[-_OUTPUT_KEPT:]
            if sys.stderr.isatty():
                sys.stderr.write(piece)
    if process.returncode != 0 or not _is_cached(name):
        lines = output.strip().splitlines() or ["the download process printed nothing"]
        raise DataError(f"{name} could not be downloaded: {lines[-1]}; {_manual_download(name)}")


def cache_folders() -> tuple[Path, ...]:
    """Return the folders of Keras's cache: the usual one, and the one for a home that cannot be written."""
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    return home / "datasets", Path("/tmp/.keras/datasets")


def _find(file: KerasFile) -> Path | None:
    candidates = (folder / path for folder in cache_folders() for path in file.paths)
    return next((path for path in candidates if path.is_file()), None)


def _is_cached(name: str) -> bool:
    """Return True if all files of a set exist, whatever their content."""
    return all(_find(file) for file in KERAS_FILES[name])


def _manual_download(name: str) -> str:
    """Return the end of a message: how to fill the cache without a network."""
    lines = [
        f"  {cache_folders()[0] / file.paths[0]}\n    from {file.origin}\n    {file.checksum}"
        for file in KERAS_FILES[name]
    ]
    return "put there by hand, or run where there is a network:\n" + "\n".join(lines)


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
    """Return one set of examples, each flattened to `width` values."""
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
        """Return one of the three objects that NumPy's pickles need to make an array; refuse any other."""
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
