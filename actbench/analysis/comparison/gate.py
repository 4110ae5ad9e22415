"""The gate of a comparison: which limits NEW keeps, which it breaks, and which cannot be decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from actbench.analysis.comparison.changes import format_timed
from actbench.metrics.registry import score_title

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import (
        ActivationFigures,
        Changes,
        RowChange,
        SettingChange,
        TimeChange,
    )
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.stats.intervals import Interval

GatedKind = Literal["accuracy", "time"]
"""The subject of a limit; "accuracy" is the score, whatever the score is."""

GATED_KINDS: tuple[GatedKind, ...] = get_args(GatedKind)

Ruling = Literal["passed", "failed", "undecided"]

MAX_SLOWDOWN = 0.05  # docs/ci.md says how to find a value for your machines


@dataclass(frozen=True)
class Gate:
    """The limits that NEW has to keep.

    Attributes:
        fail_on: What is judged; empty for a comparison without consequences.
        max_slowdown: How much longer anything may take, relative.
        max_drop: How far a score may fall, of an accuracy as a fraction; None for the margin of NEW's
            verdicts.
        strict: Whether a limit that cannot be decided counts as broken.
    """

    fail_on: tuple[GatedKind, ...] = ()
    max_slowdown: float = MAX_SLOWDOWN
    max_drop: float | None = None
    strict: bool = False

    def drop(self, verdict: VerdictConfig) -> float:
        """Return how far a score may fall, given NEW's margins."""
        return verdict.margin if self.max_drop is None else self.max_drop


@dataclass(frozen=True)
class Check:
    """One figure of one activation against its limit.

    Attributes:
        setting: Id of the setting: the new run's, or the old run's where the new run has no such setting.
        activation: The label.
        kind: What the limit is about.
        quantity: The score's title, such as "accuracy", or "training step", "inference, batch size 128".
        ruling: Whether the interval lies on one side of the limit, and on which.
        interval: Interval of the difference or ratio; None where there is none.
        limit: The limit on the scale of the interval.
        reason: Why it cannot be decided, if the interval's width is not the reason; else empty.
    """

    setting: str
    activation: str
    kind: GatedKind
    quantity: str
    ruling: Ruling
    interval: Interval | None
    limit: float
    reason: str = ""


def check_all(changes: Changes, gate: Gate) -> tuple[Check, ...]:
    """Check every figure that the gate judges.

    Args:
        changes: The comparison of two runs.
        gate: The limits.

    Returns:
        First the figures that are compared, in the order of NEW, then those of OLD that have no counterpart.
    """
    return tuple(check for check in _checks(changes, gate) if check.kind in gate.fail_on)


def _checks(changes: Changes, gate: Gate) -> Iterator[Check]:
    for setting in changes.settings:
        for row in setting.rows:
            if row.score is not None:
                interval = row.score.comparison.interval
                yield _check_score(setting, row, interval, gate.drop(changes.verdict))
            for change in row.times:
                yield _check_time(setting.pair.new.id, row.activation, change, gate)
    yield from (_check_missing(figure, changes, gate) for figure in _missing_figures(changes))


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
        ruling, reason = "undecided", row.divergence
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
    return Check(setting, activation, "time", format_timed(change.timed), ruling, interval, limit)


@dataclass(frozen=True)
class _MissingFigure:
    """A figure of OLD that has no counterpart in NEW.

    Attributes:
        setting: As in `Check`.
        activation: The label.
        kind: What its limit is about.
        quantity: As in `Check`.
        reason: Why there is no counterpart, such as "is in OLD only".
        all_diverge: Whether all of the activation's trainings ended well in OLD, and all diverged in NEW.
    """

    setting: str
    activation: str
    kind: GatedKind
    quantity: str
    reason: str
    all_diverge: bool = False


def _check_missing(figure: _MissingFigure, changes: Changes, gate: Gate) -> Check:
    """Check a figure without a counterpart, which is undecided but for an accuracy that was lost for sure."""
    limit = -gate.drop(changes.verdict) if figure.kind == "accuracy" else 1.0 + gate.max_slowdown
    ruling: Ruling = "failed" if figure.all_diverge and figure.kind == "accuracy" else "undecided"
    return Check(
        figure.setting, figure.activation, figure.kind, figure.quantity, ruling, None, limit, figure.reason
    )


def _missing_figures(changes: Changes) -> Iterator[_MissingFigure]:
    """Yield every figure of OLD that is not compared, in OLD's order, but for times the machines forbid."""
    compared = {setting.pair.old.id: setting for setting in changes.settings}
    for setting, by_label in changes.old.figures.items():
        for label, figures in by_label.items():
            if figures.seeds and setting in compared:
                yield from _missing_in(changes, compared[setting], label, figures)
            elif figures.seeds:
                reason = _reason(changes, setting, "setting")
                for quantity, kind in _quantities(changes, setting, figures).items():
                    yield _MissingFigure(setting, label, kind, quantity, reason)


def _missing_in(
    changes: Changes, setting: SettingChange, label: str, figures: ActivationFigures
) -> Iterator[_MissingFigure]:
    """Yield the missing figures of one activation of a setting that both runs have."""
    new_id = setting.pair.new.id
    row = next((row for row in setting.rows if row.activation == label), None)
    found = set()
    if row is not None:
        found |= {format_timed(change.timed) for change in row.times}
        found |= {score_title(setting.score_name)} if row.score else set()
    for quantity, kind in _quantities(changes, setting.pair.old.id, figures).items():
        if quantity in found or (kind == "time" and not setting.times_compared):
            continue
        if row is None:
            reason = _reason(changes, new_id, f"activation {label}")
            yield _MissingFigure(new_id, label, kind, quantity, reason)
        elif row.new.seeds:
            yield _MissingFigure(new_id, label, kind, quantity, _reason(changes, new_id, quantity))
        elif row.new.diverged:
            all_diverge = not row.old.diverged
            yield _MissingFigure(new_id, label, kind, quantity, row.divergence, all_diverge)
        else:
            yield _MissingFigure(new_id, label, kind, quantity, "is not measured in NEW")


def _quantities(changes: Changes, setting: str, figures: ActivationFigures) -> dict[str, GatedKind]:
    """Return what OLD has measured of an activation."""
    times: dict[str, GatedKind] = {format_timed(timed): "time" for timed in figures.seconds}
    return {changes.old.score_title(setting): "accuracy", **times}


def _reason(changes: Changes, setting: str, what: str) -> str:
    reasons = (entry.reason for entry in changes.left_out if (entry.setting, entry.what) == (setting, what))
    reason = next(reasons, "")
    return f"cannot be compared: {reason}" if reason else "is in OLD only"
