"""Options and help that several verbs share."""

from pathlib import Path

import click

from actbench.cli.limits import spread

set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Replace a value of the config, such as train.epochs=2; may be repeated.",
)

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that holds the runs.",
)

report_format_option = click.option(
    "--format",
    "form",
    type=click.Choice(("terminal", "markdown", "html", "latex", "csv", "json")),
    default="terminal",
    show_default=True,
)

sd_option = click.option(
    "--sd",
    callback=spread,
    metavar="SPREAD",
    help="Plan with this standard deviation of a paired difference of scores from seed to seed, such as "
    "0.16% (points of accuracy) or 0.0016; by default that of the finished run of this plan, else a typical "
    "one of accuracies.",
)


def example(*lines: str) -> str:
    """The end of a help text: what one may type."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
