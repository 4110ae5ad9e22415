"""The files of `keras.datasets`: where Keras caches which, and where they come from.

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

from actbench.datasets.files import combine_sha256, open_file, unpack
from actbench.datasets.raw_table import Array, Column, Examples, Features, RawData
from actbench.datasets.readers.idx import parse_idx
from actbench.datasets.readers.npz import load_arrays
from actbench.datasets.spec import DATASETS
from actbench.errors import DataError

_STORAGE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

_TORONTO = "https://www.cs.toronto.edu/~kriz/"


@dataclass(frozen=True)
class KerasFile:
    """A file of Keras's cache.

    Attributes:
        paths: Where versions of Keras put it, below the cache's folder `datasets`; the newest first.
        origin: Where it comes from.
        sha256: As Keras states it; None where Keras states none.
        md5: As its publisher states it, where Keras states no checksum.
    """

    paths: tuple[str, ...]
    origin: str
    sha256: str | None = None
    md5: str | None = None

    def problem(self, content: bytes, sha256: str) -> str:
        """Why this content, of this hash, is not the file's; empty where it is."""
        if self.sha256 is not None:
            return "" if sha256 == self.sha256 else f"its SHA-256 is {sha256}, Keras expects {self.sha256}"
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return "" if found == self.md5 else f"its MD5 is {found}, its publisher states {self.md5}"

    @property
    def checksum(self) -> str:
        """To check it with, in words."""
        return f"SHA-256 {self.sha256}" if self.sha256 else f"MD5 {self.md5}, says its publisher"


def _fashion(file: str, md5: str) -> KerasFile:
    """The checksums are in the README of https://github.com/zalandoresearch/fashion-mnist."""
    return KerasFile((f"fashion-mnist/{file}",), f"{_STORAGE}{file}", md5=md5)


FILES: dict[str, tuple[KerasFile, ...]] = {
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


def folders() -> tuple[Path, ...]:
    """Where Keras caches data: its home, and where it goes when that cannot be written."""
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    return home / "datasets", Path("/tmp/.keras/datasets")


def find(file: KerasFile) -> Path | None:
    """A file in the cache; None where it is not there."""
    candidates = (folder / path for folder in folders() for path in file.paths)
    return next((path for path in candidates if path.is_file()), None)


def is_cached(name: str) -> bool:
    """Whether all files of a set are there, whatever is in them."""
    return all(find(file) for file in FILES[name])


def remedy(name: str) -> str:
    """What to do by hand where a set cannot be downloaded."""
    lines = [
        f"  {folders()[0] / file.paths[0]}\n    from {file.origin}\n    {file.checksum}"
        for file in FILES[name]
    ]
    return "put there by hand, or run where there is a network:\n" + "\n".join(lines)


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
        sha256=combine_sha256(hashes.values()),
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

_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}


def must_download(name: str | None) -> bool:
    """Whether a dataset has to be downloaded first."""
    source = DATASETS.get(name or "")
    return source is not None and source.kind == "keras" and not is_cached(source.name)


def download(name: str) -> None:
    """Fills Keras's cache, with Keras's progress on standard error if that is a terminal.

    Raises:
        DataError: It cannot be done; the message says where to put which file.
    """
    sys.stderr.write(f"downloading {name} into Keras's cache\n")
    sys.stderr.flush()
    path = os.pathsep.join(entry for entry in sys.path if entry)
    told = ""
    with subprocess.Popen(
        [sys.executable, "-m", "actbench.engine.download", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(os.environ) | _ENVIRONMENT | {"PYTHONPATH": path},
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        while piece := process.stdout.read(64):
            told = (told + piece)[-4000:]
            if sys.stderr.isatty():
                sys.stderr.write(piece)
    if process.returncode != 0 or not is_cached(name):
        lines = told.strip().splitlines() or ["nothing was told"]
        raise DataError(f"{name} could not be downloaded: {lines[-1]}; {remedy(name)}")
