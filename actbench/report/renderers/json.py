"""The JSON format of a report: one object, with the names that scripts rely on and unrounded figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from actbench.report.activation_facts import element_wise
from actbench.report.json_values import interval_object, run_object
from actbench.report.registry import ALL_TABLES, TABLES, Renderer

if TYPE_CHECKING:
    from actbench.analysis.figures import PlaceboCheck, Row
    from actbench.metrics.registry import ScoreName
    from actbench.report.registry import ReportTable
    from actbench.report.view import Report, SettingView


def to_json(report: Report, table: str = ALL_TABLES) -> str:
    """Return `as_object` as text; figures that do not exist are null, never NaN."""
    return json.dumps(as_object(report, table), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_object(report: Report, table: str = ALL_TABLES) -> dict[str, Any]:
    """Return a report as plain data: `run`, `placebo`, lists over all settings, `settings`.

    Args:
        report: From `build`.
        table: A name in `registry.TABLES`, or "all". Rows have its figures only, and lists of other tables
            are empty.
    """
    info, estimates = report.info, report.estimates
    shown = tables_of(table)
    return {
        "run": {
            **run_object(info, estimates),
            "compared_with": report.compared_with,
            "sort": report.sort,
            "verdict": estimates.verdict.model_dump(mode="json"),
        },
        "placebo": _placebo_object(report),
        **{
            name: entry.own_rows.run_objects(report) if entry in shown else []
            for name, entry in _tables_by_name().items()
            if entry.own_rows and entry.own_rows.run_objects
        },
        "settings": [_setting_object(view, shown) for view in report.settings],
    }


def tables_of(table: str) -> list[ReportTable]:
    """Return the table of that name, or with "all" every one, those included that the run does not have."""
    names = TABLES.names if table == ALL_TABLES else (table,)
    return [TABLES.find(name) for name in names]


def activation_object(view: SettingView, row: Row, figures: dict[str, Any]) -> dict[str, Any]:
    """Return an activation's figures between the keys that every table has."""
    return {
        "activation": row.activation,
        "seeds": row.seeds,
        "pairs": row.pairs,
        "element_wise": element_wise(view.report.info, row.activation),
        "parameters": row.parameters,
        **figures,
        "status": row.status,
    }


def _tables_by_name() -> dict[str, ReportTable]:
    return {name: TABLES.find(name) for name in TABLES.names}


def _setting_object(view: SettingView, shown: Sequence[ReportTable]) -> dict[str, Any]:
    setting, estimates = view.estimates.setting, view.estimates
    return {
        "setting": {
            "id": setting.id,
            "name": setting.name,
            "varied": setting.varied,
            **setting.description,
            "data": estimates.dataset.model_dump(mode="json"),
        },
        "score": estimates.score_name,
        "activations": [entry.model_dump(mode="json") for entry in view.report.info.described_in(setting.id)],
        "timing_target": estimates.timing_target and asdict(estimates.timing_target),
        **{
            name: entry.own_rows.setting_object(view)
            for name, entry in _tables_by_name().items()
            if entry.own_rows and entry.own_rows.setting_object
        },
        "rows": [_row_object(view, row, shown) for row in view.rows],
    }


def _row_object(view: SettingView, row: Row, shown: Sequence[ReportTable]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for entry in shown:
        figures |= entry.values(view, row)
        if entry.repeated is not None:
            figures[entry.repeated.key] = entry.repeated.objects(view, row)
    return activation_object(view, row, figures)


def _placebo_object(report: Report) -> dict[str, Any] | None:
    info = report.info
    if info.placebo is None:
        return None
    return {
        "activation": info.placebo,
        "baseline": info.baseline,
        "settings": [
            {"setting": entry.setting.id, **_check_object(entry.placebo, entry.score_name)}
            for entry in report.estimates.settings
            if entry.placebo is not None
        ],
    }


def _check_object(check: PlaceboCheck, score: ScoreName) -> dict[str, Any]:
    return {
        f"{score}_equal": check.score_equal,
        "train_time_ratio": interval_object("train_time_ratio", check.train_time_ratio),
        "inference": [
            {"batch_size": batch_size, "time_ratio": interval_object("time_ratio", ratio)}
            for batch_size, ratio in check.inference.items()
        ],
        "flagged": list(check.flagged),
    }


JSON = Renderer(figures=to_json)
