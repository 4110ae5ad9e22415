"""Differences to a baseline become verdicts, over all activations of a setting at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from actbench.stats.intervals import Interval, blocks_mean, exactly, mean_interval, sorted_samples
from actbench.stats.significance import holm, seeds_to_settle, sign_flip_p

if TYPE_CHECKING:
    from actbench.stats.intervals import Floats

_FEWEST_TIES = 6  # with fewer, no sign-flip test reaches 5 %

Verdict = Literal["BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE"]


@dataclass(frozen=True)
class Difference:
    """How one activation differs from the baseline in one quantity, before it is judged.

    Attributes:
        interval: Of the difference; 0 is no difference.
        p: Of the hypothesis that there is none; None where the samples cannot say.
        spread: Standard deviation of the difference from seed to seed; None where unknown.
        seeds: Over how many seeds.
        signs: Whether p is that of the sign-flip test; of a t test otherwise.
    """

    interval: Interval
    p: float | None
    spread: float | None
    seeds: int
    signs: bool = False


@dataclass(frozen=True)
class Comparison:
    """A difference with its verdict.

    Attributes:
        interval: Of the difference, or of the ratio where that is what is reported.
        p: Of the hypothesis of no difference, on its own; None where the samples cannot say.
        p_adjusted: The same after Holm's adjustment over the activations of the setting.
        verdict: What follows; None for the baseline against itself.
        seeds_needed: When INCONCLUSIVE, how many seeds would likely decide it, were the spread and the
            difference those observed; None where that cannot be told, or would be more than 10,000.
    """

    interval: Interval
    p: float | None
    p_adjusted: float | None
    verdict: Verdict | None
    seeds_needed: int | None = None

    def map(self, function: Callable[[float], float]) -> Comparison:
        """The same on another scale, by an increasing function."""
        return replace(self, interval=self.interval.map(function))


def interval_of(comparison: Comparison | None) -> Interval | None:
    """Its interval; None where there is no comparison."""
    return None if comparison is None else comparison.interval


IDENTICAL = Difference(exactly(0.0), 1.0, 0.0, 0)


def paired_difference(
    differences: Sequence[float], rng: np.random.Generator, resolution: float = 0.0
) -> Difference:
    """A quantity measured once a seed.

    Args:
        differences: Shape (n,), n >= 1: per seed, less the baseline's.
        rng: For the sign flips, where they are too many to try all.
        resolution: Half a step, of what is counted in steps so coarse that seeds tie as a rule. Six seeds or
            more that all tie are taken to be known as well as that.
    """
    samples = sorted_samples(differences)
    n, tied = len(samples), bool(samples[0] == samples[-1])
    spread = None if tied else float(samples.std(ddof=1))
    interval = mean_interval(samples)
    if tied and resolution and n >= _FEWEST_TIES:
        interval = Interval(interval.estimate, interval.estimate - resolution, interval.estimate + resolution)
    return Difference(interval, sign_flip_p(samples, rng), spread, n, signs=True)


def paired_log_ratio(ratios: Sequence[Sequence[float] | Floats], rng: np.random.Generator) -> Difference:
    """A time, measured in many rounds a seed.

    Args:
        ratios: Per seed the rounds' logarithms of the ratio to the baseline, in the order in which they ran.
        rng: For the bootstrap of a single seed's rounds.
    """
    mean = blocks_mean(ratios, rng)
    known = mean.standard_error is not None and len(ratios) > 1
    spread = mean.standard_error * math.sqrt(len(ratios)) if known and mean.standard_error else None
    return Difference(mean.interval, mean.p, spread, len(ratios))


def compare(
    differences: Mapping[str, Difference],
    *,
    margin: float,
    alpha: float,
    larger_is_better: bool,
    beyond: float = 0.0,
) -> dict[str, Comparison]:
    """Judges one quantity of all activations of a setting.

    Args:
        differences: By label; the family over which Holm's method controls false verdicts.
        margin: Differences from -margin to margin do not matter.
        alpha: The chance of any false BETTER or WORSE among them, at most 0.05.
        larger_is_better: Whether a positive difference is an improvement.
        beyond: How far from 0 an interval must stay for BETTER or WORSE.
    """
    adjusted = holm([difference.p for difference in differences.values()])
    family = len(differences)
    judged = {}
    for (label, difference), p_adjusted in zip(differences.items(), adjusted, strict=True):
        verdict = judge(
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
                alpha / family,
                beyond=beyond,
                signs=difference.signs,
            )
        judged[label] = Comparison(difference.interval, difference.p, p_adjusted, verdict, seeds_needed)
    return judged


def judge(
    interval: Interval,
    p_adjusted: float | None,
    *,
    margin: float,
    alpha: float,
    larger_is_better: bool,
    beyond: float = 0.0,
) -> Verdict:
    """What an interval and a p value say about a difference.

    EQUIVALENT comes first: a difference that is surely too small to matter is not worth a BETTER.

    Args:
        interval: Of the difference; 0 is no difference.
        p_adjusted: Of the hypothesis that there is none.
        margin: Differences from -margin to margin do not matter.
        alpha: The largest p that is believed.
        larger_is_better: Whether a positive difference is an improvement.
        beyond: How far from 0 the interval must stay for BETTER or WORSE. 0 for what seeds alone disturb; the
            margin for times, which a process may offset by up to that in all its seeds alike.
    """
    if interval.inside(-margin, margin):
        return "EQUIVALENT"
    if p_adjusted is not None and p_adjusted <= alpha and interval.clear_of(-beyond, beyond):
        return "BETTER" if (interval.estimate > 0) == larger_is_better else "WORSE"
    return "INCONCLUSIVE"


VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
