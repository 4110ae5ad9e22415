"""A comparison decides over success: which limits NEW keeps, breaks, or may do either with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from actbench.analysis.comparison.changes import (
    absences,
    diverged_in_words,
    timed_in_words,
)
from actbench.metrics.registry import score_title

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import (
        Absence,
        Changes,
        RowChange,
        SettingChange,
        TimeChange,
    )
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.stats.intervals import Interval

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
        max_drop: How far a score may fall, of an accuracy a fraction; None for the margin of NEW's verdicts.
        strict: Whether what cannot be decided is a failure, too.
    """

    fail_on: tuple[Kind, ...] = ()
    max_slowdown: float = MAX_SLOWDOWN
    max_drop: float | None = None
    strict: bool = False

    def drop(self, verdict: VerdictConfig) -> float:
        """How far a score may fall, where NEW's verdicts have these margins."""
        return verdict.margin if self.max_drop is None else self.max_drop


@dataclass(frozen=True)
class Check:
    """One figure of one activation against its limit.

    Attributes:
        setting: Id, of the new run; of the old one where the new run has no such setting.
        activation: The label.
        kind: Which limit; "accuracy" is that of the score, whatever it is.
        quantity: What the score is, such as "accuracy", "training step" or "inference, batch size 128".
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
    """Every figure that the gate judges: what is compared, in the order of NEW, then what only OLD has."""
    return tuple(check for check in _checks(changes, gate) if check.kind in gate.fail_on)


def _checks(changes: Changes, gate: Gate) -> Iterator[Check]:
    for setting in changes.settings:
        for row in setting.rows:
            if row.score is not None:
                interval = row.score.comparison.interval
                yield _check_score(setting, row, interval, gate.drop(changes.verdict))
            for change in row.times:
                yield _check_time(setting.pair.new.id, row.activation, change, gate)
    yield from (_check_absence(absence, changes, gate) for absence in absences(changes))


def _check_score(setting: SettingChange, row: RowChange, interval: Interval, drop: float) -> Check:
    limit = -drop
    ruling: Ruling = "undecided"
    reason = ""
    if interval.ci_low is not None and interval.ci_high is not None:
        if interval.ci_high < limit:
            ruling = "failed"
        elif interval.ci_low >= limit:
            ruling = "passed"
    if row.diverges_more and ruling != "failed":  # the seeds that are left are a selection
        ruling, reason = "undecided", diverged_in_words(row)
    quantity = score_title(setting.score_name)
    return Check(setting.pair.new.id, row.activation, "accuracy", quantity, ruling, interval, limit, reason)


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


def _check_absence(absence: Absence, changes: Changes, gate: Gate) -> Check:
    """What is gone may be worse than its limit or not; a training that now always diverges is worse."""
    kind: Kind = "accuracy" if absence.is_score else "time"
    limit = -gate.drop(changes.verdict) if kind == "accuracy" else 1.0 + gate.max_slowdown
    ruling: Ruling = "failed" if absence.lost and kind == "accuracy" else "undecided"
    return Check(
        absence.setting, absence.activation, kind, absence.quantity, ruling, None, limit, absence.reason
    )
