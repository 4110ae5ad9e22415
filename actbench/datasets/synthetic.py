"""Sets that are made from the config alone, the same on every machine and for every seed.

`two_spirals` is by K. Lang and M. Witbrock (Learning to Tell Two Spirals Apart, Connectionist Models Summer
School 1988), with points anywhere along the spirals instead of 97 fixed ones on each. `friedman1` is by
J. Friedman (Multivariate Adaptive Regression Splines, Annals of Statistics 19, 1991), who adds noise of
standard deviation 1.
"""

import hashlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from actbench import streams
from actbench.datasets.raw import Column, Examples, Features, RawData

_SEED = 0  # the data must not depend on the replicate
_VERSION = 1  # to be raised by whoever changes what is made

Floats = npt.NDArray[np.float64]


def make(name: str, samples: int, noise: float) -> RawData:
    """A synthetic set.

    Args:
        name: One of the registry's that are synthetic.
        samples: How many examples.
        noise: Standard deviation of what is added: to the points where there are classes, after those were
            told; else to the number to be predicted.
    """

    def draw(column: int) -> Floats:
        return streams.uniform(samples, _SEED, f"synthetic {name}", column)

    x, y = _MAKERS[name](draw)
    for column in range(x.shape[1]) if y.dtype.kind == "i" else ():
        x[:, column] += noise * streams.normal(samples, _SEED, f"noise {name}", column)
    if y.dtype.kind == "f":
        y = y + noise * streams.normal(samples, _SEED, f"noise {name}")
    features = Features(x.astype(np.float32))
    recipe = f"{name}, version {_VERSION}, {samples} samples, noise {noise!r}"
    return RawData(
        label=name,
        train=Examples(lambda: features, {"label" if y.dtype.kind == "i" else "value": Column(y)}),
        test=None,
        sha256=hashlib.sha256(recipe.encode()).hexdigest(),
        width=x.shape[1],
        scale="none",
        kind="classes" if y.dtype.kind == "i" else "number",
    )


Made = tuple[Floats, npt.NDArray[np.number]]
Draw = Callable[[int], Floats]


def _two_spirals(draw: Draw) -> Made:
    along, second = 96 * draw(0), draw(1) < 0.5
    angle, radius = along * np.pi / 16, 6.5 * (104 - along) / 104
    sign = np.where(second, -1.0, 1.0)
    x = np.stack([sign * radius * np.sin(angle), sign * radius * np.cos(angle)], axis=1)
    return x, second.astype(np.int64)


def _checkerboard(draw: Draw) -> Made:
    x = np.stack([2 * draw(0) - 1, 2 * draw(1) - 1], axis=1)
    return x, (np.floor(2 * (x + 1)).sum(axis=1) % 2).astype(np.int64)


def _xor(draw: Draw) -> Made:
    x = np.stack([2 * draw(0) - 1, 2 * draw(1) - 1], axis=1)
    return x, ((x[:, 0] > 0) != (x[:, 1] > 0)).astype(np.int64)


def _friedman1(draw: Draw) -> Made:
    x = np.stack([draw(column) for column in range(10)], axis=1)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x, y


def _sine(draw: Draw) -> Made:
    x = np.pi * (2 * draw(0) - 1)
    return x[:, None], np.sin(x)


_MAKERS: dict[str, Callable[[Draw], Made]] = {
    "two_spirals": _two_spirals,
    "checkerboard": _checkerboard,
    "xor": _xor,
    "friedman1": _friedman1,
    "sine": _sine,
}
