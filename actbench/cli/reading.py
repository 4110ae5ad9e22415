"""Opening the runs that a command is about."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from actbench.store import StoredRun


def read_run(out: Path, reference: str | None) -> "StoredRun":
    """The run that is meant; what it lacks is told on standard error.

    Args:
        out: The folder that holds all runs.
        reference: As `store.find_run` takes it.

    Raises:
        StoreError: There is no such run, or it cannot be read.
    """
    from actbench.store import find_run, open_run

    stored = open_run(find_run(out, reference))
    if stored.torn:
        click.echo(f"{stored.path}: the last line of the ledger is incomplete and was ignored", err=True)
    planned, finished = len(stored.info.blocks), sum(record.status == "ok" for record in stored.records)
    if finished < planned:
        failed = len(stored.records) - finished
        click.echo(f"{stored.path}: {finished} of {planned} blocks are measured, {failed} failed", err=True)
    return stored
