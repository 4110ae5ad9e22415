"""The steps of `actbench micro`: measure what the ledger lacks of a plan, write the table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.config.schema.activation import PLACEBO
from actbench.environment import describe_environment
from actbench.execution.local import run_blocks
from actbench.plan.describe import describe_cells
from actbench.plan.micro import COPY
from actbench.records.run import RunInfo, SettingInfo
from actbench.report.micro import render_micro
from actbench.store.writing import create_or_resume
from actbench.workflows.measure import command_line, measure_pending, timestamp

if TYPE_CHECKING:
    from actbench.execution.protocol import Beginning, Event, Execute
    from actbench.plan.micro import MicroPlan
    from actbench.workflows.measure import RunResult

# Fields of a block that describe neither the tensor nor the way it is computed.
_NOT_DESCRIBED = {"kind", "id", "cells"}

_TABLE = "micro.csv"


def run_micro(
    plan: MicroPlan,
    out: Path = Path("results"),
    *,
    fresh: bool = False,
    listen: Callable[[Beginning | Event], None] = lambda _: None,
    execute: Execute = run_blocks,
) -> RunResult:
    """Measure what is left of a plan, and write the table into the run folder.

    Args:
        plan: From `make_micro_plan`.
        out: The folder that holds all runs.
        fresh: Measure everything again; the earlier ledger is set aside.
        listen: Called with the `Beginning`, then with every event.
        execute: Measures blocks; tests pass their own.

    Raises:
        DataError: An imported function cannot be loaded.
        StoreError: The run folder cannot be used or written.
        EnvironmentMismatchError: The run was begun in another environment.
        NothingMeasuredError: No block could be measured.
    """
    info = describe_micro(plan)
    given = json.dumps(info.config, indent=2).encode()  # written to config.yaml, because JSON is YAML
    with create_or_resume(out, info, given, fresh=fresh, tables=(_TABLE,)) as folder:
        result = measure_pending(folder, plan, listen, execute)
        folder.write_table(_TABLE, render_micro(result.info, result.records, "csv"))
    return result


def describe_micro(plan: MicroPlan) -> RunInfo:
    """Return what run.json records of a plan."""
    settings = tuple(
        SettingInfo(id=block.id, description=block.model_dump(mode="json", exclude=_NOT_DESCRIBED))
        for block in plan.blocks
    )
    cells = plan.blocks[0].cells
    return RunInfo(
        run_id=plan.run_id,
        name=plan.name,
        kind="micro",
        created_at=timestamp(),
        command=command_line(),
        overrides=(),
        config={
            "name": plan.name,
            "activations": [cell.model_dump(mode="json", exclude_defaults=True) for cell in cells],
            "micro": [setting.description for setting in settings],
        },
        activations=plan.blocks[0].labels,
        baseline=COPY,
        placebo=PLACEBO,
        blocks=tuple(block.id for block in plan.blocks),
        settings=settings,
        dataset={},
        environment=describe_environment(),
        described=describe_cells(cells),
    )
