"""actbench show: looks at activations, without training anything."""

from pathlib import Path

import click

from actbench.cli.activation_arguments import read_activations
from actbench.cli.options import example
from actbench.cli.output import write_picture
from actbench.cli.screen import screen


@click.command(
    epilog=example(
        "actbench show gelu",
        "actbench show sigmoid tanh relu --plot curves.svg",
        'actbench show "x * sigmoid(1.702 * x)" "{name: leaky_relu, params: {negative_slope: 0.1}}"',
    )
)
@click.argument("activations", nargs=-1, required=True, metavar="ACTIVATION...")
@click.option(
    "--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw f and f' of all into this file; its suffix says how: .svg, .png or .pdf.",
)
def show(activations: tuple[str, ...], form: str, plot: Path | None) -> None:
    """Show what activations are: formula, properties, paper, numbers, curve.

    ACTIVATION is a name of the catalogue, an expression in x, or a mapping in braces as in a config.
    """
    from actbench.errors import ConfigError
    from actbench.portraits import as_objects, chart_of, paint, to_text
    from actbench.report.chart import check_suffix
    from actbench.report.chart import to_text as chart_to_text

    if plot is not None:
        check_suffix(plot)
    portraits = [paint(entry) for entry in read_activations(activations)]
    chart = chart_of(portraits)
    if plot is not None:
        if chart is None:
            raise ConfigError(f"--plot {plot}: none of these is a curve: they are not element-wise")
        write_picture(chart, plot)
    if form == "json":
        import json

        click.echo(json.dumps(as_objects(portraits), indent=2, ensure_ascii=False, allow_nan=False))
        return
    parts = [to_text(portrait) for portrait in portraits]
    if chart is not None:
        parts.append(chart_to_text(chart, screen()[0]))
    click.echo("\n".join(parts), nl=False)
