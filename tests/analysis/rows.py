"""From a few cells to a row of the report, for tests that know what it must say."""

import math
from collections.abc import Sequence
from typing import Any

from actbench.analysis.figures import MetricEstimate, Row, SettingEstimates
from actbench.analysis.run import estimate_run
from actbench.analysis.verdicts import Comparison
from actbench.records.block import BlockRecord, Cell
from actbench.stats.intervals import Interval, student_mean
from tests.factories import make_block, make_info


def one_setting(
    blocks: Sequence[BlockRecord], *, against: str | None = None, generalise: bool = False, **info: Any
) -> SettingEstimates:
    """The figures of one setting; `info` goes to `make_info`."""
    described = make_info(seeds=len(blocks), **info)
    return estimate_run(described, blocks, against=against, generalise=generalise).settings[0]


def row(label: str, blocks: Sequence[BlockRecord], **options: Any) -> Row:
    return next(entry for entry in one_setting(blocks, **options).rows if entry.activation == label)


def blocks_of(
    relu: Sequence[Cell], tanh: Sequence[Cell], placebo: Sequence[Cell] | None = None
) -> list[BlockRecord]:
    """One block a seed; without a placebo's cells it is relu's exact copy."""
    placebo = placebo or [cell.model_copy(update={"activation": "placebo"}) for cell in relu]
    return [make_block(cells, seed=seed) for seed, cells in enumerate(zip(relu, tanh, placebo, strict=True))]


def metric(name: str, of: Row) -> MetricEstimate:
    return next(entry for entry in of.metrics if entry.name == name)


def interval(comparison: Comparison | None) -> Interval:
    assert comparison is not None
    return comparison.interval


def ratio_interval(ratios: Sequence[float]) -> Interval:
    """Of one ratio a seed."""
    return student_mean([math.log(value) for value in ratios]).interval.map(math.exp)
