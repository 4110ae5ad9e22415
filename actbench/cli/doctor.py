"""actbench doctor: looks at the machine and says how small a difference of time it can show."""

from typing import TYPE_CHECKING

import click

from actbench.cli._options import example
from actbench.cli._output import screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actbench.execution.machine import BusyProcess
    from actbench.report.facts import Facts
    from actbench.workflows.doctor import DoctorReport, Measurement


@click.command(epilog=example("actbench doctor", "actbench doctor --seconds 60 --format json"))
@click.option(
    "--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=10.0,
    show_default=True,
    help="How long to measure the placebo.",
)
def doctor(form: str, seconds: float) -> None:
    """Look at this machine and say how small a difference of time it can show.

    Two copies of one model are timed against each other; any difference between them is noise. With it come
    the facts that decide how much noise there is, and advice where one of them could be better.
    """
    from actbench.errors import NothingMeasuredError
    from actbench.workflows.doctor import examine

    click.echo(f"timing a placebo for {seconds:g} s, after TensorFlow has started", err=True)
    found = examine(seconds)
    click.echo(_json(found) if form == "json" else _terminal(found), nl=False)
    if found.measurement is None:
        raise NothingMeasuredError(f"the placebo could not be measured: {found.problem}")


def _json(found: "DoctorReport") -> str:
    import json
    from dataclasses import asdict

    value = asdict(found) | {"environment": found.environment.model_dump(mode="json")}
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _terminal(found: "DoctorReport") -> str:
    from actbench.report.document import Document, Section
    from actbench.report.renderers.terminal import to_terminal

    advice = tuple((str(number), sentence) for number, sentence in enumerate(found.advice, 1))
    document = Document(
        title="doctor",
        facts=(),
        sections=(
            Section("Machine", _machine(found), ()),
            Section("TensorFlow", _tensorflow(found), ()),
            Section("Placebo: relu against a copy of itself", _placebo(found.measurement), ()),
            Section("Advice", advice or (("none", "nothing was found that stands in the way"),), ()),
        ),
        notes=(),
    )
    width, color = screen()
    return to_terminal(document, width, color).rstrip() + "\n"


def _machine(found: "DoctorReport") -> "Facts":
    from actbench.report.facts import or_unknown

    environment, machine = found.environment, found.machine
    quota = "" if machine.cores_quota is None else f", a quota of {machine.cores_quota:g}"
    limit = "" if machine.memory_limit_bytes is None else f", limited to {_gib(machine.memory_limit_bytes)}"
    turbo = {None: "unknown", True: "on", False: "off"}[machine.turbo]
    return (
        ("processor", environment.cpu),
        ("cores", f"{environment.cores} usable of {or_unknown(machine.cores)}{quota}"),
        ("frequency", f"governor {or_unknown(machine.governor)}, turbo {turbo}"),
        ("load average", or_unknown(machine.load_average)),
        ("steal", _percent(machine.steal)),
        (
            "memory",
            f"{_gib(environment.memory_bytes)}, {_gib(machine.memory_available_bytes)} available{limit}",
        ),
        ("swap", f"{_gib(machine.swap_bytes)}, {_gib(machine.swap_used_bytes)} used"),
        ("huge pages", or_unknown(machine.huge_pages)),
        ("others", _others(machine.busy_processes)),
        ("system", environment.system),
    )


def _tensorflow(found: "DoctorReport") -> "Facts":
    from actbench.report.facts import or_unknown

    environment = found.environment
    threads = f"{or_unknown(environment.intra_op_threads)} in an operation"
    return (
        ("versions", ", ".join(f"{name} {version}" for name, version in environment.packages.items())),
        ("python", environment.python),
        *environment.build.items(),
        ("device", or_unknown(environment.device)),
        ("threads", f"{threads}, {or_unknown(environment.inter_op_threads)} across"),
        ("XLA", {None: "unknown", True: "works", False: "does not work"}[found.xla]),
        *(("set", f"{name}={value}") for name, value in environment.variables.items()),
    )


def _placebo(measured: "Measurement | None") -> "Facts":
    from actbench.report.formatting import format_value, latency_kind

    if measured is None:
        return (("measured", "nothing"),)
    kind = latency_kind(measured.slice_s)
    slice_time = f"{format_value(measured.slice_s, kind)} {kind}"
    return (
        ("measured", f"{measured.rounds} rounds, engine {measured.engine}, {slice_time} a slice"),
        ("time ratio", f"{format_value(measured.ratio, 'ratio')}; without noise it would be 1"),
        *_resolution(measured),
    )


def _resolution(measured: "Measurement") -> "Facts":
    from actbench.workflows.doctor import EXTRAPOLATED_SEEDS

    if measured.smallest_difference is None:
        return (
            ("resolution", f"unknown: {measured.rounds} rounds give no interval; use a larger --seconds"),
        )
    here, extrapolated = measured.smallest_difference, measured.smallest_difference_10_seeds
    return (
        ("resolution", f"{_percent(here)}: no smaller difference can be seen here now"),
        (
            f"{EXTRAPOLATED_SEEDS} seeds",
            f"{_percent(extrapolated)}, extrapolated: if every block is as steady as this one, and "
            "processes do not differ",
        ),
    )


def _others(busy: "Sequence[BusyProcess] | None") -> str:
    if busy is None:
        return "unknown"
    shown = (f"{process.name} ({process.pid}) {100 * process.cores:.0f} % of a core" for process in busy)
    return ", ".join(shown) or "no other process was busy"


def _percent(fraction: float | None) -> str:
    return "unknown" if fraction is None else f"{100 * fraction:.2f} %"


def _gib(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 2**30:.1f} GiB"
