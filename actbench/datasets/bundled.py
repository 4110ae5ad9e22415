"""MNIST, which is in the package: that file, and nothing but exactly that file."""

import hashlib
import io
from pathlib import Path

import numpy as np

from actbench.datasets.raw import Column, Examples, Features, RawData
from actbench.errors import DataError

MNIST = Path(__file__).parent / "mnist.npz"
MNIST_SHA256 = "99b6212d8b734503d7fa2e29ea6413bad62226998e56555f4a6b0b30072f1aec"


def read_mnist() -> RawData:
    """The training and test set; the images are not unpacked before they are asked for.

    Raises:
        DataError: The file is missing, or its checksum differs.
    """
    arrays = _open_verified(MNIST, MNIST_SHA256)

    def examples(part: str) -> Examples:
        def images() -> Features:
            levels = arrays[f"x_{part}"]
            return Features(levels.reshape(len(levels), -1))

        return Examples(images, {"label": Column(arrays[f"y_{part}"])})

    return RawData(
        label="mnist",
        train=examples("train"),
        test=examples("test"),
        sha256=MNIST_SHA256,
        files={MNIST.name: MNIST_SHA256},
        width=784,
        scale="unit",
        kind="classes",
    )


def _open_verified(path: Path, sha256: str) -> np.lib.npyio.NpzFile:
    """The open archive; what was hashed is what is read, for both use one copy in memory."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read dataset mnist: {path}: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataError(
            f"dataset mnist is damaged: {path} has {len(content):,} bytes and SHA-256 "
            f"{found}, expected {sha256}; install actbench again"
        )
    archive: np.lib.npyio.NpzFile = np.load(io.BytesIO(content), allow_pickle=False)
    return archive
