"""The facts of a comparison that hold for all settings, and the words for a check or an omission."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, get_args

from actbench.analysis.comparison.changes import format_timed
from actbench.analysis.comparison.gate import Ruling
from actbench.metrics.registry import score_title
from actbench.report.formatting import format_value, score_format

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Changes, LeftOut, RunSide
    from actbench.analysis.comparison.gate import Check, Gate, GatedKind
    from actbench.report.document import Facts
    from actbench.report.formatting import FigureKind, MetricFormat

# In the order in which a reader of a comparison cares about them.
_VERDICTS = ("WORSE", "BETTER", "INCONCLUSIVE", "EQUIVALENT")

_RELATIONS: dict[Ruling, str] = {
    "passed": "is within {}",
    "failed": "is beyond {}",
    "undecided": "may be on either side of {}",
}


def changes_facts(changes: Changes, gate: Gate, checks: Sequence[Check]) -> Facts:
    """Return the facts that hold for all settings, the verdicts first.

    Args:
        changes: From `compare_runs`.
        gate: The limits that NEW has to keep.
        checks: From `check_all`.
    """
    return (
        *_summary(changes),
        *_gate_facts(changes, gate, checks),
        *_run_facts(changes),
        *(("left out", left_out_in_words(changes, entry)) for entry in changes.left_out),
    )


def run_name(side: RunSide) -> str:
    """Return the name and the id of a run."""
    return f"{side.info.name} {side.info.run_id}"


def _summary(changes: Changes) -> Facts:
    """Count the verdicts of each quantity, with the activations that are not EQUIVALENT."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    identical: Counter[str] = Counter()
    for setting in changes.settings:
        for row in setting.rows:
            label = _label(changes, setting.pair.new.id, row.activation)
            if row.score is not None:
                score = score_title(setting.score_name)
                found[score].append((str(row.score.comparison.verdict), label))
                identical[score] += row.score.identical
            for change in row.times:
                found[format_timed(change.timed)].append((str(change.comparison.verdict), label))
    facts = {quantity: _verdicts(entries) for quantity, entries in found.items()}
    for score, count in identical.items():
        facts[score] += f"; {count} identical bit for bit" * (count > 0)
    return tuple(facts.items()) or (("result", "nothing could be compared"),)


def _verdicts(entries: Iterable[tuple[str, str]]) -> str:
    labels: dict[str, list[str]] = defaultdict(list)
    for verdict, label in entries:
        labels[verdict].append(label)
    if len(labels) == 1:
        return "".join(f"all {len(whose)} {verdict}" for verdict, whose in labels.items())
    return ", ".join(
        f"{len(labels[verdict])} {verdict}"
        + ("" if verdict == "EQUIVALENT" else f" ({', '.join(labels[verdict])})")
        for verdict in _VERDICTS
        if verdict in labels
    )


def _gate_facts(changes: Changes, gate: Gate, checks: Sequence[Check]) -> Facts:
    if not gate.fail_on:
        return ()
    rulings = Counter(check.ruling for check in checks)
    counted = ", ".join(f"{rulings[name]} {name}" for name in get_args(Ruling))
    undecided: dict[tuple[str, str], list[str]] = defaultdict(list)
    for check in checks:
        if check.ruling == "undecided":
            label = _label(changes, check.setting, check.activation)
            undecided[check.quantity, check.reason].append(label)
    return (
        ("gate", f"{_limits_in_words(changes, gate)}: {counted}"),
        *(("failed", check_in_words(changes, check)) for check in checks if check.ruling == "failed"),
        *(
            ("undecided", f"{quantity}: {', '.join(labels)} {reason}".rstrip())
            for (quantity, reason), labels in undecided.items()
        ),
    )


def _label(changes: Changes, setting: str, activation: str) -> str:
    only = [compared.pair.new.id for compared in changes.settings] == [setting]
    return activation if only else f"{activation} (setting {changes.setting_name(setting)})"


def _run_facts(changes: Changes) -> Facts:
    environment = changes.new.environment
    if changes.two_machines:
        machines = f"TWO MACHINES, accepted by the caller: {', '.join(changes.machines)}"
    elif changes.machines:
        machines = f"different, so their times are not compared: {', '.join(changes.machines)}"
    else:
        machines = f"the same: {environment.cpu}, {environment.cores} cores, {environment.device}"
    software = (f"{name} {old} → {new}" for name, (old, new) in changes.software.items())
    return (
        *(
            (name, f"{run_name(side)}, created {side.info.created_at}, {_blocks(side)}")
            for name, side in (("OLD", changes.old), ("NEW", changes.new))
        ),
        ("machines", machines),
        ("software", ", ".join(software) or "the same"),
    )


def _blocks(side: RunSide) -> str:
    return f"{side.finished} of {len(side.info.final_blocks)} blocks"


def left_out_in_words(changes: Changes, entry: LeftOut) -> str:
    """Return what is not compared, and why."""
    where = f"setting {changes.setting_name(entry.setting)}"
    what = where if entry.what == "setting" else f"{entry.what} of {where}"
    only = {"old": " (in OLD only)", "new": " (in NEW only)", "both": ""}[entry.side]
    return f"{what}{f': {entry.reason}' if entry.reason else only}"


def _limits_in_words(changes: Changes, gate: Gate) -> str:
    """Return what the gate allows, such as "accuracy may fall by 0.1 points, times may grow by 5 %"."""
    names = dict.fromkeys(setting.score_name for setting in changes.settings) or {"accuracy": None}
    falls = (_fall(score_format(name), gate.drop(changes.verdict)) for name in names)
    limits: dict[GatedKind, str] = {
        "accuracy": ", ".join(falls),
        "time": f"times may grow by {100 * gate.max_slowdown:.3g} %",
    }
    return ", ".join(limits[kind] for kind in gate.fail_on)


def _fall(shown: MetricFormat, drop: float) -> str:
    return f"{shown.name} may fall by {100 * drop if shown.percent else drop:.3g}{shown.unit}"


def check_in_words(changes: Changes, check: Check) -> str:
    """Return the activation, what was measured of it, and the limit."""
    figure_kind: FigureKind = "ratio" if check.kind == "time" else "points"
    if check.kind == "accuracy" and check.quantity != "accuracy":
        figure_kind = "signed score"
    figure = "" if check.interval is None else f" {format_value(check.interval, figure_kind)}"
    relation = check.reason or _RELATIONS[check.ruling].format(format_value(check.limit, figure_kind))
    where = f"setting {changes.setting_name(check.setting)}"
    return f"{check.activation}: {check.quantity}{figure} {relation} ({where})"
