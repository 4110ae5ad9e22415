"""actbench show: looks at activations, without training anything."""

from pathlib import Path

import click

from actbench.cli._options import example, read_activations
from actbench.cli._output import screen, write_picture


@click.command(
    epilog=example(
        "actbench show gelu",
        "actbench show sigmoid tanh relu --plot curves.svg",
        'actbench show "x * sigmoid(1.702 * x)" "{name: leaky_relu, params: {negative_slope: 0.1}}"',
        'actbench show "{expr: x * sigmoid(beta * x), params: {beta: 1.5}}" --format json',
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

    ACTIVATION is a name of the catalogue, an expression in x, or a mapping in braces as in a config. An
    expression that begins with a minus sign comes after --.
    """
    from actbench.analysis.portrait import paint
    from actbench.errors import ConfigError
    from actbench.report.chart import check_suffix, to_text
    from actbench.report.renderers.terminal import to_terminal
    from actbench.report.show import as_objects, curves, to_document

    if plot is not None:
        check_suffix(plot)
    portraits = paint(read_activations(activations))
    charts = curves(portraits)
    if plot is not None:
        if not charts:
            raise ConfigError(f"--plot {plot}: there is no curve to draw; allowed: element-wise functions")
        write_picture(charts, plot)
        for portrait in portraits:
            if portrait.curve is None:
                click.echo(f"{portrait.caption} has no curve, so it is not in {plot}", err=True)
    if form == "json":
        import json

        click.echo(json.dumps(as_objects(portraits), indent=2, ensure_ascii=False, allow_nan=False))
        return
    width, color = screen()
    texts = [f"{to_terminal(to_document(portrait), width, color).rstrip()}\n" for portrait in portraits]
    click.echo("\n".join([*texts, *(to_text(chart, width, color) for chart in charts)]), nl=False)
