"""actbench micro: times activations alone, against a copy of their tensor."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import (
    example,
    fresh_option,
    out_option,
    quiet_option,
    read_activations,
    read_folder_name,
    read_sizes,
    report_format_option,
)
from actbench.cli._output import (
    check_writable,
    output_option,
    plot_option,
    raise_if_failed,
    screen,
    write_picture,
    write_result,
)

if TYPE_CHECKING:
    from actbench.config.schema.activation import ActivationConfig
    from actbench.plan.micro import DType

_DEFAULT = ("relu", "tanh", "gelu", "silu", "mish")

# Whether XLA compiles the activation, in each of the ways that a mode stands for.
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
    callback=read_sizes(least=1_000, most=10_000_000, step=100),
    default="1e3,1e4,1e5,1e6,1e7",
    show_default=True,
    help="Numbers of elements of the tensors, separated by commas.",
)
@click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    type=click.Choice(["float32", "bfloat16"]),
    default=("float32",),
    show_default=True,
    help="Tensor dtype; repeatable.",
)
@click.option(
    "--mode",
    type=click.Choice(list(_MODES)),
    default="both",
    show_default=True,
    help="Compiled by XLA, eager (operation by operation), or both.",
)
@click.option(
    "--rounds",
    type=click.IntRange(6, 10_000),
    default=50,
    show_default=True,
    help="Number of times that each activation is timed; more rounds give narrower intervals.",
)
@click.option(
    "--name",
    callback=read_folder_name,
    help="Name of the run's folder.  [default: micro, or the name of CONFIG followed by -micro]",
)
@out_option
@report_format_option
@output_option
@plot_option
@quiet_option
@fresh_option
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

    The activations are those of CONFIG, whose other keys are ignored, or those named as in `actbench show`;
    relu, tanh, gelu, silu and mish by default. A stopped run continues with the next block, and `actbench
    report` prints it again. The chart has the time per element by size.
    """
    from actbench.analysis.micro import estimate_micro
    from actbench.config.schema.keras_objects import InitConfig
    from actbench.plan.cell import plan_cell
    from actbench.plan.micro import make_micro_plan
    from actbench.report.chart import check_suffix
    from actbench.report.micro import micro_charts, render_micro
    from actbench.report.progress import ErrorConsole, ProgressDisplay
    from actbench.workflows.micro import run_micro

    if plot is not None:
        check_suffix(plot)
        if len(sizes) < 2:
            raise click.BadParameter("one size makes no line; use two sizes or more", param_hint="--plot")
    for path in filter(None, (plot, output)):
        check_writable(path)
    usual_name, entries = _read(what or _DEFAULT)
    cells = [plan_cell(entry, InitConfig()) for entry in entries]
    plan = make_micro_plan(
        name or usual_name, cells, sizes, tuple(dict.fromkeys(dtypes)), _MODES[mode], rounds
    )
    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:
        result = run_micro(plan, out, fresh=fresh, listen=display)
    width, color = screen(output)
    write_result(render_micro(result.info, result.records, form, width=width, color=color), output)
    charts = micro_charts(estimate_micro(result.info, result.records)) if plot is not None else []
    if plot is not None and charts:  # there is none if too many blocks failed
        write_picture(charts, plot)
    raise_if_failed(result)


def _read(what: tuple[str, ...]) -> "tuple[str, list[ActivationConfig]]":
    """Return the name of the run, and the activations of a config or those that the arguments name."""
    from actbench.config.loader import load_config
    from actbench.errors import ConfigError
    from actbench.plan.micro import COPY_LABELS

    configs = [word for word in what if word.endswith((".yaml", ".yml"))]
    if configs and len(what) > 1:
        raise ConfigError(f"{configs[0]}: a config stands alone; use one config, or activations")
    if configs:
        config = load_config(Path(configs[0]))
        name, entries = f"{config.name}-micro", list(config.activations)
    else:
        name, entries = "micro", read_activations(what)
    labels = [entry.label for entry in entries]
    again = dict.fromkeys(label for label in labels if labels.count(label) > 1)
    mistakes = [f"{label}: is named more than once; use another label for each" for label in again]
    mistakes += [
        f"{label}: is the label of the {'plain' if label == COPY_LABELS[0] else 'second'} copy; "
        "use another label"
        for label in dict.fromkeys(labels)
        if label in COPY_LABELS
    ]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return name, entries
