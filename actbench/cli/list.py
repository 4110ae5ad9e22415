"""actbench list: lists the activations and datasets that configs can name, and the runs on disk."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Literal

import click

from actbench.cli._options import example, out_option, text_or_json_option

Rows = list[dict[str, Any]]

# Keys that only JSON has: in 80 columns there is no room for what `actbench show` or docs/data.md say.
_JSON_ONLY = {
    "activations": (
        *("kind", "required", "trainable", "element_wise", "monotonic", "smooth", "bounded"),
        *("recommended_init", "paper"),
    ),
    "datasets": ("description",),
    "runs": ("path", "kind"),
}


@click.command(
    "list",
    epilog=example(
        "actbench list activations",
        "actbench list activations --trainable --monotonic",
        "actbench list runs --out results --format json",
    ),
)
@click.argument("what", required=False, type=click.Choice(["activations", "datasets", "runs"]))
@out_option
@click.option("--gated", is_flag=True, help="List only gated units.")
@click.option("--trainable", is_flag=True, help="List only activations with parameters that can be trained.")
@click.option(
    "--monotonic", is_flag=True, help="List only activations that never fall with their default parameters."
)
@text_or_json_option
def command(what: str | None, out: Path, gated: bool, trainable: bool, monotonic: bool, form: str) -> None:
    """List what can be named: activations, datasets, runs.

    Without an argument, all three are listed. The filters are for activations; an activation has to pass all
    of them.
    """
    if (gated or trainable or monotonic) and what != "activations":
        raise click.UsageError(
            "--gated, --trainable and --monotonic filter activations; use: actbench list activations"
        )
    rows: dict[str, Callable[[], Rows]] = {
        "activations": lambda: _activations(gated, trainable, monotonic),
        "datasets": _datasets,
        "runs": lambda: _runs(out),
    }
    chosen = {name: make() for name, make in rows.items() if what in (None, name)}
    if form == "json":
        import json

        click.echo(json.dumps(chosen, indent=2))
    else:
        for name, of_name in chosen.items():
            click.echo(_table(name, of_name))


def _activations(gated: bool, trainable: bool, monotonic: bool) -> Rows:
    from actbench.activations.catalogue import ACTIVATIONS

    return [
        {
            "name": entry.name,
            "aliases": list(entry.aliases),
            "params": dict(entry.params),
            "formula": entry.formula,
            "kind": entry.kind,
            "required": list(entry.required),
            "trainable": entry.trainable,
            "element_wise": entry.element_wise,
            "monotonic": entry.monotonic,
            "smooth": entry.smooth,
            "bounded": entry.range.bounded,
            "recommended_init": entry.recommended.init,
            "paper": None if entry.paper is None else str(entry.paper),
        }
        for entry in ACTIVATIONS.values()
        if not (gated and not entry.gated)
        and not (trainable and entry.trainable == "no")
        and not (monotonic and not entry.monotonic)
    ]


def _datasets() -> Rows:
    from actbench.datasets.spec import DATASETS

    keys = ("name", "kind", "train", "test", "features", "classes", "description")
    return [{key: getattr(source, key) for key in keys} for source in DATASETS.values()]


def _runs(out: Path) -> Rows:
    from actbench.store.find import list_runs

    return [
        {
            "name": run.name,
            "run_id": run.run_id,
            "created_at": run.created_at,
            "finished": run.finished,
            "planned": run.planned,
            "note": run.note,
            "kind": run.kind,
            "path": str(run.path),
        }
        for run in list_runs(out)
    ]


def _table(title: str, rows: Rows) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return f"no {title}"
    filled = [key for key in rows[0] if any(row[key] not in (None, "", [], {}) for row in rows)]
    shown = [key for key in filled if key not in _JSON_ONLY.get(title, ())]
    table = Table(title=title, title_justify="left")
    for key in shown:
        numeric = all(isinstance(row[key], int | None) for row in rows)
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(key, justify=justify, overflow="fold", no_wrap=key == "run_id")
    for row in rows:
        table.add_row(*(Text(_cell(row[key], row.get("required", ()))) for key in shown))
    console = Console(highlight=False)
    with console.capture() as captured:  # click prints it: rich would end the process if the pipe is closed
        console.print(table)
    return captured.get().rstrip()


def _cell(value: object, required: Collection[str]) -> str:
    """Return a value as a config has it; nothing for an empty value, "required" for a required parameter."""
    import json

    if isinstance(value, dict):
        told = {key: "required" if key in required else json.dumps(item) for key, item in value.items()}
        return ", ".join(f"{key}: {item}" for key, item in told.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
