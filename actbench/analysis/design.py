"""The differences that a number of seeds, or a machine with its placebo, can resolve."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median, stdev
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import stdtrit

from actbench.analysis.blocks import finished_blocks
from actbench.analysis.cells import SettingCells, common_slices, test_score
from actbench.rng import generator
from actbench.stats.intervals import UPPER_QUANTILE, MeanEstimate, mean_over_blocks
from actbench.stats.significance import (
    detectable_effect,
    equivalence_power,
    seeds_for_effect,
    seeds_for_equivalence,
    seeds_to_decide,
    smallest_p,
)

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo
    from actbench.stats.intervals import Interval

# Median over the twelve activations of the standard deviation of their paired differences to relu in
# results/reference/mnist, 0.19 points; a test recomputes it.
TYPICAL_SD = 0.00188

EngineName = Literal["compiled", "keras"]

# The number of seeds that shipped configs have, and so of the run that the extrapolation is about.
EXTRAPOLATED_SEEDS = 10


@dataclass(frozen=True)
class Design:
    """Seeds and comparisons of one setting, before the run.

    Attributes:
        seeds: Number of seeds, at least 1.
        comparisons: Number of activations that are compared with the baseline.
        alpha: Chance of any false BETTER or WORSE among them.
        margin: Differences of the score from -margin to margin do not matter.
        sd: Standard deviation of a paired difference of scores from seed to seed, above 0. None where it is
            not known; the figures that depend on it are None, too.
    """

    seeds: int
    comparisons: int
    alpha: float
    margin: float
    sd: float | None

    @property
    def alpha_each(self) -> float:
        """Return the alpha that the first, most demanding step of Holm's method leaves to one comparison."""
        return self.alpha / max(1, self.comparisons)

    @property
    def smallest_p(self) -> float:
        """Return the smallest p value that these seeds can reach."""
        return smallest_p(self.seeds)

    @property
    def decidable(self) -> bool:
        """Return whether any score can come out BETTER or WORSE after Holm's adjustment."""
        return self.comparisons > 0 and self.smallest_p <= self.alpha_each

    @property
    def seeds_to_decide(self) -> int | None:
        """Return the fewest seeds for which `decidable` holds; None where no number would do."""
        return seeds_to_decide(self.comparisons, self.alpha)

    @property
    def detectable_difference(self) -> float | None:
        """Return the difference of the score found with 80 % power; None where there is none or no `sd`."""
        effect = detectable_effect(self.seeds, self.alpha_each)
        return None if effect is None or self.sd is None else effect * self.sd

    @property
    def seeds_to_detect_margin(self) -> int | None:
        """Return the fewest seeds that find a difference as small as the margin with 80 % power."""
        return None if self.sd is None else seeds_for_effect(self.margin / self.sd, self.alpha_each)

    @property
    def half_width(self) -> float | None:
        """Return half the expected width of a difference's 95 % interval; None for one seed."""
        if self.seeds < 2 or self.sd is None:
            return None
        return float(stdtrit(self.seeds - 1, UPPER_QUANTILE)) * self.sd / math.sqrt(self.seeds)

    @property
    def equivalence_power(self) -> float | None:
        """Return the probability that two equal activations come out EQUIVALENT."""
        if self.sd is None:
            return None
        return equivalence_power(0.0, self.sd, self.seeds, self.margin) if self.seeds > 1 else 0.0

    @property
    def seeds_to_show_equivalence(self) -> int | None:
        """Return the fewest seeds that show two equal activations EQUIVALENT with 80 % power."""
        return None if self.sd is None else seeds_for_equivalence(0.0, self.sd, self.margin)


def observed_sd(info: RunInfo, records: Iterable[BlockRecord]) -> float | None:
    """Return the `Design.sd` that a run showed: the median over its activations and settings.

    Args:
        info: The run's plan.
        records: The ledger's records, in any order.

    Returns:
        None if no activation has two pairs with the baseline, if most never differ from it, or if the scores
        of the settings are not of one kind.
    """
    if len({info.dataset[setting.id].score_name for setting in info.settings}) > 1:
        return None
    finished = finished_blocks(records)
    spreads = []
    for setting in info.settings:
        cells = SettingCells.select(info, setting.id, finished)
        for label in set(info.activations) - {info.baseline, info.placebo}:
            differences = [test_score(cell) - test_score(base) for cell, base in cells.pairs(label)]
            if len(differences) > 1:
                spreads.append(stdev(differences))
    return (median(spreads) or None) if spreads else None


@dataclass(frozen=True)
class PlaceboMeasurement:
    """The times of an activation and of its placebo in one process.

    Attributes:
        engine: Engine that ran both.
        rounds: Number of timed slices of each.
        slice_s: Median seconds of a slice.
        ratio: The placebo's time over the original's in the same round: median with its 95 % interval.
        smallest_difference: Half of the width of that interval, as a fraction: a smaller difference of time
            cannot be told from none. None if there is no interval, as with fewer than six rounds or with
            ratios that are all equal.
        smallest_difference_10_seeds: The same for a run of ten blocks that are each as steady as this one. It
            is an extrapolation, blind to what differs between processes.
    """

    engine: EngineName
    rounds: int
    slice_s: float
    ratio: Interval
    smallest_difference: float | None
    smallest_difference_10_seeds: float | None


def summarize_placebo(
    record: BlockRecord, engine: EngineName, original: str, placebo: str
) -> PlaceboMeasurement:
    """Compare the times of two cells of a block.

    Args:
        record: The block; its status is "ok".
        engine: Engine that ran it.
        original: Label of the first cell.
        placebo: Label of its copy.
    """
    labels = [cell.activation for cell in record.cells]
    times = dict(zip(labels, common_slices(record.cells), strict=True))
    log_ratios = np.log(times[placebo] / times[original])
    mean = mean_over_blocks([log_ratios], generator(0, "doctor"))
    return PlaceboMeasurement(
        engine=engine,
        rounds=len(log_ratios),
        slice_s=float(np.median(times[original])),
        ratio=mean.interval.map(math.exp),
        smallest_difference=_half_width(mean),
        smallest_difference_10_seeds=_half_width(_of_several_blocks(mean, EXTRAPOLATED_SEEDS)),
    )


def _of_several_blocks(mean: MeanEstimate, blocks: int) -> MeanEstimate:
    """Return the mean over so many blocks whose standard errors are all that of the given mean."""
    if mean.standard_error is None:
        return mean
    return MeanEstimate(mean.estimate, mean.standard_error / math.sqrt(blocks), blocks - 1)


def _half_width(mean: MeanEstimate) -> float | None:
    """Return half of the width of an interval of log ratios, as a fraction."""
    interval = mean.interval
    if interval.ci_low is None or interval.ci_high is None:
        return None
    return math.expm1((interval.ci_high - interval.ci_low) / 2)
