"""actbench run: trains and times what a config names, and prints the report."""

from pathlib import Path

import click

from actbench.cli._options import example, out_option, sd_option, set_option
from actbench.cli._output import raise_if_failed


@click.command(
    epilog=example(
        "actbench run configs/mnist.yaml",
        "actbench run configs/mnist.yaml --set train.epochs=2 --set seeds=3",
    )
)
@click.argument("config", type=click.Path(path_type=Path))
@out_option
@set_option
@click.option("--dry-run", is_flag=True, help="Print what `actbench plan` does, and stop.")
@sd_option
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@click.option("--fresh", is_flag=True, help="Measure everything again; the earlier ledger is set aside.")
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

    A run that was stopped goes on where it was. The same config always means the same folder,
    OUT/<name>/<run id>/.
    """
    if dry_run:
        from actbench.cli.plan import print_plan

        print_plan(config, overrides, out, sd=sd, fresh=fresh)
    elif sd is not None:
        raise click.UsageError("--sd does nothing without --dry-run")
    else:
        _run(config, out, overrides, quiet, fresh)


def _run(config: Path, out: Path, overrides: tuple[str, ...], quiet: bool, fresh: bool) -> None:
    from actbench.cli._output import screen
    from actbench.report import build
    from actbench.report.progress import ErrorConsole, ProgressDisplay
    from actbench.workflows.run import run_benchmark

    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:
        outcome = run_benchmark(config, out, overrides=overrides, fresh=fresh, listen=display)
    width, color = screen()
    built = build.build(outcome.info, outcome.records)
    click.echo(build.render(built, "terminal", width=width, color=color), nl=False)
    raise_if_failed(outcome)
