"""The steps of `actbench compare`: compare two stored runs, check the limits, decide how the command ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.analysis.comparison.gate import GATED_KINDS, check_all
from actbench.analysis.comparison.runs import compare_runs
from actbench.errors import EnvironmentMismatchError, GateFailedError, InconclusiveError, NothingMeasuredError
from actbench.metrics.registry import score_title
from actbench.report.compare.facts import check_in_words

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Changes
    from actbench.analysis.comparison.gate import Check, Gate, GatedKind
    from actbench.errors import ActbenchError
    from actbench.store.reading import StoredRun


@dataclass(frozen=True)
class ComparedRuns:
    """The result of comparing two runs.

    Attributes:
        changes: What changed from OLD to NEW.
        checks: Every figure that the gate judges, with its ruling.
        error: The error that the command has to end with; None for success.
    """

    changes: Changes
    checks: tuple[Check, ...]
    error: ActbenchError | None

    @property
    def remark(self) -> str | None:
        """A sentence about differing machines; None if they are the same or the error speaks of them."""
        machines = self.changes.machines
        if not machines or isinstance(self.error, EnvironmentMismatchError):
            return None
        treatment = "are compared nevertheless" if self.changes.two_machines else "are not compared"
        return f"the machines differ, their times {treatment}: {', '.join(machines)}"


def compare_stored_runs(
    old: StoredRun, new: StoredRun, gate: Gate, *, accept_environment: bool = False
) -> ComparedRuns:
    """Compare two runs and check NEW against the gate.

    Args:
        old: The run that is compared with.
        new: The run that is judged, by the margins of its own config.
        gate: The limits that NEW has to keep.
        accept_environment: True to compare times of different machines, too.

    Raises:
        StoreError: The config of NEW has no margins that this version understands.
        NothingMeasuredError: No block of one of the runs is finished.
        EnvironmentMismatchError: One of the runs was itself measured on different machines.
    """
    changes = compare_runs(
        old.info, old.records, new.info, new.records, accept_environment=accept_environment
    )
    checks = check_all(changes, gate)
    return ComparedRuns(changes, checks, comparison_error(changes, gate, checks))


def comparison_error(changes: Changes, gate: Gate, checks: Sequence[Check]) -> ActbenchError | None:
    """Return the error that a comparison ends with; None for success.

    The first that holds: a limit is broken (exit code 1); nothing could be compared, or nothing of a kind
    that the gate judges (5); times were asked for and the machines differ (4); a check is undecided and the
    gate is strict (3).
    """
    failed = [check for check in checks if check.ruling == "failed"]
    undecided = [check for check in checks if check.ruling == "undecided"]
    compared = [kind for kind in GATED_KINDS if _is_compared(changes, kind)]
    refused = not changes.times_compared
    missing = [kind for kind in gate.fail_on if kind not in compared and not (kind == "time" and refused)]
    if failed:
        return GateFailedError(_list_checks("NEW is beyond", changes, failed))
    if missing or not compared:
        names = {"accuracy": _scores_in_words(changes), "time": "time"}
        what = " and no ".join(names[kind] for kind in missing or GATED_KINDS)
        return NothingMeasuredError(f"there is nothing to compare: no {what} that both runs have measured")
    if refused and "time" in (gate.fail_on or GATED_KINDS):
        return EnvironmentMismatchError(
            f"times of different machines are not compared: {', '.join(changes.machines)}; use "
            "`accept_environment` to compare them nevertheless, or `fail_on` accuracy to judge scores alone"
        )
    if undecided and gate.strict:
        return InconclusiveError(_list_checks("it cannot be told whether NEW keeps", changes, undecided))
    return None


def _is_compared(changes: Changes, kind: GatedKind) -> bool:
    rows = [row for setting in changes.settings for row in setting.rows]
    return any(row.times for row in rows) if kind == "time" else any(row.score for row in rows)


def _scores_in_words(changes: Changes) -> str:
    """Return the names of NEW's scores, whether or not they are compared."""
    names = dict.fromkeys(info.score_name for info in changes.new.info.dataset.values())
    return " or ".join(map(score_title, names))


def _list_checks(what: str, changes: Changes, checks: Sequence[Check]) -> str:
    count = f"{len(checks)} {'limit' if len(checks) == 1 else 'limits'}"
    return "\n".join([f"{what} {count}:", *(f"  {check_in_words(changes, check)}" for check in checks)])
