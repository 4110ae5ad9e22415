"""actbench compare: says what changed from one run to another."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import example, out_option, share, words
from actbench.cli._output import not_empty, output_option, read_run, screen, write_result

if TYPE_CHECKING:
    from actbench.analysis.comparison.gate import Gate, Kind
    from actbench.report.compare.document import ChangesFormat

_FORMATS = ("terminal", "markdown", "json", "junit", "benchmark-action")

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
@click.option("--format", "form", type=click.Choice(_FORMATS), default="terminal", show_default=True)
@click.option(
    "--fail-on",
    callback=words(_KINDS),
    metavar="KINDS",
    help="Exit with 1 where an interval lies beyond its limit: accuracy (or whatever the score is), time, or "
    "accuracy,time.",
)
@click.option(
    "--max-slowdown",
    callback=share(),
    metavar="SHARE",
    help="How much longer anything may take.  [default: 5%]",
)
@click.option(
    "--max-drop",
    callback=share(most=1.0),
    metavar="SHARE",
    help="How far a score may fall: 0.1% is 0.1 points of accuracy, or 0.001 of R².  [default: the margin of "
    "NEW's verdicts]",
)
@click.option("--strict", is_flag=True, help="Exit with 3 where an interval cannot tell.")
@click.option(
    "--accept-environment", is_flag=True, help="Compare times of two machines, too; they are labelled."
)
@out_option
@output_option
def compare(
    old: str,
    new: str,
    form: "ChangesFormat",
    fail_on: "tuple[Kind, ...]",
    max_slowdown: float | None,
    max_drop: float | None,
    strict: bool,
    accept_environment: bool,
    out: Path,
    output: Path | None,
) -> None:
    """Say what changed from run OLD to run NEW, and fail where a limit is broken.

    OLD and NEW are run folders, run ids, or names of configs. Accuracies are compared across machines, times
    only on the same one. The first of these that holds is the exit code: 1 a limit of --fail-on is broken;
    5 nothing could be compared, or nothing of a kind of --fail-on; 4 the machines differ and times were
    asked for, as they are without --fail-on; 3 it cannot be told, with --strict; 0 otherwise.
    """
    gate = _gate(fail_on, max_slowdown, max_drop, strict)

    from actbench.analysis.comparison.gate import check_all
    from actbench.analysis.comparison.runs import compare_runs
    from actbench.errors import EnvironmentMismatchError
    from actbench.report.compare.document import render_changes
    from actbench.report.compare.facts import problem

    before, after = read_run(out, old), read_run(out, new)
    changes = compare_runs(
        before.info, before.records, after.info, after.records, accept_environment=accept_environment
    )
    checks = check_all(changes, gate)
    width, color = screen() if output is None else (80, False)
    write_result(render_changes(changes, gate, checks, form, width=width, color=color), output)
    error = problem(changes, gate, checks)
    if changes.machines and not isinstance(error, EnvironmentMismatchError):
        treatment = "are compared nevertheless" if changes.two_machines else "are not compared"
        click.echo(f"the machines differ, their times {treatment}: {', '.join(changes.machines)}", err=True)
    if error is not None:
        raise error


def _gate(
    fail_on: "tuple[Kind, ...]", max_slowdown: float | None, max_drop: float | None, strict: bool
) -> "Gate":
    """The gate that is asked for; an option that would do nothing is a mistake."""
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
