"""What an activation alone costs: time per element, bandwidth, and the ratio to a copy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actbench.analysis.intervals import Floats, Interval
from actbench.analysis.means import blocks_mean
from actbench.errors import EnvironmentMismatchError, NothingMeasuredError
from actbench.micro_plan import COPY
from actbench.records import BlockRecord, RunInfo
from actbench.streams import generator

_BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class MicroRow:
    """One activation on one tensor.

    Attributes:
        activation: The label.
        elements: Of the tensor that it gives back.
        dtype: Of the tensor.
        compiled: Whether by XLA.
        direction: "forward" or "forward + backward".
        ns_per_element: Median over rounds, nanoseconds.
        gb_per_s: As if each element were read and written once and nothing else moved, 1e9 bytes a second;
            of a copy, the memory's bandwidth.
        copy_ratio: Time over the copy's in the same round, median over rounds; None of the copy itself.
        rounds: How many.
    """

    activation: str
    elements: int
    dtype: str
    compiled: bool
    direction: str
    ns_per_element: Interval
    gb_per_s: float
    copy_ratio: Interval | None
    rounds: int


def micro_rows(info: RunInfo, records: Sequence[BlockRecord]) -> tuple[MicroRow, ...]:
    """All rows of a run of `actbench micro`, in the order of its plan.

    Raises:
        NothingMeasuredError: No block could be measured.
        EnvironmentMismatchError: The blocks were measured on different machines.
    """
    measured = {record.block: record for record in records if record.micro is not None}
    if not measured:
        raise NothingMeasuredError(f"{info.name}: no block is measured")
    if len({record.environment.model_dump_json() for record in measured.values() if record.environment}) > 1:
        raise EnvironmentMismatchError(f"{info.name}: its blocks were measured under different conditions")
    return tuple(
        row
        for setting in info.settings
        if setting.id in measured
        for row in _rows(measured[setting.id], setting.description)
    )


def _rows(record: BlockRecord, way: dict[str, object]) -> list[MicroRow]:
    assert record.micro is not None
    times = {entry.label: np.log(entry.call_s) for entry in record.micro.samples}
    elements, dtype = int(str(way["elements"])), str(way["dtype"])
    rows = []
    for label, logs in times.items():
        seconds = _over_rounds(logs)
        rows.append(
            MicroRow(
                activation=label,
                elements=elements,
                dtype=dtype,
                compiled=bool(way["compiled"]),
                direction=str(way["direction"]),
                ns_per_element=seconds.map(lambda s: s * 1e9 / elements),
                gb_per_s=2 * _BYTES[dtype] * elements / seconds.estimate / 1e9,
                copy_ratio=None if label == COPY else _over_rounds(logs - times[COPY]),
                rounds=len(logs),
            )
        )
    return rows


def _over_rounds(logs: Floats) -> Interval:
    """Median over rounds, with an interval that speaks for this one process."""
    return blocks_mean([logs], generator(0, "rounds")).interval.map(math.exp)
