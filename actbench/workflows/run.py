"""The steps of `actbench run` and `actbench.run()`: plan, measure what the ledger lacks, write the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.config.loader import load_source
from actbench.environment import describe_environment
from actbench.execution.estimate import block_weights
from actbench.execution.local import run_blocks
from actbench.plan.build import make_plan
from actbench.plan.data_checks import check_data
from actbench.plan.describe import describe_cells
from actbench.plan.models import describe_setting
from actbench.records.run import RunInfo, SettingInfo
from actbench.report import build
from actbench.store.writing import create_or_resume
from actbench.workflows.measure import command_line, measure_pending, timestamp

if TYPE_CHECKING:
    from actbench.config.loader import ConfigSource
    from actbench.config.schema.bench import BenchConfig
    from actbench.execution.protocol import Beginning, Event, Execute
    from actbench.plan.models import Plan
    from actbench.records.run import DatasetInfo
    from actbench.workflows.measure import RunResult


def run_benchmark(
    source: ConfigSource,
    out: Path = Path("results"),
    *,
    overrides: Sequence[str] = (),
    fresh: bool = False,
    listen: Callable[[Beginning | Event], None] = lambda _: None,
    execute: Execute = run_blocks,
) -> RunResult:
    """Run a config, or what is left of it, and write the tables into the run folder.

    Args:
        source: The YAML file, or the config as an object.
        out: The folder that holds all runs.
        overrides: `KEY=VALUE` replacements in the config.
        fresh: Measure everything again instead of resuming; the earlier ledger is set aside.
        listen: Called with the `Beginning`, then with every event.
        execute: Measures blocks; tests pass their own.

    Raises:
        ConfigError: The config or an override is wrong.
        DataError: The dataset cannot be used, or does not fit the config.
        StoreError: The run folder cannot be used or written.
        EnvironmentMismatchError: The run was begun in another environment.
        NothingMeasuredError: No block could be measured.
    """
    loaded = load_source(source, overrides)
    settings, data = check_data(loaded, fetch=True)
    plan = make_plan(loaded.config, settings)
    info = _describe_run(loaded.config, plan, data, overrides)
    tables = build.table_file_names()
    with create_or_resume(out, info, loaded.text.encode(), fresh=fresh, tables=tables) as folder:
        result = measure_pending(
            folder, plan, listen, execute, weigh=lambda pending: block_weights(pending, data)
        )
        for name, text in build.table_files(result.info, result.records).items():
            folder.write_table(name, text)
    return result


def _describe_run(
    config: BenchConfig, plan: Plan, data: dict[str, DatasetInfo], overrides: Sequence[str]
) -> RunInfo:
    """Return what run.json records of a plan and of the environment it is begun in."""
    described = {setting.id: describe_cells(plan.cells(setting)) for setting in plan.settings}
    first, *others = described.values()
    alike = all(other == first for other in others)
    return RunInfo(
        run_id=plan.run_id,
        name=plan.name,
        created_at=timestamp(),
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
                # Activations that are the same in all settings stand once, in `RunInfo.described`.
                described=() if alike else described[setting.id],
            )
            for setting in plan.settings
        ),
        dataset=data,
        environment=describe_environment(),
        described=first if alike else (),
        tuning_blocks=tuple(block.id for block in plan.tuning),
    )
