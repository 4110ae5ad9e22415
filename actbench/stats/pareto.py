"""The Pareto front of score and time, with the uncertainty of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from actbench.stats.intervals import Floats

_DRAWS = 4000  # the standard error of a share is at most 0.8 points


def front_probabilities(scores: Floats, log_times: Sequence[Floats], rng: np.random.Generator) -> Floats:
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


def _relative_times(log_times: Floats) -> Floats:
    """Return each contender's median over rounds, relative to the round's mean, shape (contenders,).

    The round's mean takes the drift of the machine out, which would otherwise shift the medians of a block.
    """
    medians: Floats = np.median(log_times - log_times.mean(axis=0), axis=1)
    return medians


def _is_dominated(contender: int, scores: Floats, times: Floats) -> npt.NDArray[np.bool_]:
    """Return in which draws another contender dominates this one; arrays have shape (contenders, draws)."""
    as_good = (scores >= scores[contender]) & (times <= times[contender])
    better = (scores > scores[contender]) | (times < times[contender])
    dominated: npt.NDArray[np.bool_] = np.any(as_good & better, axis=0)
    return dominated
