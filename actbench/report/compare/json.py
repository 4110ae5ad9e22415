"""A comparison of two runs as one JSON object, with the names that scripts rely on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from actbench.report.json_values import comparison_object, interval_object

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import (
        ActivationFigures,
        Changes,
        RowChange,
        RunSide,
        SettingChange,
        TimeChange,
        Timed,
    )
    from actbench.analysis.comparison.gate import Check, Gate
    from actbench.metrics.registry import ScoreName
    from actbench.report.compare.formats import GatedChanges
    from actbench.stats.intervals import Interval


def changes_to_json(shown: GatedChanges) -> str:
    """Return a comparison as one JSON object; figures that do not exist are null, never NaN."""
    changes = shown.changes
    value = {
        "old": _run(changes.old),
        "new": _run(changes.new),
        "machines": {
            "same": not changes.machines,
            "differences": list(changes.machines),
            "times_compared": changes.times_compared,
        },
        "software": [{"name": name, "old": old, "new": new} for name, (old, new) in changes.software.items()],
        "verdict": changes.verdict.model_dump(mode="json"),
        "gate": _gate(changes, shown.gate, shown.checks),
        "settings": [_setting(setting) for setting in changes.settings],
        "left_out": [asdict(entry) for entry in changes.left_out],
    }
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _run(side: RunSide) -> dict[str, Any]:
    info = side.info
    return {
        "run_id": info.run_id,
        "name": info.name,
        "created_at": info.created_at,
        "baseline": info.baseline,
        "blocks": {"planned": len(info.final_blocks), "finished": side.finished},
        "environment": side.environment.model_dump(mode="json"),
    }


def _gate(changes: Changes, gate: Gate, checks: Sequence[Check]) -> dict[str, Any] | None:
    if not gate.fail_on:
        return None
    return {
        "fail_on": list(gate.fail_on),
        "max_slowdown": gate.max_slowdown,
        "max_drop": gate.drop(changes.verdict),
        "strict": gate.strict,
        "checks": [asdict(check) for check in checks],
    }


def _setting(setting: SettingChange) -> dict[str, Any]:
    pair = setting.pair
    return {
        "setting": {"id": pair.new.id, "old_id": pair.old.id, **pair.new.description},
        "score": setting.score_name,
        "baseline": setting.baseline,
        "seeds": setting.seeds,
        "two_machines": setting.two_machines,
        "placebo": {
            "train_time_ratio": _ratio(setting.placebo.get(None)),
            "inference": [
                {"batch_size": timed, "time_ratio": _ratio(ratio)}
                for timed, ratio in setting.placebo.items()
                if timed is not None
            ],
        },
        "rows": [_row(row, setting.score_name) for row in setting.rows],
    }


def _row(row: RowChange, score: ScoreName) -> dict[str, Any]:
    times = {change.timed: change for change in row.times}
    sizes = [timed for timed in times if timed is not None]
    return {
        "activation": row.activation,
        "seeds": {"old": row.old.seeds, "new": row.new.seeds},
        "pairs": row.score.pairs if row.score else 0,
        "diverged": {"old": row.old.diverged, "new": row.new.diverged},
        score: {
            side: interval_object(score, level.score) for side, level in (("old", row.old), ("new", row.new))
        },
        f"{score}_diff": row.score and comparison_object(f"{score}_diff", row.score.comparison),
        "identical": bool(row.score and row.score.identical),
        "train_step_s": _seconds(row, None),
        **_time("train_time_ratio", times.get(None)),
        "inference": [
            {
                "batch_size": size,
                "latency_s": _seconds(row, size),
                **_time("time_ratio", times[size]),
            }
            for size in sizes
        ],
    }


def _seconds(row: RowChange, timed: Timed) -> Mapping[str, Any]:
    def seconds(level: ActivationFigures) -> dict[str, float | None] | None:
        return interval_object("epoch_s", level.seconds.get(timed))

    return {"old": seconds(row.old), "new": seconds(row.new)}


def _time(name: str, change: TimeChange | None) -> dict[str, Any]:
    return {
        name: change and comparison_object(name, change.comparison),
        f"{name}_to_baseline": _ratio(change.to_baseline if change else None),
    }


def _ratio(interval: Interval | None) -> dict[str, float | None] | None:
    return interval_object("time_ratio", interval)
