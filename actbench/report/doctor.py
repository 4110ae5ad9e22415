"""The report of `actbench doctor`: the machine, TensorFlow, the placebo's times, and advice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from actbench.analysis.design import EXTRAPOLATED_SEEDS
from actbench.report.document import Document, DocumentSection
from actbench.report.facts import or_unknown
from actbench.report.formatting import format_value, latency_kind
from actbench.report.renderers.terminal import to_terminal

if TYPE_CHECKING:
    from actbench.analysis.design import PlaceboMeasurement
    from actbench.execution.machine import BusyProcess, MachineState
    from actbench.records.run import Environment
    from actbench.report.document import Facts


@dataclass(frozen=True)
class DoctorReport:
    """The findings of an examination.

    Attributes:
        environment: Environment of the worker, as in every record. Device, threads and build are unknown if
            no worker could be started.
        machine: State of the machine from before to after the measurement.
        measurement: The placebo's times; None if nothing could be measured.
        xla: True if TensorFlow compiles with XLA here; None if nothing could be measured.
        problem: Reason why the compiled engine did not measure; None if it did.
        advice: One sentence for each reason why measurements are less steady here than they could be.
    """

    environment: Environment
    machine: MachineState
    measurement: PlaceboMeasurement | None
    xla: bool | None
    problem: str | None
    advice: tuple[str, ...]


def doctor_to_json(report: DoctorReport) -> str:
    """Return the findings as one JSON object; figures that do not exist are null."""
    value = asdict(report) | {"environment": report.environment.model_dump(mode="json")}
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def doctor_to_text(report: DoctorReport, width: int = 80, color: bool = False) -> str:
    """Return the findings as a terminal shows them.

    Args:
        report: The findings.
        width: Columns of the terminal.
        color: True if the terminal may show bold and dim text.
    """
    advice = tuple((str(number), sentence) for number, sentence in enumerate(report.advice, 1))
    document = Document(
        title="doctor",
        facts=(),
        sections=(
            DocumentSection("Machine", _machine_facts(report), ()),
            DocumentSection("TensorFlow", _tensorflow_facts(report), ()),
            DocumentSection("Placebo: relu against a copy of itself", _placebo_facts(report.measurement), ()),
            DocumentSection("Advice", advice or (("none", "nothing was found that stands in the way"),), ()),
        ),
        notes=(),
    )
    return to_terminal(document, width, color).rstrip() + "\n"


def _machine_facts(report: DoctorReport) -> Facts:
    environment, machine = report.environment, report.machine
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
        ("others", _busy_processes(machine.busy_processes)),
        ("system", environment.system),
    )


def _tensorflow_facts(report: DoctorReport) -> Facts:
    environment = report.environment
    threads = f"{or_unknown(environment.intra_op_threads)} in an operation"
    return (
        ("versions", ", ".join(f"{name} {version}" for name, version in environment.packages.items())),
        ("python", environment.python),
        *environment.build.items(),
        ("device", or_unknown(environment.device)),
        ("threads", f"{threads}, {or_unknown(environment.inter_op_threads)} across"),
        ("XLA", {None: "unknown", True: "works", False: "does not work"}[report.xla]),
        *(("set", f"{name}={value}") for name, value in environment.variables.items()),
    )


def _placebo_facts(measurement: PlaceboMeasurement | None) -> Facts:
    if measurement is None:
        return (("measured", "nothing"),)
    kind = latency_kind(measurement.slice_s)
    slice_time = f"{format_value(measurement.slice_s, kind)} {kind}"
    return (
        ("measured", f"{measurement.rounds} rounds, engine {measurement.engine}, {slice_time} a slice"),
        ("time ratio", f"{format_value(measurement.ratio, 'ratio')}; without noise it would be 1"),
        *_resolution_facts(measurement),
    )


def _resolution_facts(measurement: PlaceboMeasurement) -> Facts:
    if measurement.smallest_difference is None:
        rounds = measurement.rounds
        return (("resolution", f"unknown: {rounds} rounds give no interval; measure for more seconds"),)
    here, extrapolated = measurement.smallest_difference, measurement.smallest_difference_10_seeds
    return (
        ("resolution", f"{_percent(here)}: no smaller difference can be seen here now"),
        (
            f"{EXTRAPOLATED_SEEDS} seeds",
            f"{_percent(extrapolated)}, extrapolated: if every block is as steady as this one, and "
            "processes do not differ",
        ),
    )


def _busy_processes(busy: Sequence[BusyProcess] | None) -> str:
    if busy is None:
        return "unknown"
    shown = (f"{process.name} ({process.pid}) {100 * process.cores:.0f} % of a core" for process in busy)
    return ", ".join(shown) or "no other process was busy"


def _percent(fraction: float | None) -> str:
    return "unknown" if fraction is None else f"{100 * fraction:.2f} %"


def _gib(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 2**30:.1f} GiB"
