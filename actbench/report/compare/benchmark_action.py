"""NEW's figures as the "customSmallerIsBetter" JSON that GitHub benchmark actions keep a history of.

The format is that of https://github.com/benchmark-action/github-action-benchmark: a list of objects with
`name`, `unit`, `value` and, in words, `range` and `extra`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from actbench.analysis.comparison.changes import format_timed
from actbench.report.formatting import format_value, format_verdict, score_format

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import ActivationFigures, Changes, SettingChange
    from actbench.report.compare.formats import GatedChanges
    from actbench.report.formatting import MetricFormat
    from actbench.stats.intervals import Interval


def changes_to_benchmark_action(shown: GatedChanges) -> str:
    """Return the figures of all activations of NEW, compared or not.

    Smaller is better in this format, so that it has seconds, and 1 less the score.
    """
    changes = shown.changes
    compared = {setting.pair.new.id: setting for setting in changes.settings}
    entries: list[dict[str, Any]] = []
    for setting, levels in changes.new.figures.items():
        for label, level in levels.items():
            name = f"{changes.new.info.name}/{setting}/{label}"
            score = changes.new.info.dataset[setting].score_name
            entries += _entries(changes, name, level, compared.get(setting), label, score_format(score))
    return json.dumps(entries, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _entries(
    changes: Changes,
    name: str,
    level: ActivationFigures,
    setting: SettingChange | None,
    label: str,
    shown: MetricFormat,
) -> Iterator[dict[str, Any]]:
    row = next((row for row in setting.rows if row.activation == label), None) if setting else None
    if level.score is not None:
        scale = 100 if shown.percent else 1
        error = level.score.map(lambda score: scale * (1 - score))
        change = None
        if row is not None and row.score is not None:
            difference = format_value(row.score.comparison.interval, shown.difference)
            verdict = format_verdict(row.score.comparison)
            change = f"{shown.name} {difference}{shown.unit} to OLD: {verdict}"
        title, unit = ("test error", "%") if shown.percent else (f"1 - test {shown.name}", "of 1")
        yield _entry(f"{name}/{title}", unit, error, level, changes, change)
    times = {change.timed: change for change in row.times} if row else {}
    for timed, seconds in level.seconds.items():
        change = None
        if timed in times:
            comparison = times[timed].comparison
            of_two = " (two machines)" if setting and setting.two_machines else ""
            ratio = format_value(comparison.interval, "ratio")
            change = f"{ratio} of OLD's{of_two}: {format_verdict(comparison)}"
        unit = "s/step" if timed is None else "s/call"
        yield _entry(f"{name}/{format_timed(timed)}", unit, seconds, level, changes, change)


def _entry(
    name: str, unit: str, interval: Interval, level: ActivationFigures, changes: Changes, change: str | None
) -> dict[str, Any]:
    environment = changes.new.environment
    extra = [
        f"n = {level.seeds}, run {changes.new.info.run_id}, {environment.cpu}, {environment.cores} cores",
        *([change] if change else []),
    ]
    bounds = {}
    if interval.ci_low is not None and interval.ci_high is not None:
        farther = max(abs(interval.estimate - bound) for bound in (interval.ci_low, interval.ci_high))
        bounds = {"range": f"± {farther:.3g}"}  # the format has only symmetric ranges
    return {"name": name, "unit": unit, "value": interval.estimate, **bounds, "extra": "\n".join(extra)}
