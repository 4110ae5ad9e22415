"""actbench show: looks at activations, without training anything."""

from pathlib import Path

import click

from actbench.cli._options import example, read_activations, text_or_json_option
from actbench.cli._output import plot_option, screen, write_picture


@click.command(
    epilog=example(
        "actbench show gelu",
        "actbench show sigmoid tanh relu --plot curves.svg",
        'actbench show "x * sigmoid(1.702 * x)" "{name: leaky_relu, params: {negative_slope: 0.1}}"',
        'actbench show "{expr: x * sigmoid(beta * x), params: {beta: 1.5}}" --format json',
    )
)
@click.argument("activations", nargs=-1, required=True, metavar="ACTIVATION...")
@text_or_json_option
@plot_option
def show(activations: tuple[str, ...], form: str, plot: Path | None) -> None:
    """Show what activations are: formula, properties, paper, numbers, curve.

    ACTIVATION is a name of the catalogue, an expression in x, or a mapping in braces as in a config. An
    expression that begins with a minus sign comes after --. The chart has f and f' of each activation.
    """
    from actbench.analysis.portrait import portray
    from actbench.errors import ArgumentError
    from actbench.report.chart import check_suffix
    from actbench.report.show import curve_charts, portraits_to_json, portraits_to_text

    if plot is not None:
        check_suffix(plot)
    portraits = portray(read_activations(activations))
    if plot is not None:
        charts = curve_charts(portraits)
        if not charts:
            raise ArgumentError(
                "plot", "there is no curve to draw; use an element-wise function", value=str(plot)
            )
        write_picture(charts, plot)
        for portrait in portraits:
            if portrait.curve is None:
                click.echo(f"{portrait.caption} has no curve, so it is not in {plot}", err=True)
    if form == "json":
        click.echo(portraits_to_json(portraits), nl=False)
    else:
        click.echo(portraits_to_text(portraits, *screen()), nl=False)
