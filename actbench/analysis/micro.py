"""The cost of an activation alone: time per element, bandwidth, and the ratio to a copy of the tensor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.blocks import common_environment, failed_blocks, finished_blocks, require_blocks
from actbench.rng import generator
from actbench.stats.intervals import exact_interval, mean_over_blocks

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord
    from actbench.records.run import Environment, RunInfo, SettingInfo
    from actbench.stats.intervals import Floats, Interval

_BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class MicroRow:
    """One activation, or a copy, on one tensor.

    Attributes:
        activation: The label.
        ns_per_element: Nanoseconds of a call per element of its output, median over rounds.
        gb_per_s: 1e9 bytes per second at that median, counting only the bytes of `least_bytes`.
        copy_ratio: Time of a call over the copy's in the same round, median over rounds; exactly 1 for the
            copy.
        rounds: Number of rounds.
    """

    activation: str
    ns_per_element: Interval
    gb_per_s: float
    copy_ratio: Interval
    rounds: int


@dataclass(frozen=True)
class MicroSetting:
    """One tensor and one way to compute.

    Attributes:
        id: Id of the setting, as in run.json.
        elements: Number of elements of an activation's output.
        dtype: "float32" or "bfloat16".
        compiled: Whether XLA compiled it; otherwise operations run one by one.
        direction: "forward" or "forward + backward".
        rows: The rows, the copy first, its placebo last.
        placebo: The placebo's ratio to the copy; None without a placebo.
    """

    id: str
    elements: int
    dtype: str
    compiled: bool
    direction: str
    rows: tuple[MicroRow, ...]
    placebo: Interval | None

    @property
    def flagged(self) -> bool:
        """Return whether the placebo, which does the same as the copy, shows a difference."""
        return self.placebo is not None and self.placebo.excludes(1.0)


@dataclass(frozen=True)
class MicroEstimates:
    """All figures of a run of `actbench micro`.

    Attributes:
        environment: The one machine that measured them.
        settings: The measured settings, in the order of the plan.
        finished: Number of measured blocks.
        failed: Blocks that could not be measured.
    """

    environment: Environment
    settings: tuple[MicroSetting, ...]
    finished: int
    failed: tuple[BlockRecord, ...]


def estimate_micro(info: RunInfo, records: Iterable[BlockRecord]) -> MicroEstimates:
    """Tabulate a run of `actbench micro`, finished or not.

    Args:
        info: The run's plan.
        records: The ledger's records, in any order.

    Raises:
        NothingMeasuredError: If no block is measured.
        EnvironmentMismatchError: If the blocks were measured on different machines.
    """
    records = list(records)
    finished = finished_blocks(records)
    require_blocks(info, finished)
    measured = {record.block: record for record in finished}
    return MicroEstimates(
        environment=common_environment(finished),
        settings=tuple(
            _setting(setting, measured[setting.id], info)
            for setting in info.settings
            if setting.id in measured
        ),
        finished=len(finished),
        failed=tuple(failed_blocks(records)),
    )


def least_bytes(dtype: str, direction: str, *, gated: bool) -> int:
    """Return the bytes per element of the output that have to move, whatever computes it.

    Forward, the input is read and the output written. With the gradient, the upstream gradient is read and
    the input's gradient written, too. A gated unit has two inputs for each output.

    Args:
        dtype: "float32" or "bfloat16".
        direction: "forward" or "forward + backward".
        gated: Whether the activation is a gated unit.
    """
    inputs = 2 if gated else 1
    elements = inputs + 1 if direction == "forward" else 2 * inputs + 2
    return _BYTES[dtype] * elements


def _setting(setting: SettingInfo, record: BlockRecord, info: RunInfo) -> MicroSetting:
    way = setting.description
    elements, dtype, direction = way["elements"], way["dtype"], way["direction"]
    logs = {samples.activation: np.log(samples.call_s) for samples in record.micro}
    gated = {entry.label for entry in info.described if entry.match is not None}

    def row(label: str) -> MicroRow:
        seconds = _over_rounds(logs[label])
        is_copy = label in (info.baseline, info.placebo)
        # A copy does the same in both directions: it reads a tensor and writes one.
        moved = least_bytes(dtype, "forward" if is_copy else direction, gated=label in gated) * elements
        return MicroRow(
            activation=label,
            ns_per_element=seconds.map(lambda s: s * 1e9 / elements),
            gb_per_s=moved / seconds.estimate / 1e9,
            copy_ratio=exact_interval(1.0)
            if label == info.baseline
            else _over_rounds(logs[label] - logs[info.baseline]),
            rounds=len(logs[label]),
        )

    rows = {label: row(label) for label in logs}
    placebo = rows[info.placebo].copy_ratio if info.placebo is not None else None
    return MicroSetting(
        setting.id, elements, dtype, way["compiled"], direction, tuple(rows.values()), placebo
    )


def _over_rounds(logs: Floats) -> Interval:
    """Return the median over rounds, with an interval that speaks for this one process."""
    return mean_over_blocks([logs], generator(0, "rounds")).interval.map(math.exp)
