"""The cache of Keras's datasets: which files belong to a set, where they lie, and their download.

The addresses and SHA-256 checksums are those in Keras's source.
"""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from actbench.datasets.files import open_file
from actbench.datasets.spec import DATASETS
from actbench.errors import DataError

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
        sha256: The checksum in Keras's source; None if that has none.
        md5: The checksum of the file's publisher if Keras has none.
    """

    paths: tuple[str, ...]
    origin: str
    sha256: str | None = None
    md5: str | None = None

    def problem(self, content: bytes, sha256: str) -> str:
        """Explain why this content, which has this hash, is not the file's; empty if it is."""
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
        path: Where it lies.
        content: Its bytes.
        sha256: Hash of these bytes.
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
