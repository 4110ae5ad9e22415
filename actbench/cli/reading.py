"""Opening the runs that a command is about."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from actbench.store import StoredRun


def not_empty(_: click.Context, parameter: click.Parameter, reference: str | None) -> str | None:
    """Refuses "" for a run: as a path it would be the current folder, and in a script it is a mishap."""
    if reference == "":
        hint = "" if parameter.required else "; leave it out for the newest run"
        raise click.BadParameter(f"it is empty{hint}", param_hint=(parameter.name or "").upper())
    return reference


def read_run(out: Path, reference: str | None, *, micro: bool = False) -> "StoredRun":
    """The run that is meant; what it lacks is told on standard error.

    Args:
        out: The folder that holds all runs.
        reference: As `store.find_run` takes it.
        micro: Whether a run of `actbench micro` will do, too.

    Raises:
        StoreError: There is no such run, or it cannot be read, or nothing was trained in it.
    """
    from actbench.store import find_run, open_run, require_trainings

    stored = open_run(find_run(out, reference))
    if not micro:
        require_trainings(stored)
    if stored.torn:
        click.echo(f"{stored.path}: the last line of the ledger is incomplete and was ignored", err=True)
    planned, finished = len(stored.info.blocks), sum(record.status == "ok" for record in stored.records)
    if finished < planned:
        failed = len(stored.records) - finished
        click.echo(f"{stored.path}: {finished} of {planned} blocks are measured, {failed} failed", err=True)
    return stored
