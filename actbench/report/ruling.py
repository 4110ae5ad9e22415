"""How a comparison of two runs ends: with success, or with the error that says what is wrong."""

from collections.abc import Sequence

from actbench.analysis.changes import Changes
from actbench.analysis.gate import Check, Gate, Kind, Ruling
from actbench.errors import (
    ActbenchError,
    EnvironmentMismatchError,
    GateFailedError,
    InconclusiveError,
    NothingMeasuredError,
)
from actbench.report.numbers import format_value


def problem(changes: Changes, gate: Gate, checks: Sequence[Check]) -> ActbenchError | None:
    """What the command has to end with; None for success.

    The first that holds: a limit is broken (1); something that was asked for could not be compared at all
    (5); times were asked for and the machines differ (4); something is undecided and the gate strict (3).
    """
    failed, undecided = (
        [check for check in checks if check.ruling == name] for name in ("failed", "undecided")
    )
    asked = gate.fail_on or ("accuracy", "time")
    refused = bool(changes.machines) and not changes.times_compared
    missing = [kind for kind in asked if not _compared(changes, kind) and not (kind == "time" and refused)]
    nothing = len(missing) == len(asked) or (bool(gate.fail_on) and bool(missing))
    if failed:
        return GateFailedError(_lines("NEW fails", failed))
    if nothing or not changes.settings:
        return NothingMeasuredError(f"nothing could be compared of: {', '.join(missing or asked)}")
    if refused and "time" in asked:
        return EnvironmentMismatchError(
            f"times of different machines are not compared: {', '.join(changes.machines)}; "
            "--accept-environment compares them nevertheless, --fail-on accuracy does without"
        )
    if undecided and gate.strict:
        return InconclusiveError(_lines("NEW cannot be judged", undecided))
    return None


def limits_in_words(changes: Changes, gate: Gate) -> str:
    """What the gate allows."""
    drop = changes.verdict.margin if gate.max_drop is None else gate.max_drop
    limits: dict[Kind, str] = {
        "accuracy": f"accuracy may fall by {100 * drop:.3g} points",
        "time": f"times may grow by {100 * gate.max_slowdown:.3g} %",
    }
    return ", ".join(limits[kind] for kind in gate.fail_on)


def check_in_words(check: Check) -> str:
    """The activation, what was measured of it, and the limit."""
    kind, limit = ("ratio", check.limit) if check.kind == "time" else ("points", check.limit)
    figure = "" if check.interval is None else f" {format_value(check.interval, kind)}"  # type: ignore[arg-type]
    unit = " points" if check.kind == "accuracy" else ""
    reason = check.reason or _RELATIONS[check.ruling].format(format_value(limit, kind))  # type: ignore[arg-type]
    return f"{check.activation}, setting {check.setting}: {check.quantity}{figure}{unit}, {reason}"


_RELATIONS: dict[Ruling, str] = {
    "passed": "within the limit of {}",
    "failed": "beyond the limit of {}",
    "undecided": "which does not tell on which side of the limit of {}",
}


def _compared(changes: Changes, kind: Kind) -> bool:
    rows = [row for setting in changes.settings for row in setting.rows]
    return any(row.times for row in rows) if kind == "time" else any(row.accuracy for row in rows)


def _lines(what: str, checks: Sequence[Check]) -> str:
    return "\n".join(
        [f"{what} in {len(checks)} of the limits:", *(f"  {check_in_words(check)}" for check in checks)]
    )
