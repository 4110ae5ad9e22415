"""Every random decision of a run comes from here, as a function of (seed, role, index).

Nothing draws from a global generator, so adding an activation to a config moves nobody else's numbers.
What is measured rests on raw PCG64 words alone: NumPy guarantees that stream across versions, but not
`Generator`'s methods, which are for resampling what has been measured.
"""

import zlib

import numpy as np
import numpy.typing as npt


def _bits(seed: int, role: str, index: int) -> np.random.PCG64:
    return np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(role.encode()), index]))


def permutation(n: int, seed: int, role: str, index: int = 0) -> npt.NDArray[np.int32]:
    """A uniformly random order of 0..n-1.

    Args:
        n: How many items, at least 0.
        seed: The replicate, at least 0.
        role: What the order is for, such as "batches"; different roles are independent.
        index: Position within the role, such as the epoch.

    Returns:
        Shape (n,), each of 0..n-1 once.
    """
    words = _bits(seed, role, index).random_raw(n)
    return np.argsort(np.asarray(words, dtype=np.uint64), kind="stable").astype(np.int32)


def balanced_order(n: int, seed: int, role: str, index: int) -> npt.NDArray[np.int32]:
    """A random order of 0..n-1 for each round, such that the rounds together favour none.

    In every n rounds (2n where n is odd) each item stands equally often in each place, and follows each other
    item equally often: a Williams square (E. J. Williams, Australian Journal of Scientific Research A 2,
    1949) with its items and rows in random order. Orders drawn one by one differ in how often they begin
    with an item, and the first in a round is slower.

    Args:
        n: How many items, at least 1.
        seed: As in `permutation`.
        role: As in `permutation`.
        index: Of the round, from 0.

    Returns:
        Shape (n,), each of 0..n-1 once.
    """
    rounds = n if n % 2 == 0 else 2 * n
    square, row = divmod(index, rounds)
    places = np.arange(n)
    zigzag = np.where(places % 2 == 0, places // 2, n - 1 - places // 2)
    shift = int(permutation(rounds, seed, f"{role}, rows", square)[row])
    order = (zigzag + shift) % n
    items = permutation(n, seed, role, square)
    return items.take(order if shift < n else order[::-1])


def uniform(n: int, seed: int, role: str, index: int = 0) -> npt.NDArray[np.float64]:
    """Numbers drawn uniformly from [0, 1); the first ones do not depend on how many there are.

    Args:
        n: How many, at least 0.
        seed: As in `permutation`.
        role: As in `permutation`.
        index: As in `permutation`.

    Returns:
        Shape (n,), each a multiple of 2**-53.
    """
    words = np.asarray(_bits(seed, role, index).random_raw(n), dtype=np.uint64)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(n: int, seed: int, role: str, index: int = 0) -> npt.NDArray[np.float64]:
    """Standard normal numbers, shape (n,); arguments as in `uniform`.

    By the transformation of Box and Muller (Annals of Mathematical Statistics 29, 1958).
    """
    first, second = uniform(2 * n, seed, role, index).reshape(n, 2).T
    distance: npt.NDArray[np.float64] = np.sqrt(-2 * np.log1p(-first))
    drawn: npt.NDArray[np.float64] = distance * np.cos(2 * np.pi * second)
    return drawn


def integer(seed: int, role: str, index: int = 0) -> int:
    """A random integer in 0..2**31-1, to seed a library's own generator."""
    return int(_bits(seed, role, index).random_raw()) >> 33


def generator(seed: int, role: str, index: int = 0) -> np.random.Generator:
    """NumPy's generator at the start of a stream of its own, to resample with."""
    return np.random.Generator(_bits(seed, role, index))
