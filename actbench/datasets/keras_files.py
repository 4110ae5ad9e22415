"""The files of `keras.datasets`: where Keras caches which, and where they come from.

The addresses and SHA-256 checksums are those in Keras's source.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

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
