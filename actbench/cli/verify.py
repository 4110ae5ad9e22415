"""actbench verify: trains some cells of a run again and says whether they give the same numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli._options import example, out_option, quiet_option, text_or_json_option
from actbench.cli._output import not_empty, screen

if TYPE_CHECKING:
    from actbench.execution.protocol import Event
    from actbench.plan.models import Plan


@click.command(
    epilog=example("actbench verify mnist", "actbench verify results/mnist/0123456789ab --cells 10")
)
@click.argument("run", callback=not_empty)
@click.option(
    "--cells",
    type=int,
    default=3,
    show_default=True,
    help="Number of trainings to repeat; all if the run has fewer.",
)
@click.option(
    "--tolerance",
    type=float,
    default=0.005,
    show_default=True,
    help="Largest difference of a test score that passes: of accuracy as a fraction, of R² as it is.",
)
@text_or_json_option
@quiet_option
@out_option
def verify(run: str, cells: int, tolerance: float, form: str, quiet: bool, out: Path) -> None:
    """Train some cells of RUN again and compare the scores.

    RUN is a run folder, a run id, or the name of a config. The cells are spread over seeds and activations,
    and the same ones every time. The exit code is 0 if the scores are identical or within the tolerance, 1
    if not.
    """
    from actbench.errors import CellsFailedError, GateFailedError
    from actbench.execution.protocol import Beginning
    from actbench.plan.models import Plan
    from actbench.report.progress import ErrorConsole, ProgressDisplay
    from actbench.report.verify import verification_to_json, verification_to_text
    from actbench.store.find import find_run
    from actbench.workflows.verify import verify_run

    path = find_run(out, run)
    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:

        def listen(event: "Plan | Event") -> None:
            display(Beginning(path, event, event.blocks) if isinstance(event, Plan) else event)

        verification = verify_run(path, cells, tolerance=tolerance, listen=listen)
    if form == "json":
        click.echo(verification_to_json(verification), nl=False)
    else:
        click.echo(verification_to_text(verification, *screen()), nl=False)
    if verification.result == "different":
        raise GateFailedError(f"{verification.count('different')} trainings gave another result")
    if verification.failed:
        lines = "\n".join(f"  block {record.block}: {record.reason}" for record in verification.failed)
        raise CellsFailedError(f"{len(verification.failed)} blocks could not be measured again:\n{lines}")
