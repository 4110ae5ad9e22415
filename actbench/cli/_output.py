"""Reading runs for the commands, and writing their results to a terminal or a file."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from actbench.report.chart import Chart
    from actbench.store.reading import StoredRun
    from actbench.workflows.measure import RunResult

output_option = click.option(
    "--output", type=click.Path(path_type=Path), help="Write to this file instead of standard output."
)

plot_option = click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw the chart into this file, in the format of its suffix: .svg, .png or .pdf.",
)


def screen(output: Path | None = None) -> tuple[int, bool]:
    """Return the width that a result may have, and True if it may show bold and dim text.

    Args:
        output: The file that the result goes to; None for standard output. A file, like standard output that
            is no terminal, has 80 columns of plain text.
    """
    watched = output is None and sys.stdout.isatty()
    return (shutil.get_terminal_size().columns if watched else 80), watched and "NO_COLOR" not in os.environ


def write_result(text: str, output: Path | None) -> None:
    """Print a result, or replace a file with it.

    Raises:
        StoreError: The file cannot be written.
    """
    from actbench.store.files import as_store_error, write_atomically

    if output is None:
        click.echo(text, nl=False)
        return
    with as_store_error(f"write {output}"):
        if output.exists() and not output.is_file():
            output.write_bytes(text.encode())  # a device or a pipe is written to, never replaced
        else:
            write_atomically(output.resolve(), text.encode())


def check_writable(path: Path) -> None:
    """Refuse a file that could not be written, before anything is measured for it.

    Raises:
        StoreError: Its folder is missing or may not be written to.
    """
    from actbench.errors import StoreError

    folder = path.resolve().parent
    if not folder.is_dir():
        raise StoreError(f"cannot write {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise StoreError(f"cannot write {path}: the folder {folder} may not be written to")


def write_picture(charts: "Sequence[Chart]", path: Path) -> None:
    """Draw charts side by side into a file, in the format of its suffix.

    Raises:
        StoreError: The file cannot be written.
    """
    from actbench.report.chart import to_bytes
    from actbench.store.files import as_store_error, write_atomically

    picture = to_bytes(charts, path.suffix)
    with as_store_error(f"write {path}"):
        write_atomically(path.resolve(), picture)


def not_empty(_: click.Context, parameter: click.Parameter, reference: str | None) -> str | None:
    """Refuse "" for a run: as a path it would be the current folder, and in a script it is a mishap."""
    if reference == "":
        hint = "" if parameter.required else "; leave it out for the newest run"
        raise click.BadParameter(f"it is empty{hint}", param_hint=(parameter.name or "").upper())
    return reference


def read_run(out: Path, reference: str | None, *, micro: bool = False) -> "StoredRun":
    """Read the run that is meant, and say on standard error which blocks it lacks.

    Args:
        out: The folder that holds all runs.
        reference: A run folder, a run id or a name, as `store.find.find_run` takes it.
        micro: True if a run of `actbench micro` can be used, too.

    Raises:
        StoreError: There is no such run, or it cannot be read, or nothing was trained in it.
    """
    from actbench.store.find import find_run
    from actbench.store.reading import open_run, require_trainings

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


def raise_if_failed(result: "RunResult") -> None:
    """Fail the command if blocks could not be measured; its result is printed before.

    Raises:
        CellsFailedError: At least one block failed.
    """
    from actbench.errors import CellsFailedError

    if result.failed:
        lines = "\n".join(f"  block {record.block}: {record.reason}" for record in result.failed)
        raise CellsFailedError(
            f"{len(result.failed)} of {len(result.records)} blocks could not be measured:\n{lines}\n"
            "The others are kept; run the same command to try these again."
        )
