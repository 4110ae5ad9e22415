"""Where a result goes: to standard output, or to a file."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from actbench.report.chart import Chart

output_option = click.option("--output", type=click.Path(path_type=Path), help="Write to this file instead.")


def write_result(text: str, output: Path | None) -> None:
    """Prints a result, or replaces a file with it.

    Raises:
        StoreError: The file cannot be written.
    """
    from actbench.store.files import reporting, write_atomically

    if output is None:
        click.echo(text, nl=False)
        return
    with reporting(f"write {output}"):
        if output.exists() and not output.is_file():
            output.write_bytes(text.encode())  # a device or a pipe is written to, never replaced
        else:
            write_atomically(output.resolve(), text.encode())


def check_place(path: Path) -> None:
    """Refuses a file that could not be written, before anything is measured for it.

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
    """Draws charts side by side into a file, in the format of its suffix.

    Raises:
        StoreError: The file cannot be written.
    """
    from actbench.report.chart import to_bytes
    from actbench.store.files import reporting, write_atomically

    picture = to_bytes(charts, path.suffix)
    with reporting(f"write {path}"):
        write_atomically(path.resolve(), picture)
