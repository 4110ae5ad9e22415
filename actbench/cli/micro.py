"""actbench micro: what an activation alone costs, against a copy of its tensor."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import (
    example,
    folder_name,
    out_option,
    read_activations,
    report_format_option,
    sizes,
)
from actbench.cli._output import check_place, output_option, screen, write_picture, write_result

if TYPE_CHECKING:
    from actbench.config.schema.activation import ActivationConfig
    from actbench.plan.micro import DType

_DEFAULT = ("relu", "tanh", "gelu", "silu", "mish")

_MODES = {"compiled": (True,), "eager": (False,), "both": (True, False)}


@click.command(
    epilog=example(
        "actbench micro relu gelu mish",
        "actbench micro configs/mnist.yaml --sizes 1e4,1e6 --plot cost.svg",
        'actbench micro silu "x * sigmoid(x)" --dtype float32 --dtype bfloat16',
    )
)
@click.argument("what", nargs=-1, metavar="[CONFIG | ACTIVATION...]")
@click.option(
    "--sizes",
    callback=sizes(least=1_000, most=10_000_000, step=100),
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
    help="Of the tensors; may be repeated.",
)
@click.option(
    "--mode",
    type=click.Choice(list(_MODES)),
    default="both",
    show_default=True,
    help="By XLA, operation by operation, or both.",
)
@click.option(
    "--rounds",
    type=click.IntRange(6, 10_000),
    default=50,
    show_default=True,
    help="How often each is timed; more make the intervals narrower.",
)
@click.option(
    "--name",
    callback=folder_name,
    help="Of the run's folder.  [default: micro; of a config, its name followed by -micro]",
)
@out_option
@report_format_option
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
    dtypes: "tuple[DType, ...]",
    mode: str,
    rounds: int,
    name: str | None,
    out: Path,
    form: str,
    output: Path | None,
    plot: Path | None,
    quiet: bool,
    fresh: bool,
) -> None:
    """Time activations alone, forward and with their gradient, against a copy.

    What is timed are the activations of CONFIG, of which nothing else counts, or those named as in `actbench
    show`; relu, tanh, gelu, silu and mish by default. A run that was stopped goes on where it was, and
    `actbench report` prints it again.
    """
    from actbench.analysis.micro import estimate_micro
    from actbench.cli._output import raise_if_failed
    from actbench.config.schema.initializers import InitConfig
    from actbench.plan.cell import plan_cell
    from actbench.plan.micro import make_micro_plan
    from actbench.report.chart import check_suffix
    from actbench.report.micro import micro_charts, render_micro
    from actbench.report.progress import ErrorConsole, ProgressDisplay
    from actbench.workflows.micro import run_micro

    if plot is not None:
        check_suffix(plot)
        if len(sizes) < 2:
            raise click.BadParameter("one size is no line; allowed with two or more", param_hint="--plot")
    for path in filter(None, (plot, output)):
        check_place(path)
    usual_name, entries = _read(what or _DEFAULT)
    cells = [plan_cell(entry, InitConfig()) for entry in entries]
    plan = make_micro_plan(
        name or usual_name, cells, sizes, tuple(dict.fromkeys(dtypes)), _MODES[mode], rounds
    )
    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:
        outcome = run_micro(plan, out, fresh=fresh, listen=display)
    width, color = screen() if output is None else (80, False)
    write_result(render_micro(outcome.info, outcome.records, form, width=width, color=color), output)
    charts = micro_charts(estimate_micro(outcome.info, outcome.records)) if plot is not None else []
    if plot is not None and charts:  # none where too many blocks failed
        write_picture(charts, plot)
    raise_if_failed(outcome)


def _read(what: tuple[str, ...]) -> "tuple[str, list[ActivationConfig]]":
    """The name of the run, and the activations of a config or those that the arguments name."""
    from actbench.config.loader import load_config
    from actbench.errors import ConfigError
    from actbench.plan.micro import RESERVED

    configs = [word for word in what if word.endswith((".yaml", ".yml"))]
    if configs and len(what) > 1:
        raise ConfigError(f"{configs[0]}: a config stands alone; allowed: one config, or activations")
    if configs:
        config = load_config(Path(configs[0]))
        name, entries = f"{config.name}-micro", list(config.activations)
    else:
        name, entries = "micro", read_activations(what)
    labels = [entry.label for entry in entries]
    again = dict.fromkeys(label for label in labels if labels.count(label) > 1)
    mistakes = [f"{label}: is named more than once; allowed: a label of its own for each" for label in again]
    mistakes += [
        f"{label}: is what the {'plain' if label == RESERVED[0] else 'second'} copy is called; "
        "allowed: another label"
        for label in dict.fromkeys(labels)
        if label in RESERVED
    ]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return name, entries
