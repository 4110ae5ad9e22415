"""The random numbers of a run, each a function of (seed, role, index).

Nothing draws from a global generator, so adding an activation to a config does not change the numbers of the
others. Measurements depend on raw PCG64 words alone: NumPy guarantees that stream across versions, but not
the methods of `Generator`. Those only resample what has been measured.
"""

import zlib

import numpy as np
import numpy.typing as npt


def permutation(n: int, seed: int, role: str, index: int = 0) -> npt.NDArray[np.int32]:
    """Draw a uniformly random order of 0..n-1.

    Args:
        n: Number of items, at least 0.
        seed: Seed of the replicate, at least 0.
        role: Purpose of the order, such as "batches"; the orders of different roles are independent.
        index: Position within the role, such as the epoch.

    Returns:
        An array of shape (n,) that holds each of 0..n-1 once.
    """
    words = _stream(seed, role, index).random_raw(n)
    return np.argsort(np.asarray(words, dtype=np.uint64), kind="stable").astype(np.int32)


def balanced_order(n: int, seed: int, role: str, index: int) -> npt.NDArray[np.int32]:
    """Draw an order of 0..n-1 for a round of timings, balanced over the rounds.

    In every n rounds (2n if n is odd) each item stands equally often in each place, and follows each other
    item equally often. This is a Williams square (E. J. Williams, Australian Journal of Scientific Research A
    2, 1949) with its items and rows in random order. Independent orders would let some items begin more
    rounds than others, and the first item of a round is slower.

    Args:
        n: Number of items, at least 1.
        seed: Seed of the replicate, at least 0.
        role: Purpose of the order; the orders of different roles are independent.
        index: Number of the round, from 0.

    Returns:
        An array of shape (n,) that holds each of 0..n-1 once.
    """
    rounds = n if n % 2 == 0 else 2 * n
    square, row = divmod(index, rounds)
    places = np.arange(n)
    # The first row is 0, n-1, 1, n-2, ..., and the others are shifted copies. For even n, each difference of
    # neighbors (mod n) occurs once per row; for odd n, twice in a row and its mirror image together.
    zigzag = np.where(places % 2 == 0, places // 2, n - 1 - places // 2)
    shift = int(permutation(rounds, seed, f"{role}, rows", square)[row])
    order = (zigzag + shift) % n
    items = permutation(n, seed, role, square)
    return items.take(order if shift < n else order[::-1])


def uniform(n: int, seed: int, role: str, index: int = 0) -> npt.NDArray[np.float64]:
    """Draw numbers uniformly from [0, 1); the first ones are the same whatever `n` is.

    Args:
        n: How many numbers, at least 0.
        seed: Seed of the replicate, at least 0.
        role: Purpose of the numbers; those of different roles are independent.
        index: Position within the role.

    Returns:
        An array of shape (n,) of multiples of 2**-53.
    """
    words = np.asarray(_stream(seed, role, index).random_raw(n), dtype=np.uint64)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(n: int, seed: int, role: str, index: int = 0) -> npt.NDArray[np.float64]:
    """Draw standard normal numbers of shape (n,), for the arguments of `uniform`.

    The method is the transformation of Box and Muller (Annals of Mathematical Statistics 29, 1958).
    """
    first, second = uniform(2 * n, seed, role, index).reshape(n, 2).T
    distance: npt.NDArray[np.float64] = np.sqrt(-2 * np.log1p(-first))
    drawn: npt.NDArray[np.float64] = distance * np.cos(2 * np.pi * second)
    return drawn


def integer(seed: int, role: str, index: int = 0) -> int:
    """Draw an integer from 0..2**31-1, to seed the generator of another library."""
    return int(_stream(seed, role, index).random_raw()) >> 33


def generator(seed: int, role: str, index: int = 0) -> np.random.Generator:
    """Return a NumPy generator at the start of its own stream, to resample measurements with."""
    return np.random.Generator(_stream(seed, role, index))


def _stream(seed: int, role: str, index: int) -> np.random.PCG64:
    """Return the stream of random words of a seed, a role and an index."""
    return np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(role.encode()), index]))
