"""Verdicts on differences to a baseline, over all activations of a setting at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from actbench.stats.intervals import Interval, exact_interval, mean_interval, mean_over_blocks, sorted_samples
from actbench.stats.significance import holm, seeds_to_settle, sign_flip_p

if TYPE_CHECKING:
    from actbench.stats.intervals import Floats

Verdict = Literal["BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE"]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_FEWEST_TIES = 6  # with fewer seeds no sign-flip test reaches 5 %


@dataclass(frozen=True)
class Difference:
    """The difference of one activation to the baseline in one quantity, before a verdict.

    Attributes:
        interval: Interval of the difference; 0 is no difference.
        p: p value of the hypothesis that there is no difference; None where the samples cannot say.
        spread: Standard deviation of the difference from seed to seed; None where unknown.
        seeds: Number of seeds that the difference is over.
        sign_flip: Whether `p` is that of the sign-flip test; of a t test otherwise.
    """

    interval: Interval
    p: float | None
    spread: float | None
    seeds: int
    sign_flip: bool = False


IDENTICAL = Difference(exact_interval(0.0), 1.0, 0.0, 0)
"""The difference of two activations that computed the same to the last bit: no noise is in it."""


@dataclass(frozen=True)
class Comparison:
    """A difference with its verdict.

    Attributes:
        interval: Interval of the difference, or of the ratio where that is what is reported.
        p: p value of the hypothesis of no difference, on its own; None where the samples cannot say.
        p_adjusted: The same after Holm's adjustment over the activations of the setting.
        verdict: The verdict; None for the baseline against itself.
        seeds_needed: If INCONCLUSIVE, the number of seeds that would likely decide, were the true spread and
            difference those observed. None where that cannot be told, or would be more than 10,000.
    """

    interval: Interval
    p: float | None
    p_adjusted: float | None
    verdict: Verdict | None
    seeds_needed: int | None = None

    def map(self, function: Callable[[float], float]) -> Comparison:
        """Return the comparison on another scale, given an increasing function."""
        return replace(self, interval=self.interval.map(function))


def interval_of(comparison: Comparison | None) -> Interval | None:
    """Return a comparison's interval; None where there is no comparison."""
    return None if comparison is None else comparison.interval


def paired_difference(
    differences: Sequence[float], rng: np.random.Generator, resolution: float = 0.0
) -> Difference:
    """Return the difference in a quantity that is measured once a seed.

    Args:
        differences: Shape (n,), n >= 1: the activation's value less the baseline's, per seed.
        rng: Draws the sign flips, where there are too many to try them all.
        resolution: Half a step, of a quantity that is counted in steps so coarse that seeds often tie, such
            as epochs. Six or more seeds that all tie then have an interval of one step around their value.
    """
    samples = sorted_samples(differences)
    n, tied = len(samples), bool(samples[0] == samples[-1])
    spread = None if tied else float(samples.std(ddof=1))
    interval = mean_interval(samples)
    if tied and resolution and n >= _FEWEST_TIES:
        interval = Interval(interval.estimate, interval.estimate - resolution, interval.estimate + resolution)
    return Difference(interval, sign_flip_p(samples, rng), spread, n, sign_flip=True)


def paired_log_ratio(ratios: Sequence[Sequence[float] | Floats], rng: np.random.Generator) -> Difference:
    """Return the difference in the logarithm of a time that is measured in many rounds a seed.

    Args:
        ratios: Per seed the logarithm of each round's ratio to the baseline, in the order in which the rounds
            ran.
        rng: Draws the bootstrap of a single seed's rounds.
    """
    mean = mean_over_blocks(ratios, rng)
    # The rounds of a single seed say nothing about the spread from seed to seed.
    known = mean.standard_error is not None and len(ratios) > 1
    spread = mean.standard_error * math.sqrt(len(ratios)) if known and mean.standard_error else None
    return Difference(mean.interval, mean.p, spread, len(ratios))


def judge_differences(
    differences: Mapping[str, Difference],
    *,
    margin: float,
    alpha: float,
    larger_is_better: bool,
    beyond: float = 0.0,
) -> dict[str, Comparison]:
    """Judge one quantity of all activations of a setting.

    Args:
        differences: The differences by label: the family over which Holm's method controls false verdicts.
        margin: Differences from -margin to margin do not matter.
        alpha: The chance of any false BETTER or WORSE among the family, at most 0.05.
        larger_is_better: Whether a positive difference is an improvement.
        beyond: How far from 0 an interval must stay for BETTER or WORSE.

    Returns:
        The comparisons by label, in the order of `differences`.
    """
    adjusted = holm([difference.p for difference in differences.values()])
    family = len(differences)
    judged = {}
    for (label, difference), p_adjusted in zip(differences.items(), adjusted, strict=True):
        verdict = decide_verdict(
            difference.interval,
            p_adjusted,
            margin=margin,
            alpha=alpha,
            larger_is_better=larger_is_better,
            beyond=beyond,
        )
        seeds_needed = None
        if verdict == "INCONCLUSIVE" and difference.spread:
            seeds_needed = seeds_to_settle(
                difference.interval.estimate,
                difference.spread,
                difference.seeds,
                margin,
                alpha / family,  # the first step of Holm's method, the most demanding one
                beyond=beyond,
                sign_flip=difference.sign_flip,
            )
        judged[label] = Comparison(difference.interval, difference.p, p_adjusted, verdict, seeds_needed)
    return judged


def decide_verdict(
    interval: Interval,
    p_adjusted: float | None,
    *,
    margin: float,
    alpha: float,
    larger_is_better: bool,
    beyond: float = 0.0,
) -> Verdict:
    """Return what an interval and a p value say about a difference.

    EQUIVALENT comes first: a difference that is surely too small to matter is not worth a BETTER.

    Args:
        interval: Interval of the difference; 0 is no difference.
        p_adjusted: p value of the hypothesis that there is no difference.
        margin: Differences from -margin to margin do not matter.
        alpha: The largest p value that counts as evidence.
        larger_is_better: Whether a positive difference is an improvement.
        beyond: How far from 0 the interval must stay for BETTER or WORSE. 0 for a quantity that only the
            seeds disturb; the margin for times, which a process may offset by up to that in all its seeds.
    """
    if interval.is_inside(-margin, margin):
        return "EQUIVALENT"
    if p_adjusted is not None and p_adjusted <= alpha and interval.is_clear_of(-beyond, beyond):
        return "BETTER" if (interval.estimate > 0) == larger_is_better else "WORSE"
    return "INCONCLUSIVE"
