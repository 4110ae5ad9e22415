"""The noise of this machine, from one block of relu and its placebo.

The placebo is a second copy of the same model, timed in turn with the first: any difference is noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from actbench.analysis.cells import common_slices
from actbench.rng import generator
from actbench.stats.means import MeanEstimate, mean_over_blocks

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord
    from actbench.stats.intervals import Interval

EngineName = Literal["compiled", "keras"]

# The number of seeds that shipped configs have, and so of the run that the extrapolation is about.
EXTRAPOLATED_SEEDS = 10


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
