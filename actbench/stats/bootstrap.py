"""Two bootstraps: of the median of a series with similar neighbors, and of the Pareto front."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]  # `intervals` imports this file, and names the type for all others

_RESAMPLES = 200

_DRAWS = 4000  # the standard error of a share is at most 0.8 points


def median_standard_error(
    values: Sequence[float] | npt.NDArray[np.float64], rng: np.random.Generator
) -> float:
    """Estimate the standard error of the median by the circular moving-block bootstrap.

    The noise of a machine comes in bursts, so neighboring samples are not independent. The bootstrap
    therefore draws stretches of neighbors instead of single samples. The end of the series is joined to its
    beginning, so that every sample is drawn equally often (D. N. Politis and J. P. Romano, "A circular
    block-resampling procedure for stationary data", in Exploring the Limits of Bootstrap, 1992).

    Args:
        values: The samples in the order of time, shape (n,), n >= 2.
        rng: Draws the resamples.

    Returns:
        The standard deviation of the medians of 200 resamples, in the unit of the values; 0 if all tie.
    """
    series = np.asarray(values, dtype=np.float64)
    n = series.size
    length = _stretch_length(n)
    starts = rng.integers(n, size=(_RESAMPLES, -(-n // length), 1))
    rows = ((starts + np.arange(length)) % n).reshape(_RESAMPLES, -1)[:, :n]
    medians = np.median(series[rows], axis=1)
    # The float mean of equal numbers may differ from them, so that their deviation is not quite 0.
    return float(medians.std(ddof=1)) if np.ptp(medians) else 0.0


def degrees_of_freedom(n: int) -> float:
    """Return the degrees of freedom for Student's t with that standard error.

    They are the number of independent stretches that n samples hold, less one; not necessarily whole.
    """
    return n / _stretch_length(n) - 1


def _stretch_length(n: int) -> int:
    """Return how many neighbors to draw together: 1.5 sqrt(n), at most n / 3.

    In simulations with autocorrelation 0.6 and with bursts of three rounds, 1.5 sqrt(n) covers 93 % of a
    nominal 95 % from 20 samples on; sqrt(n) covers 89 %.
    """
    return max(1, min(n // 3, round(1.5 * math.sqrt(n))))


def front_probabilities(scores: _Floats, log_times: Sequence[_Floats], rng: np.random.Generator) -> _Floats:
    """Estimate the probability that each contender lies on the Pareto front of score and time.

    A contender is dominated by another that is at least as good and as fast, and better in one of the two.
    Its probability is the share of bootstrap draws in which nothing dominates it. A draw takes as many blocks
    as there are, with replacement and each with all its contenders, so that what these share stays shared (B.
    Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1979). Score and time
    of a contender are its means over the blocks drawn.

    Args:
        scores: Score by contender and block, shape (contenders, blocks); higher is better.
        log_times: For each block, the logarithm of the time by contender and round, shape (contenders,
            rounds).
        rng: Draws the blocks.

    Returns:
        The probabilities, shape (contenders,).
    """
    speeds = np.array([_relative_times(block) for block in log_times]).T
    blocks = len(log_times)
    weights = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=_DRAWS) / blocks
    # Accuracies move in steps, so their means tie; those of floats do so only when rounded.
    drawn_scores, drawn_times = np.round(scores @ weights.T, 12), speeds @ weights.T
    return np.array(
        [
            np.mean(~_is_dominated(contender, drawn_scores, drawn_times))
            for contender in range(len(drawn_scores))
        ]
    )


def _relative_times(log_times: _Floats) -> _Floats:
    """Return each contender's median over rounds, relative to the round's mean, shape (contenders,).

    The round's mean takes the drift of the machine out, which would otherwise shift the medians of a block.
    """
    medians: _Floats = np.median(log_times - log_times.mean(axis=0), axis=1)
    return medians


def _is_dominated(contender: int, scores: _Floats, times: _Floats) -> npt.NDArray[np.bool_]:
    """Return in which draws another contender dominates this one; arrays have shape (contenders, draws)."""
    as_good = (scores >= scores[contender]) & (times <= times[contender])
    better = (scores > scores[contender]) | (times < times[contender])
    dominated: npt.NDArray[np.bool_] = np.any(as_good & better, axis=0)
    return dominated
