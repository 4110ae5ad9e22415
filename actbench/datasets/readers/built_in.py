"""The datasets that need no file of the user: MNIST, which is in the package, and synthetic sets."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from actbench import rng
from actbench.datasets.raw_table import Examples, Features, RawColumn, RawData
from actbench.errors import DataError

MNIST = Path(__file__).parents[1] / "mnist.npz"

MNIST_SHA256 = "99b6212d8b734503d7fa2e29ea6413bad62226998e56555f4a6b0b30072f1aec"
"""Hash of the file that `tools/make_mnist.py` makes; a run stops if the file differs."""

# The seed of synthetic sets: the data must not depend on the seed of a replicate.
_SEED = 0

# Part of the hash of synthetic sets; increase it in a change that makes other data.
_VERSION = 1

Floats = npt.NDArray[np.float64]

SyntheticData = tuple[Floats, npt.NDArray[np.number]]
"""Features, shape (n, columns), and the target, shape (n,): integers for classes, floats for a number."""

Draw = Callable[[int], Floats]
"""Returns uniform numbers from 0 to 1, shape (n,), for the number of a column."""


def read_mnist() -> RawData:
    """Read MNIST; its images are decompressed only when they are asked for.

    Raises:
        DataError: The file is missing, or its checksum differs.
    """
    arrays = _open_verified(MNIST, MNIST_SHA256)

    def examples(part: str) -> Examples:
        def images() -> Features:
            levels = arrays[f"x_{part}"]
            return Features(levels.reshape(len(levels), -1))

        return Examples(images, {"label": RawColumn(arrays[f"y_{part}"])})

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
    """Open the archive. The bytes that were hashed are the bytes that are read, from one copy in memory."""
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


def make_synthetic(name: str, samples: int, noise: float) -> RawData:
    """Make a synthetic set.

    Args:
        name: Name of a synthetic set of the registry.
        samples: Number of examples.
        noise: Standard deviation of the noise. If the target is classes, it is added to the features, after
            the classes were decided; otherwise to the target.
    """

    def draw(column: int) -> Floats:
        return rng.uniform(samples, _SEED, f"synthetic {name}", column)

    x, y = _MAKERS[name](draw)
    for column in range(x.shape[1]) if y.dtype.kind == "i" else ():
        x[:, column] += noise * rng.normal(samples, _SEED, f"noise {name}", column)
    if y.dtype.kind == "f":
        y = y + noise * rng.normal(samples, _SEED, f"noise {name}")
    features = Features(x.astype(np.float32))
    recipe = f"{name}, version {_VERSION}, {samples} samples, noise {noise!r}"
    return RawData(
        label=name,
        train=Examples(lambda: features, {"label" if y.dtype.kind == "i" else "value": RawColumn(y)}),
        test=None,
        sha256=hashlib.sha256(recipe.encode()).hexdigest(),
        width=x.shape[1],
        scale="none",
        kind="classes" if y.dtype.kind == "i" else "number",
    )


def _two_spirals(draw: Draw) -> SyntheticData:
    along, second = 96 * draw(0), draw(1) < 0.5
    angle, radius = along * np.pi / 16, 6.5 * (104 - along) / 104
    sign = np.where(second, -1.0, 1.0)
    x = np.stack([sign * radius * np.sin(angle), sign * radius * np.cos(angle)], axis=1)
    return x, second.astype(np.int64)


def _checkerboard(draw: Draw) -> SyntheticData:
    x = np.stack([2 * draw(0) - 1, 2 * draw(1) - 1], axis=1)
    return x, (np.floor(2 * (x + 1)).sum(axis=1) % 2).astype(np.int64)


def _xor(draw: Draw) -> SyntheticData:
    x = np.stack([2 * draw(0) - 1, 2 * draw(1) - 1], axis=1)
    return x, ((x[:, 0] > 0) != (x[:, 1] > 0)).astype(np.int64)


def _friedman1(draw: Draw) -> SyntheticData:
    x = np.stack([draw(column) for column in range(10)], axis=1)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x, y


def _sine(draw: Draw) -> SyntheticData:
    x = np.pi * (2 * draw(0) - 1)
    return x[:, None], np.sin(x)


_MAKERS: dict[str, Callable[[Draw], SyntheticData]] = {
    "two_spirals": _two_spirals,
    "checkerboard": _checkerboard,
    "xor": _xor,
    "friedman1": _friedman1,
    "sine": _sine,
}
