"""The story of `actbench micro`: plan, skip what the ledger holds, measure, append, tabulate."""

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
from actbench.store.folder import create_or_resume
from actbench.workflows.run import command_line, measure_pending, now

if TYPE_CHECKING:
    from actbench.execution.protocol import Beginning, Event
    from actbench.plan.micro import MicroPlan
    from actbench.workflows.run import Execute, Outcome

_OWN = {"kind", "id", "cells"}  # what is no property of the tensor or of how it is computed


def run_micro(
    plan: MicroPlan,
    out: Path = Path("results"),
    *,
    fresh: bool = False,
    listen: Callable[[Beginning | Event], None] = lambda _: None,
    execute: Execute = run_blocks,
) -> Outcome:
    """Measures what is left of a plan, and writes the table into the run folder.

    Args:
        plan: From `make_micro_plan`.
        out: The folder that holds all runs.
        fresh: Measure everything again; the earlier ledger is set aside.
        listen: Called with the `Beginning` and then with every event.
        execute: Measures blocks; tests pass their own.

    Raises:
        DataError: An imported function cannot be had.
        StoreError: The run folder cannot be used or written.
        EnvironmentMismatchError: The run was begun in another environment.
        NothingMeasuredError: No block could be measured.
    """
    info = describe_micro(plan)
    given = json.dumps(info.config, indent=2).encode()  # JSON is YAML, too
    with create_or_resume(out, info, given, fresh=fresh) as folder:
        outcome = measure_pending(folder, plan, listen, execute)
        folder.write_table("micro.csv", render_micro(outcome.info, outcome.records, "csv"))
    return outcome


def describe_micro(plan: MicroPlan) -> RunInfo:
    """What run.json says of a plan."""
    settings = tuple(
        SettingInfo(id=block.id, description=block.model_dump(mode="json", exclude=_OWN))
        for block in plan.blocks
    )
    cells = plan.blocks[0].cells
    return RunInfo(
        run_id=plan.run_id,
        name=plan.name,
        kind="micro",
        created_at=now(),
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
