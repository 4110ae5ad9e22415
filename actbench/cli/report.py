"""actbench report: prints what a run found."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import example, out_option, report_format_option
from actbench.cli._output import not_empty, output_option, read_run, screen, write_result

if TYPE_CHECKING:
    from actbench.report.build import Format
    from actbench.report.model import Sort
    from actbench.report.renderers.json import TableName

# As in `report.build` and `report.model`, which `--help` has no time to load.
_TABLES = ("accuracy", "time", "inference", "metrics", "pareto", "why", "summary", "tuning", "all")

_SORTS = ("accuracy", "time", "activation", "config")


@click.command(
    epilog=example(
        "actbench report",
        "actbench report mnist --against tanh --generalise",
        "actbench report --format html --output report.html",
        "actbench report mnist --table why",
        "actbench report --format latex --table accuracy --output accuracy.tex",
        "actbench report results/mnist/0123456789ab --format csv --table time",
    )
)
@click.argument("run", required=False, metavar="[RUN]", callback=not_empty)
@report_format_option
@click.option(
    "--table",
    type=click.Choice(_TABLES),
    default="all",
    show_default=True,
    help="Table to print. all has every table but why, which shows the networks layer by layer.",
)
@click.option(
    "--sort",
    type=click.Choice(_SORTS),
    default="accuracy",
    show_default=True,
    help="Order of the activations: best accuracy first, fastest training first, by name, or as in the "
    "config.",
)
@click.option(
    "--against", metavar="LABEL", help="Label of the activation to compare with instead of the baseline."
)
@click.option("--generalise", is_flag=True, help="Add intervals for new test data to the accuracy table.")
@out_option
@output_option
def report(
    run: str | None,
    form: "Format",
    table: "TableName",
    sort: "Sort",
    against: str | None,
    generalise: bool,
    out: Path,
    output: Path | None,
) -> None:
    """Print the tables of RUN, the newest by default.

    RUN is a run folder, a run id, or the name of a config. Runs of `actbench micro` have one table.
    """
    from actbench.report import build as reports

    stored = read_run(out, run, micro=True)
    width, color = screen(output)
    if stored.info.kind == "micro":
        from actbench.report.micro import render_micro

        _refuse_for_micro(table=table, sort=sort, against=against, generalise=generalise)
        text = render_micro(stored.info, stored.records, form, width=width, color=color)
        write_result(text, output)
        return
    built = reports.build(stored.info, stored.records, sort, against=against, generalise=generalise)
    write_result(reports.render(built, form, table, width=width, color=color), output)


def _refuse_for_micro(**given: object) -> None:
    """Refuse options that do nothing, because a run of `actbench micro` has one table in one order."""
    defaults = {"table": "all", "sort": "accuracy", "against": None, "generalise": False}
    for name, value in given.items():
        if value != defaults[name]:
            raise click.UsageError(f"--{name} does nothing for a run of actbench micro")
