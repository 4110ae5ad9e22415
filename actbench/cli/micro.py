"""actbench micro: what an activation alone costs, against a copy of its tensor."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli.activation_arguments import read_activations
from actbench.cli.options import example, out_option
from actbench.cli.output import output_option, write_picture, write_result
from actbench.cli.screen import screen

if TYPE_CHECKING:
    from actbench.config.schema import ActivationConfig

_DEFAULT = ("linear", "relu", "tanh", "gelu", "silu", "mish")
_FEWEST, _MOST = 1_000, 10_000_000


def _sizes(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    sizes = []
    for part in text.split(","):
        try:
            size = float(part)
        except ValueError:
            size = 0.0
        if not (_FEWEST <= size <= _MOST and size % 100 == 0):
            raise click.BadParameter(
                f"{part.strip()!r}; allowed: multiples of 100 from 1e3 to 1e7, such as 1e3,1e6"
            )
        sizes.append(int(size))
    return tuple(dict.fromkeys(sizes))


def _folder_name(_: click.Context, __: click.Parameter, text: str) -> str:
    from pydantic_core import PydanticCustomError

    from actbench.config.fields import FolderName

    try:
        return FolderName().check(text)
    except PydanticCustomError as error:
        raise click.BadParameter(error.message()) from None


@click.command(
    epilog=example(
        "actbench micro relu gelu mish",
        "actbench micro configs/mnist.yaml --sizes 1e6 --plot cost.svg",
        'actbench micro silu "x * sigmoid(x)" --dtype float32 --dtype bfloat16',
    )
)
@click.argument("what", nargs=-1, metavar="[CONFIG | ACTIVATION...]")
@click.option(
    "--sizes",
    callback=_sizes,
    default="1e3,1e4,1e5,1e6,1e7",
    show_default=True,
    help="Elements of the tensors.",
)
@click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    type=click.Choice(["float32", "bfloat16"]),
    default=("float32",),
    show_default=True,
    help="May be repeated.",
)
@click.option(
    "--mode",
    type=click.Choice(["compiled", "eager", "both"]),
    default="both",
    show_default=True,
    help="By XLA, operation by operation, or both.",
)
@click.option("--rounds", type=click.IntRange(6, 10_000), default=30, show_default=True, help="Of timing.")
@click.option(
    "--name", callback=_folder_name, default="micro", show_default=True, help="Of the run's folder."
)
@out_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "csv", "json"]),
    default="terminal",
    show_default=True,
)
@output_option
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw time by size into this file; its suffix says how: .svg, .png or .pdf.",
)
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@click.option("--fresh", is_flag=True, help="Measure everything again; the earlier ledger is set aside.")
def micro(
    what: tuple[str, ...],
    sizes: tuple[int, ...],
    dtypes: tuple[str, ...],
    mode: str,
    rounds: int,
    name: str,
    out: Path,
    form: str,
    output: Path | None,
    plot: Path | None,
    quiet: bool,
    fresh: bool,
) -> None:
    """Time activations alone, forward and with their gradient, against a copy.

    What is timed are the activations of CONFIG, or those named as in `actbench show`; a few by default. The
    run is stored like any other; `actbench report` prints it again.
    """
    from actbench.analysis.micro import micro_rows
    from actbench.cli.progress import ErrorConsole, ProgressDisplay
    from actbench.config.schema import InitConfig
    from actbench.errors import CellsFailedError
    from actbench.micro import run_micro
    from actbench.micro_plan import make_micro_plan
    from actbench.plan import plan_cell
    from actbench.report.chart import check_suffix
    from actbench.report.micro import micro_chart, render_micro

    if plot is not None:
        check_suffix(plot)
    cells = [plan_cell(entry, InitConfig()) for entry in _entries(what or _DEFAULT)]
    modes = {"compiled": (True,), "eager": (False,), "both": (True, False)}[mode]
    plan = make_micro_plan(name, cells, sizes, tuple(dict.fromkeys(dtypes)), modes, rounds)  # type: ignore[arg-type]
    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:
        outcome = run_micro(plan, out, fresh=fresh, listen=display)
    if plot is not None:
        write_picture([micro_chart(micro_rows(outcome.info, outcome.records))], plot)
    width, color = screen() if output is None else (80, False)
    write_result(render_micro(outcome.info, outcome.records, form, width=width, color=color), output)
    if outcome.failed:
        raise CellsFailedError(
            f"{len(outcome.failed)} blocks could not be measured: {outcome.failed[0].reason}"
        )


def _entries(what: tuple[str, ...]) -> "list[ActivationConfig]":
    """The activations of a config, or those that the arguments name."""
    from actbench.config.loader import load_config
    from actbench.errors import ConfigError

    if len(what) == 1 and what[0].endswith((".yaml", ".yml")):
        return list(load_config(Path(what[0])).activations)
    entries = read_activations(what)
    labels = [entry.label for entry in entries]
    for label in labels:
        if labels.count(label) > 1:
            raise ConfigError(f"{label}: is named twice; allowed: each label once, {{name: ..., label: ...}}")
    return entries
