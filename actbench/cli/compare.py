"""actbench compare: says what changed from one run to another."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import example, out_option, read_share, read_words
from actbench.cli._output import not_empty, output_option, read_run, screen, write_result
from actbench.report.compare.formats import CHANGES_FORMATS, render_changes

if TYPE_CHECKING:
    from actbench.analysis.comparison.gate import Gate, GatedKind

# As in `analysis.comparison.gate`, which `--help` has no time to load.
_KINDS = ("accuracy", "time")


@click.command(
    epilog=example(
        "actbench compare results/mnist/0123456789ab mnist",
        "actbench compare OLD NEW --fail-on accuracy,time --max-slowdown 5%",
        "actbench compare OLD NEW --format markdown --output comment.md",
    )
)
@click.argument("old", callback=not_empty)
@click.argument("new", callback=not_empty)
@click.option(
    "--format",
    "form",
    type=click.Choice(CHANGES_FORMATS.names),
    default="terminal",
    show_default=True,
    help="Format of the comparison; json and benchmark-action have unrounded figures.",
)
@click.option(
    "--fail-on",
    callback=read_words(_KINDS),
    metavar="KINDS",
    help="Exit with 1 if a whole interval lies beyond its limit: accuracy (or whatever the score is), time, "
    "or accuracy,time.",
)
@click.option(
    "--max-slowdown",
    callback=read_share(),
    metavar="SHARE",
    help="Largest increase of any time.  [default: 5%]",
)
@click.option(
    "--max-drop",
    callback=read_share(most=1.0),
    metavar="SHARE",
    help="Largest fall of a score: 0.1% is 0.1 points of accuracy, or 0.001 of R².  [default: the margin of "
    "NEW's verdicts]",
)
@click.option("--strict", is_flag=True, help="Exit with 3 if an interval lies on both sides of its limit.")
@click.option(
    "--accept-environment", is_flag=True, help="Compare times of two machines, too; they are labelled."
)
@out_option
@output_option
def compare(
    old: str,
    new: str,
    form: str,
    fail_on: "tuple[GatedKind, ...]",
    max_slowdown: float | None,
    max_drop: float | None,
    strict: bool,
    accept_environment: bool,
    out: Path,
    output: Path | None,
) -> None:
    """Say what changed from run OLD to run NEW, and fail if a limit is broken.

    OLD and NEW are run folders, run ids, or names of configs. Accuracies are compared across machines, times
    only on the same one. The exit code is the first of these that holds: 1 a limit of --fail-on is broken;
    5 nothing could be compared, or nothing of a kind of --fail-on; 4 the machines differ and times were
    asked for, as they are without --fail-on; 3 a check is undecided, with --strict; 0 otherwise.
    """
    gate = _gate(fail_on, max_slowdown, max_drop, strict)

    from actbench.workflows.compare import compare_stored_runs

    compared = compare_stored_runs(
        read_run(out, old), read_run(out, new), gate, accept_environment=accept_environment
    )
    width, color = screen(output)
    text = render_changes(compared.changes, gate, compared.checks, form, width=width, color=color)
    write_result(text, output)
    if compared.remark is not None:
        click.echo(compared.remark, err=True)
    if compared.error is not None:
        raise compared.error


def _gate(
    fail_on: "tuple[GatedKind, ...]", max_slowdown: float | None, max_drop: float | None, strict: bool
) -> "Gate":
    """Return the gate that the options ask for; an option without effect is a mistake."""
    idle = [
        f"{option} does nothing without --fail-on {needs}"
        for option, given, needs in (
            ("--max-slowdown", max_slowdown is not None and "time" not in fail_on, "time"),
            ("--max-drop", max_drop is not None and "accuracy" not in fail_on, "accuracy"),
            ("--strict", strict and not fail_on, " or ".join(_KINDS)),
        )
        if given
    ]
    if idle:
        raise click.UsageError("\n".join(idle))

    from actbench.analysis.comparison.gate import MAX_SLOWDOWN, Gate

    return Gate(fail_on, MAX_SLOWDOWN if max_slowdown is None else max_slowdown, max_drop, strict)
