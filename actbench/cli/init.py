"""actbench init: writes a first config for data, after looking at it."""

import os
from pathlib import Path

import click

from actbench.cli._options import example

_STDOUT = "-"


@click.command(
    epilog=example(
        "actbench init penguins.csv --target species",
        "actbench init ~/data/fashion --output fashion.yaml",
        "actbench init",
    )
)
@click.argument("data", default="mnist", metavar="[DATA]")
@click.option("--target", multiple=True, metavar="COLUMN", help="Column of a table to predict; repeatable.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write the config to this file; - for standard output.  [default: DATA's name with .yaml, in this "
    "folder]",
)
@click.option("--force", is_flag=True, help="Replace the config if it exists.")
def init(data: str, target: tuple[str, ...], output: Path | None, force: bool) -> None:
    """Write a commented starter config for DATA after looking at it.

    DATA is a .csv, .parquet or .npz file, a folder of IDX files, or the name of a dataset; mnist by default.
    Without --target the column called target, label, class or y is predicted, else the last one. Columns that
    cannot be trained on, such as those with missing values, are left out, with the reason.
    """
    from actbench.config.loader import parse_config
    from actbench.workflows.init import starter_config, summarize_data

    summary = summarize_data(data, target)
    to_stdout = output is not None and str(output) == _STDOUT
    folder = Path() if output is None or to_stdout else output.parent
    text = starter_config(summary, os.path.relpath(data, folder))
    name = parse_config(text, str(folder / "config")).name
    if to_stdout:
        click.echo(text, nl=False)
        return
    path = output or Path(f"{name}.yaml")
    _save(text, path, force=force)
    if summary.left_out:
        names = ", ".join(name or "the one without a name" for name in summary.left_out)
        click.echo(f"left out, for reasons that {path} has: {names}", err=True)
    click.echo(f"{path} is written; next: actbench plan {path}", err=True)


def _save(text: str, path: Path, *, force: bool) -> None:
    from actbench.errors import ConfigError
    from actbench.store.files import as_store_error, write_atomically, write_new

    with as_store_error(f"write {path}"):
        if force:
            write_atomically(path.resolve(), text.encode())
            return
        try:
            write_new(path, text.encode())
        except FileExistsError:
            raise ConfigError(
                f"{path}: exists already; use another --output, or --force to replace it"
            ) from None
