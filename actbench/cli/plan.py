"""actbench plan: says before a run what it takes and what it can decide."""

from collections.abc import Sequence
from pathlib import Path

import click

from actbench.cli.limits import fraction
from actbench.cli.options import example, out_option, set_option


def _parse_spread(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """A standard deviation of accuracies: a fraction, or points with a % sign."""
    if value is None:
        return None
    sd = fraction(value)
    if not 0.0 < sd < 1.0:
        raise click.BadParameter(f"{value!r} is no spread of accuracies; allowed: such as 0.16% or 0.0016")
    return sd


@click.command(
    epilog=example(
        "actbench plan configs/mnist.yaml", "actbench plan configs/mnist.yaml --set seeds=20 --sd 0.3%"
    )
)
@click.argument("config", type=click.Path(path_type=Path))
@set_option
@click.option(
    "--sd",
    callback=_parse_spread,
    metavar="SPREAD",
    help="Standard deviation of a paired accuracy difference from seed to seed, such as 0.16% (points) or "
    "0.0016; by default that of the finished run of this plan, else a typical one.",
)
@out_option
@click.option(
    "--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)
def plan(config: Path, overrides: tuple[str, ...], sd: float | None, out: Path, form: str) -> None:
    """Say what CONFIG would take, and what it could decide.

    Trains nothing and writes nothing.
    """
    print_plan(config, overrides, out, sd=sd, form=form)


def print_plan(
    config: Path,
    overrides: Sequence[str],
    out: Path,
    *,
    sd: float | None = None,
    fresh: bool = False,
    form: str = "terminal",
) -> None:
    """Prints the outline of a run; also what `actbench run --dry-run` does."""
    from actbench.outline import make_outline
    from actbench.report.outline_json import outline_to_json
    from actbench.report.outline_text import outline_to_text

    outline = make_outline(config, overrides, out, sd=sd, fresh=fresh)
    click.echo(outline_to_json(outline) if form == "json" else outline_to_text(outline), nl=False)
