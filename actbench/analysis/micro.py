"""What an activation alone costs: time per element, bandwidth, and the ratio to a copy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.cells import common_environment, failed_blocks, finished_blocks, require_blocks
from actbench.rng import generator
from actbench.stats.intervals import blocks_mean, exactly

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
        ns_per_element: Nanoseconds of a call by the elements that it gives back, median over rounds.
        gb_per_s: 1e9 bytes a second, at that median, if nothing moved but what has to: see `least_bytes`.
        copy_ratio: Time of a call over the copy's in the same round, median over rounds; of the copy 1.
        rounds: How many.
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
        id: As in run.json.
        elements: That an activation gives back.
        dtype: "float32" or "bfloat16".
        compiled: Whether by XLA.
        direction: "forward" or "forward + backward".
        rows: The copy first, its placebo last.
        placebo: The placebo's ratio to the copy; None without one.
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
        """Whether the placebo, the same as the copy, shows a difference."""
        return self.placebo is not None and self.placebo.excludes(1.0)


@dataclass(frozen=True)
class MicroEstimates:
    """All figures of a run of `actbench micro`.

    Attributes:
        environment: The one machine that measured them.
        settings: Those that are measured, in the order of the plan.
        finished: Blocks measured.
        failed: Blocks that could not be measured.
    """

    environment: Environment
    settings: tuple[MicroSetting, ...]
    finished: int
    failed: tuple[BlockRecord, ...]


def estimate_micro(info: RunInfo, records: Iterable[BlockRecord]) -> MicroEstimates:
    """Tabulate a run of `actbench micro`, finished or not.

    Args:
        info: What was planned.
        records: What the ledger holds, in any order.

    Raises:
        NothingMeasuredError: No block could be measured.
        EnvironmentMismatchError: The blocks were measured on different machines.
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
    """Bytes per element of the output that have to move, whatever computes it.

    Forward, the input is read and the output written; with the gradient, the upstream gradient is read and
    that of the input written, too. A gated unit has two inputs for each output.

    Args:
        dtype: Of the tensors.
        direction: "forward" or "forward + backward".
        gated: Whether it is a gated unit.
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
        moved = least_bytes(dtype, "forward" if is_copy else direction, gated=label in gated) * elements
        return MicroRow(
            activation=label,
            ns_per_element=seconds.map(lambda s: s * 1e9 / elements),
            gb_per_s=moved / seconds.estimate / 1e9,
            copy_ratio=exactly(1.0)
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
    """Median over rounds, with an interval that speaks for this one process."""
    return blocks_mean([logs], generator(0, "rounds")).interval.map(math.exp)
