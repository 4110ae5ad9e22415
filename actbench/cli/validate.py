"""actbench validate: checks configs and their data, and names every mistake."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import example, set_option

if TYPE_CHECKING:
    from actbench.plan.models import Plan


@click.command(
    epilog=example(
        "actbench validate configs/*.yaml", "actbench validate configs/mnist.yaml --set train.epochs=2"
    )
)
@click.argument("configs", nargs=-1, required=True, metavar="CONFIG...", type=click.Path(path_type=Path))
@set_option
def validate(configs: tuple[Path, ...], overrides: tuple[str, ...]) -> None:
    """Check configs, and the data that they name, without running them.

    Every mistake of every CONFIG is one line on standard error, which begins with file:line:column; the exit
    code is then 2.
    """
    from actbench.errors import ConfigError

    mistakes = [message for path in configs if (message := _check(path, overrides))]
    if mistakes:
        raise ConfigError("\n".join(mistakes))


def _check(path: Path, overrides: tuple[str, ...]) -> str | None:
    """Check one config: print a summary if it is fine, else return its mistakes, one line each."""
    from actbench.config.loader import load_source
    from actbench.errors import InputError
    from actbench.plan.build import make_plan
    from actbench.plan.data_checks import check_data

    try:
        loaded = load_source(path, overrides)
        settings, _ = check_data(loaded)
    except InputError as error:
        return str(error)
    click.echo(f"{path}: fine: {_summary(make_plan(loaded.config, settings))}")
    return None


def _summary(plan: "Plan") -> str:
    activations = len(plan.labels) - (plan.placebo is not None)
    placebo = " + placebo" if plan.placebo else ""
    seeds = len({block.seed for block in plan.final})
    return (
        f"{_count(activations, 'activation')}{placebo}, {_count(seeds, 'seed')}, "
        f"{_count(len(plan.settings), 'setting')}, {_count(plan.trainings, 'training')}"
        f"{f', {plan.tuning_trainings} of them to tune' if plan.tuning else ''}"
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
