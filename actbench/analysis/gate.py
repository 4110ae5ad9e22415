"""A comparison decides over success: which limits NEW keeps, breaks, or may do either with."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from actbench.analysis.changes import Changes, RowChange, TimeChange, timed_in_words
from actbench.analysis.intervals import Interval
from actbench.config.schema import VerdictConfig

Kind = Literal["accuracy", "time"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Ruling = Literal["passed", "failed", "undecided"]

MAX_SLOWDOWN = 0.05


@dataclass(frozen=True)
class Gate:
    """What NEW may not do.

    Attributes:
        fail_on: What is judged; nothing for a comparison without consequences.
        max_slowdown: How much longer anything may take, relative.
        max_drop: How far an accuracy may fall, a fraction; None for the margin of NEW's verdicts.
        strict: Whether what cannot be decided is a failure, too.
    """

    fail_on: tuple[Kind, ...] = ()
    max_slowdown: float = MAX_SLOWDOWN
    max_drop: float | None = None
    strict: bool = False

    def drop(self, verdict: VerdictConfig) -> float:
        """How far an accuracy may fall, where NEW's verdicts have these margins."""
        return verdict.margin if self.max_drop is None else self.max_drop


@dataclass(frozen=True)
class Check:
    """One figure of one activation against its limit.

    Attributes:
        setting: Id, of the new run.
        activation: The label.
        kind: Which limit.
        quantity: "accuracy", "training step" or "inference, batch size 128".
        ruling: Whether the interval lies on one side of the limit, and on which.
        interval: Of the difference or ratio; None where there is none.
        limit: On the scale of the interval.
        reason: Why it cannot be decided, where that is not the interval's width; else empty.
    """

    setting: str
    activation: str
    kind: Kind
    quantity: str
    ruling: Ruling
    interval: Interval | None
    limit: float
    reason: str = ""


def check_all(changes: Changes, gate: Gate) -> tuple[Check, ...]:
    """Every figure that the gate judges, in the order of the settings and activations."""
    return tuple(
        check
        for setting in changes.settings
        for row in setting.rows
        for check in _checks(setting.pair.new.id, row, changes, gate)
    )


def _checks(setting: str, row: RowChange, changes: Changes, gate: Gate) -> Iterator[Check]:
    if "accuracy" in gate.fail_on and (check := _check_accuracy(setting, row, changes, gate)):
        yield check
    if "time" in gate.fail_on:
        yield from (_check_time(setting, row.activation, change, gate) for change in row.times)


def _check_accuracy(setting: str, row: RowChange, changes: Changes, gate: Gate) -> Check | None:
    limit = -gate.drop(changes.verdict)
    interval = row.accuracy.comparison.interval if row.accuracy else None
    ruling: Ruling = "undecided"
    reason = ""
    if interval is None and not row.diverges_more:
        return None
    if interval is not None and interval.ci_low is not None and interval.ci_high is not None:
        if interval.ci_high < limit:
            ruling = "failed"
        elif interval.ci_low >= limit:
            ruling = "passed"
    if row.diverges_more and ruling != "failed":  # the seeds that are left are a selection
        ruling, reason = "undecided", diverged_in_words(row)
    return Check(setting, row.activation, "accuracy", "accuracy", ruling, interval, limit, reason)


def _check_time(setting: str, activation: str, change: TimeChange, gate: Gate) -> Check:
    limit = 1.0 + gate.max_slowdown
    interval = change.comparison.interval
    ruling: Ruling = "undecided"
    if interval.ci_low is not None and interval.ci_high is not None:
        if interval.ci_low > limit:
            ruling = "failed"
        elif interval.ci_high <= limit:
            ruling = "passed"
    return Check(setting, activation, "time", timed_in_words(change.timed), ruling, interval, limit)


def diverged_in_words(row: RowChange) -> str:
    """How many trainings diverged in each run."""
    shares = [f"{level.diverged} of {level.seeds + level.diverged}" for level in (row.old, row.new)]
    return f"diverged {shares[0]} in OLD, {shares[1]} in NEW"
