"""actbench report: prints what a run found."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import example, out_option, report_format_option
from actbench.cli._output import not_empty, output_option, read_run, screen, write_result
from actbench.report.registry import ALL_TABLES, TABLES

if TYPE_CHECKING:
    from actbench.report.view import Sort

_SORTS = ("accuracy", "time", "activation", "config")  # `report.view` has them, too, and takes time to load


class _TableName(click.Choice[str]):
    """The name of a table. Aliases of earlier versions are accepted and not listed."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(TABLES.aliases.get(value, value), param, ctx)


@click.command(
    epilog=example(
        "actbench report",
        "actbench report mnist --against tanh --generalise",
        "actbench report --format html --output report.html",
        "actbench report mnist --table diagnostics",
        "actbench report --format latex --table accuracy --output accuracy.tex",
        "actbench report results/mnist/0123456789ab --format csv --table time",
    )
)
@click.argument("run", required=False, metavar="[RUN]", callback=not_empty)
@report_format_option
@click.option(
    "--table",
    type=_TableName(TABLES.choices),
    default=ALL_TABLES,
    show_default=True,
    help="Table to print. all has every table but diagnostics, which shows the networks layer by layer.",
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
    form: str,
    table: str,
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
