"""The story of one run: plan, skip what the ledger holds, execute, append, tabulate.

The command line and the Python API both come through here.
"""

from __future__ import annotations

import shlex
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.analysis.tuning import chosen_values
from actbench.config.loader import read_given
from actbench.environment import describe_environment
from actbench.errors import NothingMeasuredError
from actbench.execution.estimate import weights
from actbench.execution.local import run_blocks
from actbench.execution.protocol import Beginning, Event, Finished
from actbench.plan.data_checks import plan_on_data
from actbench.plan.describe import describe_cells
from actbench.plan.micro import MicroBlock
from actbench.plan.models import Block, describe_setting
from actbench.records.block import BlockRecord
from actbench.records.run import RunInfo, SettingInfo
from actbench.report import build
from actbench.store.folder import create_or_resume

if TYPE_CHECKING:
    from actbench.analysis.tuning import Values
    from actbench.config.loader import ConfigSource
    from actbench.config.schema.bench import BenchConfig
    from actbench.plan.micro import MicroPlan
    from actbench.plan.models import Plan
    from actbench.records.run import DatasetInfo
    from actbench.store.folder import RunFolder

Execute = Callable[[Iterable[Block | MicroBlock]], Iterator[Event]]

Records = defaultdict[str, dict[str, BlockRecord]]
"""The latest record of each block, by the ids of its setting and of itself."""


@dataclass(frozen=True)
class Outcome:
    """A run that came to its end.

    Attributes:
        path: The run folder.
        info: As in run.json.
        records: One per block, in the order of the plan.
    """

    path: Path
    info: RunInfo
    records: tuple[BlockRecord, ...]

    @property
    def failed(self) -> tuple[BlockRecord, ...]:
        """The blocks that could not be measured."""
        return tuple(record for record in self.records if record.status == "failed")


def run_benchmark(
    source: ConfigSource,
    out: Path = Path("results"),
    *,
    overrides: Sequence[str] = (),
    fresh: bool = False,
    listen: Callable[[Beginning | Event], None] = lambda _: None,
    execute: Execute = run_blocks,
) -> Outcome:
    """Runs a config, or what is left of it, and writes the tables into the run folder.

    Args:
        source: The YAML file, or the config as an object.
        out: The folder that holds all runs.
        overrides: `KEY=VALUE` replacements in the config.
        fresh: Measure everything again instead of resuming; the earlier ledger is set aside.
        listen: Called with the `Beginning` and then with every event.
        execute: Measures blocks, each taken when those before it are measured; tests pass their own.

    Raises:
        ConfigError: The config or an override is wrong.
        DataError: The dataset cannot be used, or does not fit the config.
        StoreError: The run folder cannot be used or written.
        EnvironmentMismatchError: The run was begun in another environment.
        NothingMeasuredError: No block could be measured.
    """
    given = read_given(source, overrides)
    plan, data = plan_on_data(given, fetch=True)
    info = _describe(given.config, plan, data, overrides)
    with create_or_resume(out, info, given.text.encode(), fresh=fresh) as folder:
        outcome = measure_pending(folder, plan, listen, execute)
        for name, text in build.tables(outcome.info, outcome.records).items():
            folder.write_table(name, text)
    return outcome


def measure_pending(
    folder: RunFolder,
    plan: Plan | MicroPlan,
    listen: Callable[[Beginning | Event], None],
    execute: Execute,
) -> Outcome:
    """Measures what the folder does not hold yet.

    Args:
        folder: Of the run, held by this process.
        plan: All of it.
        listen: As in `run_benchmark`.
        execute: As in `run_benchmark`.

    Raises:
        NothingMeasuredError: No block could be measured.
    """
    records: Records = defaultdict(dict)
    for record in folder.records():
        records[record.setting][record.block] = record
    finished = {
        record.block for group in records.values() for record in group.values() if record.status == "ok"
    }
    pending = tuple(block for block in plan.blocks if block.id not in finished)
    listen(Beginning(folder.path, plan, pending, weights(pending, folder.info.dataset)))
    for event in execute(_with_chosen_values(pending, folder.info, records)):
        # On disk first: whoever is told that a block is finished may rely on it.
        if isinstance(event, Finished):
            folder.append(event.record)
            records[event.record.setting][event.record.block] = event.record
        listen(event)
    outcome = Outcome(folder.path, folder.info, tuple(folder.records()))
    if not any(record.status == "ok" and not record.tuning for record in outcome.records):
        raise NothingMeasuredError(f"{folder.path}: no block could be measured: {outcome.failed[0].reason}")
    return outcome


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
    chosen: dict[str, dict[str, Values] | None] = {}
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
            yield block.with_values(values)


def now() -> str:
    """ISO 8601, with the time zone."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def command_line() -> str:
    """Of this process."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _describe(
    config: BenchConfig, plan: Plan, data: dict[str, DatasetInfo], overrides: Sequence[str]
) -> RunInfo:
    described = {setting.id: describe_cells(plan.cells(setting)) for setting in plan.settings}
    first, *others = described.values()
    alike = all(other == first for other in others)
    return RunInfo(
        run_id=plan.run_id,
        name=plan.name,
        created_at=now(),
        command=command_line(),
        overrides=tuple(overrides),
        config=config.model_dump(mode="json"),
        activations=plan.labels,
        baseline=plan.baseline,
        placebo=plan.placebo,
        blocks=tuple(block.id for block in plan.blocks),
        settings=tuple(
            SettingInfo(
                id=setting.id,
                description=describe_setting(setting),
                varied=setting.varied,
                described=() if alike else described[setting.id],
            )
            for setting in plan.settings
        ),
        dataset=data,
        environment=describe_environment(),
        described=first if alike else (),
        tuning_blocks=tuple(block.id for block in plan.tuning),
    )
