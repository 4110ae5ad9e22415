"""actbench run: trains and times what a config names, and prints the report."""

from pathlib import Path

import click

from actbench.cli.options import example, out_option, set_option


@click.command(
    epilog=example(
        "actbench run configs/mnist.yaml",
        "actbench run configs/mnist.yaml --set train.epochs=2 --set seeds=3",
    )
)
@click.argument("config", type=click.Path(path_type=Path))
@out_option
@set_option
@click.option("--dry-run", is_flag=True, help="Print the plan and its estimated time, and stop.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@click.option("--fresh", is_flag=True, help="Measure everything again; the earlier ledger is set aside.")
def run(config: Path, out: Path, overrides: tuple[str, ...], dry_run: bool, quiet: bool, fresh: bool) -> None:
    """Train and time every activation of CONFIG, then print the report.

    A run that was stopped goes on where it was. The same config always means the same folder,
    OUT/<name>/<run id>/.
    """
    if dry_run:
        _print_plan(config, out, overrides, fresh)
    else:
        _run(config, out, overrides, quiet, fresh)


def _print_plan(config: Path, out: Path, overrides: tuple[str, ...], fresh: bool) -> None:
    from actbench.cli.progress import format_duration
    from actbench.config.loader import load_config
    from actbench.execution.estimate import estimate_s
    from actbench.plan import make_plan
    from actbench.run import finished_blocks, run_folder

    plan = make_plan(load_config(config, overrides))
    click.echo(f"run       {plan.name}/{plan.run_id}")
    for setting in plan.settings:
        train, model = setting.train, setting.model
        click.echo(
            f"setting   {setting.dataset.name}, hidden units {list(model.hidden_units)}, {train.optimizer} "
            f"{train.learning_rate:g}, batch {train.batch_size}, {train.epochs} epochs, "
            f"engine {setting.timing.engine}"
        )
    cells = plan.blocks[0].cells
    placebo = f" and a placebo of {plan.baseline}" if plan.placebo else ""
    click.echo(f"cells     {', '.join(cell.label for cell in cells if cell.label != plan.placebo)}{placebo}")
    finished = () if fresh else finished_blocks(out, plan)
    pending = [block for block in plan.blocks if block.id not in finished]
    seeds = len(plan.blocks) // len(plan.settings)
    click.echo(f"blocks    {len(plan.blocks)}: {len(plan.settings)} setting(s), {seeds} seed(s) each")
    click.echo(f"trainings {plan.trainings}")
    click.echo(f"pending   {len(pending)} of {len(plan.blocks)} blocks, in {run_folder(out, plan)}")
    click.echo(f"time      about {format_duration(estimate_s(plan, pending))} here, from a quick calibration")


def _run(config: Path, out: Path, overrides: tuple[str, ...], quiet: bool, fresh: bool) -> None:
    from actbench import report
    from actbench.cli.progress import ErrorConsole, ProgressDisplay
    from actbench.cli.screen import screen
    from actbench.errors import CellsFailedError
    from actbench.run import run_benchmark

    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:
        outcome = run_benchmark(config, out, overrides=overrides, fresh=fresh, listen=display)
    width, color = screen()
    built = report.build(outcome.info, outcome.records)
    click.echo(report.render(built, "terminal", width=width, color=color), nl=False)
    if outcome.failed:
        lines = "\n".join(f"  block {record.block}: {record.reason}" for record in outcome.failed)
        raise CellsFailedError(
            f"{len(outcome.failed)} of {len(outcome.records)} blocks could not be measured:\n{lines}\n"
            "The others are kept; run the same command to try these again."
        )
