"""actbench doctor: looks at the machine and says how small a difference of time it can show."""

import click

from actbench.cli._options import example, text_or_json_option
from actbench.cli._output import screen


@click.command(epilog=example("actbench doctor", "actbench doctor --seconds 60 --format json"))
@text_or_json_option
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=10.0,
    show_default=True,
    help="Seconds for which the placebo is timed; more seconds give a narrower interval.",
)
def doctor(form: str, seconds: float) -> None:
    """Look at this machine and say how small a difference of time it can show.

    Two copies of one model are timed against each other; any difference between them is noise. The facts of
    the machine that decide how much noise there is are listed, with advice where one of them can be improved.
    """
    from actbench.errors import NothingMeasuredError
    from actbench.report.doctor import doctor_to_json, doctor_to_text
    from actbench.workflows.doctor import examine

    click.echo(f"timing a placebo for {seconds:g} s, after TensorFlow has started", err=True)
    report = examine(seconds)
    click.echo(doctor_to_json(report) if form == "json" else doctor_to_text(report, *screen()), nl=False)
    if report.measurement is None:
        raise NothingMeasuredError(f"the placebo could not be measured: {report.problem}")
