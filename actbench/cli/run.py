"""actbench run: trains and times the activations of a config, and prints the report."""

from pathlib import Path

import click

from actbench.cli._options import example, fresh_option, out_option, quiet_option, sd_option, set_option
from actbench.cli._output import raise_if_failed, screen


@click.command(
    epilog=example(
        "actbench run configs/mnist.yaml",
        "actbench run configs/mnist.yaml --set train.epochs=2 --set seeds=3",
    )
)
@click.argument("config", type=click.Path(path_type=Path))
@out_option
@set_option
@click.option("--dry-run", is_flag=True, help="Print the output of `actbench plan` and stop.")
@sd_option
@quiet_option
@fresh_option
def run(
    config: Path,
    out: Path,
    overrides: tuple[str, ...],
    dry_run: bool,
    sd: float | None,
    quiet: bool,
    fresh: bool,
) -> None:
    """Train and time every activation of CONFIG, then print the report.

    A stopped run continues with the next block. The same config always has the same folder,
    OUT/<name>/<run id>/.
    """
    if dry_run:
        _print_plan(config, out, overrides, sd, fresh)
    elif sd is not None:
        raise click.UsageError("--sd does nothing without --dry-run")
    else:
        _run(config, out, overrides, quiet, fresh)


def _run(config: Path, out: Path, overrides: tuple[str, ...], quiet: bool, fresh: bool) -> None:
    from actbench.report import build
    from actbench.report.progress import ErrorConsole, ProgressDisplay
    from actbench.workflows.run import run_benchmark

    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:
        result = run_benchmark(config, out, overrides=overrides, fresh=fresh, listen=display)
    width, color = screen()
    report = build.build(result.info, result.records)
    click.echo(build.render(report, "terminal", width=width, color=color), nl=False)
    raise_if_failed(result)


def _print_plan(config: Path, out: Path, overrides: tuple[str, ...], sd: float | None, fresh: bool) -> None:
    from actbench.report.plan import outline_to_text
    from actbench.workflows.plan import make_outline

    click.echo(outline_to_text(make_outline(config, overrides, out, sd=sd, fresh=fresh)), nl=False)
