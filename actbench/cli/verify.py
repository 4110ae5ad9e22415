"""actbench verify: trains some cells of a run again and says whether they give the same numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import example, out_option
from actbench.cli._output import not_empty, screen

if TYPE_CHECKING:
    from actbench.analysis.verification import Verification
    from actbench.execution.protocol import Event
    from actbench.report.formatting import FigureKind


@click.command(
    epilog=example("actbench verify mnist", "actbench verify results/mnist/0123456789ab --cells 10")
)
@click.argument("run", callback=not_empty)
@click.option(
    "--cells", type=int, default=3, show_default=True, help="How many trainings to repeat; at most all."
)
@click.option(
    "--tolerance",
    type=float,
    default=0.005,
    show_default=True,
    help="Largest difference of a test score that passes: of accuracy as a fraction, of R² as it is.",
)
@click.option(
    "--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@out_option
def verify(run: str, cells: int, tolerance: float, form: str, quiet: bool, out: Path) -> None:
    """Train some cells of RUN again and compare the scores.

    RUN is a run folder, a run id, or the name of a config. The cells are spread over seeds and activations,
    and always the same. Exit code 0 when the scores are identical or within the tolerance, 1 when not.
    """
    from actbench.errors import CellsFailedError, GateFailedError
    from actbench.execution.protocol import Beginning
    from actbench.plan.models import Plan
    from actbench.report.progress import ErrorConsole, ProgressDisplay
    from actbench.store.find import find_run
    from actbench.workflows.verify import verify_run

    path = find_run(out, run)
    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:

        def listen(event: "Plan | Event") -> None:
            display(Beginning(path, event, event.blocks) if isinstance(event, Plan) else event)

        verification = verify_run(path, cells, tolerance=tolerance, listen=listen)
    click.echo(_json(verification) if form == "json" else _terminal(verification), nl=False)
    if verification.result == "different":
        raise GateFailedError(f"{verification.count('different')} trainings gave another result")
    if verification.failed:
        lines = "\n".join(f"  block {record.block}: {record.reason}" for record in verification.failed)
        raise CellsFailedError(f"{len(verification.failed)} blocks could not be measured again:\n{lines}")


def _json(verification: "Verification") -> str:
    import json
    from dataclasses import asdict

    value = {
        "run": {"run_id": verification.run_id, "path": str(verification.path)},
        "tolerance": verification.tolerance,
        "result": verification.result,
        "conclusion": verification.conclusion,
        "cells": [asdict(check) for check in verification.checks],
        "changes": [
            {"name": name, "recorded": recorded, "now": now} for name, recorded, now in verification.changes
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _terminal(verification: "Verification") -> str:
    from collections import Counter

    from actbench.report.document import Column, Document, Section, Table
    from actbench.report.renderers.terminal import to_terminal

    kind: FigureKind = "percent" if verification.percent else "score"
    unit = ", %" if verification.percent else ""
    columns = (
        Column("activation", "text"),
        Column("setting", "text"),
        Column("seed", "count"),
        Column(f"recorded{unit}", kind),
        Column(f"again{unit}", kind),
        Column("result", "text"),
    )
    rows = tuple(
        (
            check.activation,
            verification.names[check.setting],
            check.seed,
            "diverged" if check.recorded is None else check.recorded,
            "diverged" if check.again is None and check.result != "failed" else check.again,
            check.result,
        )
        for check in verification.checks
    )
    differing = Counter(check.differing for check in verification.checks if check.differing)
    notes = (f"{cells} of these differ in {', '.join(names)}" for names, cells in differing.items())
    trainings = Table(f"Test {verification.scores_in_words}", columns, rows, tuple(notes))
    changes = tuple((name, f"{recorded} recorded, {now} now") for name, recorded, now in verification.changes)
    document = Document(
        title=f"verify {verification.path}",
        facts=(),
        sections=(
            Section("Trained again", (), (trainings,)),
            Section("Changed since", changes or (("nothing", "that is recorded of the environment"),), ()),
        ),
        notes=(),
    )
    width, color = screen()
    return f"{to_terminal(document, width, color)}{verification.conclusion}\n"
