"""The loop of `actbench run` and `actbench micro`: measure the blocks that the ledger lacks, append each."""

from __future__ import annotations

import shlex
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.analysis.tuning import chosen_values
from actbench.errors import NothingMeasuredError
from actbench.execution.protocol import Beginning, Finished
from actbench.plan.micro import MicroBlock
from actbench.records.block import BlockRecord

if TYPE_CHECKING:
    from actbench.analysis.figures import TunedValues
    from actbench.execution.protocol import Event, Execute
    from actbench.plan.micro import MicroPlan
    from actbench.plan.models import Block, Plan
    from actbench.records.run import RunInfo
    from actbench.store.writing import RunFolder

Records = defaultdict[str, dict[str, BlockRecord]]
"""The latest record of each block, by the ids of its setting and of itself."""


@dataclass(frozen=True)
class RunResult:
    """The content of a run folder after its last block.

    Attributes:
        path: The run folder.
        info: The content of run.json.
        records: One record per block, in the order of the plan.
    """

    path: Path
    info: RunInfo
    records: tuple[BlockRecord, ...]

    @property
    def failed(self) -> tuple[BlockRecord, ...]:
        """Return the records of the blocks that could not be measured."""
        return tuple(record for record in self.records if record.status == "failed")


def measure_pending(
    folder: RunFolder,
    plan: Plan | MicroPlan,
    listen: Callable[[Beginning | Event], None],
    execute: Execute,
    weigh: Callable[[Sequence[Block | MicroBlock]], Mapping[str, float]] = lambda _: {},
) -> RunResult:
    """Measure the blocks of a plan that the run folder does not hold yet.

    Args:
        folder: The run folder, locked by this process.
        plan: The whole plan.
        listen: Called with the `Beginning`, then with every event.
        execute: Measures blocks.
        weigh: Estimates how long the blocks take, in proportion to each other, for the time left; by default
            all of them take equally long.

    Raises:
        NothingMeasuredError: No block could be measured.
    """
    records: Records = defaultdict(dict)
    stored = folder.records()
    for record in stored:
        records[record.setting][record.block] = record
    finished = {record.block for record in stored if record.status == "ok"}
    pending = tuple(block for block in plan.blocks if block.id not in finished)
    listen(Beginning(folder.path, plan, pending, weigh(pending)))
    for event in execute(_with_chosen_values(pending, folder.info, records)):
        # On disk first: a listener that is told of a finished block may rely on its record.
        if isinstance(event, Finished):
            folder.append(event.record)
            records[event.record.setting][event.record.block] = event.record
        listen(event)
    result = RunResult(folder.path, folder.info, tuple(folder.records()))
    if not any(record.status == "ok" and not record.tuning for record in result.records):
        raise NothingMeasuredError(f"{folder.path}: no block could be measured: {result.failed[0].reason}")
    return result


def _with_chosen_values(
    pending: Iterable[Block | MicroBlock], info: RunInfo, records: Records
) -> Iterator[Block | MicroBlock]:
    """Yield each block when its turn has come, because only then its tuned hyper-parameters are known.

    The final blocks of a setting are left out if one of its tuning blocks has failed: the next run tries that
    one again.

    Args:
        pending: The blocks to measure, in order.
        info: The plan of the run.
        records: The ledger's content; the caller adds to it what it appends.
    """
    chosen: dict[str, dict[str, TunedValues] | None] = {}
    for block in pending:
        if isinstance(block, MicroBlock) or block.candidate or not block.setting.tune:
            yield block
            continue
        setting = block.setting.id
        if setting not in chosen:
            labels = [label for label in info.activations if label != info.placebo]
            chosen[setting] = chosen_values(block.setting.tune, records[setting].values(), labels)
        values = chosen[setting]
        if values is not None:
            yield block.with_chosen(values)


def timestamp() -> str:
    """Return the present time as run.json records it: ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def command_line() -> str:
    """Return the command line of this process, quoted for a shell."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
