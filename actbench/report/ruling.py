"""How a comparison of two runs ends: with success, or with the error that says what is wrong."""

from collections.abc import Sequence

from actbench.analysis.changes import Changes
from actbench.analysis.gate import KINDS, Check, Gate, Kind, Ruling
from actbench.errors import (
    ActbenchError,
    EnvironmentMismatchError,
    GateFailedError,
    InconclusiveError,
    NothingMeasuredError,
)
from actbench.metric_names import score_in_words
from actbench.report.numbers import Kind as FigureKind
from actbench.report.numbers import format_value
from actbench.report.scored import Shown, shown_score


def problem(changes: Changes, gate: Gate, checks: Sequence[Check]) -> ActbenchError | None:
    """What the command has to end with; None for success.

    The first that holds: a limit is broken (1); nothing could be compared, or nothing of a kind that the gate
    judges (5); times were asked for and the machines differ (4); something is undecided and the gate is
    strict (3).
    """
    failed = [check for check in checks if check.ruling == "failed"]
    undecided = [check for check in checks if check.ruling == "undecided"]
    compared = [kind for kind in KINDS if _compared(changes, kind)]
    refused = not changes.times_compared
    missing = [kind for kind in gate.fail_on if kind not in compared and not (kind == "time" and refused)]
    if failed:
        return GateFailedError(_lines("NEW is beyond", changes, failed))
    if missing or not compared:
        names = {"accuracy": _scores_in_words(changes), "time": "time"}
        what = " and no ".join(names[kind] for kind in missing or KINDS)
        return NothingMeasuredError(f"there is nothing to compare: no {what} that both runs have measured")
    if refused and "time" in (gate.fail_on or KINDS):
        return EnvironmentMismatchError(
            f"times of different machines are not compared: {', '.join(changes.machines)}; "
            "allowed: --accept-environment, which compares them nevertheless, or --fail-on accuracy"
        )
    if undecided and gate.strict:
        return InconclusiveError(_lines("it cannot be told whether NEW keeps", changes, undecided))
    return None


def _scores_in_words(changes: Changes) -> str:
    """Of the new run, whether or not they are compared."""
    names = dict.fromkeys(info.score_name for info in changes.new.info.dataset.values())
    return " or ".join(map(score_in_words, names))


def limits_in_words(changes: Changes, gate: Gate) -> str:
    """What the gate allows."""
    names = dict.fromkeys(setting.score_name for setting in changes.settings) or {"accuracy": None}
    falls = (_fall(shown_score(name), gate.drop(changes.verdict)) for name in names)
    limits: dict[Kind, str] = {
        "accuracy": ", ".join(falls),
        "time": f"times may grow by {100 * gate.max_slowdown:.3g} %",
    }
    return ", ".join(limits[kind] for kind in gate.fail_on)


def _fall(shown: Shown, drop: float) -> str:
    return f"{shown.name} may fall by {100 * drop if shown.percent else drop:.3g}{shown.unit}"


def check_in_words(changes: Changes, check: Check) -> str:
    """The activation, what was measured of it, and the limit."""
    figure_kind: FigureKind = "ratio" if check.kind == "time" else "points"
    if check.kind == "accuracy" and check.quantity != "accuracy":
        figure_kind = "signed score"
    figure = "" if check.interval is None else f" {format_value(check.interval, figure_kind)}"
    relation = check.reason or _RELATIONS[check.ruling].format(format_value(check.limit, figure_kind))
    return (
        f"{check.activation}: {check.quantity}{figure} {relation} (setting {changes.name_of(check.setting)})"
    )


_RELATIONS: dict[Ruling, str] = {
    "passed": "is within {}",
    "failed": "is beyond {}",
    "undecided": "may be on either side of {}",
}


def _compared(changes: Changes, kind: Kind) -> bool:
    rows = [row for setting in changes.settings for row in setting.rows]
    return any(row.times for row in rows) if kind == "time" else any(row.score for row in rows)


def _lines(what: str, changes: Changes, checks: Sequence[Check]) -> str:
    count = f"{len(checks)} {'limit' if len(checks) == 1 else 'limits'}"
    return "\n".join([f"{what} {count}:", *(f"  {check_in_words(changes, check)}" for check in checks)])
