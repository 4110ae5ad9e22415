"""The names that scripts rely on, as one JSON object."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, get_args

from actbench.report.activation_facts import element_wise
from actbench.report.json_values import comparison_object, interval_object, number_or_none, run_object
from actbench.report.tables.diagnostics import sentence
from actbench.report.tables.summary import summary_object
from actbench.report.tables.tuning import tuning_object
from actbench.stats.intervals import Interval

if TYPE_CHECKING:
    from actbench.analysis.figures import (
        InferenceEstimate,
        MetricEstimate,
        PlaceboCheck,
        Row,
        SettingEstimates,
    )
    from actbench.analysis.probes import LayerFigures, ProbedEpoch
    from actbench.metrics.registry import ScoreName
    from actbench.report.model import Report

TableName = Literal["accuracy", "time", "inference", "metrics", "pareto", "why", "summary", "tuning", "all"]

TABLES: tuple[TableName, ...] = get_args(TableName)

_GENERALISED = ("accuracy_new_data", "accuracy_diff_new_data")

_SCORE = ("{score}", "{score}_diff", *_GENERALISED)

_TIME = ("epoch_s", "train_time_ratio", "marginal_step_s", "compile_s")

MOMENT = ("gradient_first_to_last", "output_gradient_norm")

LAYER = ("dead", "saturated", "zeros", "preactivation_mean", "preactivation_variance", "gradient_norm")

_FIGURES: dict[TableName, tuple[str, ...]] = {
    "accuracy": _SCORE,
    "time": _TIME,
    "inference": ("inference",),
    "metrics": (),
    "summary": (),
    "tuning": (),
    "pareto": ("{score}", "train_time_ratio", "non_dominated"),
    "why": ("{score}", "why", "probes"),
    "all": (*_SCORE, *_TIME, "non_dominated", "inference", "why", "probes"),
}


def to_json(report: Report, table: TableName) -> str:
    """One object; figures that do not exist are null, never NaN."""
    return json.dumps(as_object(report, table), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_object(report: Report, table: TableName = "all") -> dict[str, Any]:
    """The report as plain data: `run`, `placebo`, `summary`, `settings`, with that table's figures only."""
    info, estimates = report.info, report.estimates
    return {
        "run": {
            **run_object(info, estimates),
            "compared_with": report.compared_with,
            "sort": report.sort,
            "verdict": estimates.verdict.model_dump(mode="json"),
        },
        "placebo": None
        if info.placebo is None
        else {
            "activation": info.placebo,
            "baseline": info.baseline,
            "settings": [
                {"setting": setting.setting.id, **_placebo(setting.placebo, setting.score_name)}
                for setting in estimates.settings
                if setting.placebo is not None
            ],
        },
        "summary": [summary_object(report, row) for row in estimates.summary]
        if table in ("summary", "all")
        else [],
        "settings": [
            {
                "setting": {
                    "id": setting.setting.id,
                    "name": setting.setting.name,
                    "varied": setting.setting.varied,
                    **setting.setting.description,
                    "data": setting.dataset.model_dump(mode="json"),
                },
                "score": setting.score_name,
                "activations": [
                    entry.model_dump(mode="json") for entry in info.described_in(setting.setting.id)
                ],
                "timing_target": setting.timing_target and asdict(setting.timing_target),
                "tuning": tuning_object(setting),
                "rows": [row_object(report, setting, row, table) for row in setting.rows],
            }
            for setting in estimates.settings
        ],
    }


def row_object(report: Report, setting: SettingEstimates, row: Row, table: TableName) -> dict[str, Any]:
    """One activation of a setting, with the figures of that table only."""
    score = setting.score_name
    names = [name.format(score=score) for name in _FIGURES[table]]
    figures: dict[str, Any] = {
        score: interval_object(score, row.score),
        f"{score}_diff": comparison_object(f"{score}_diff", row.score_diff),
        "accuracy_new_data": interval_object("accuracy_new_data", row.accuracy_new_data),
        "accuracy_diff_new_data": interval_object("accuracy_diff_new_data", row.accuracy_diff_new_data),
        "epoch_s": interval_object("epoch_s", row.epoch_s),
        "train_time_ratio": comparison_object("train_time_ratio", row.train_time_ratio),
        "marginal_step_s": interval_object("marginal_step_s", row.marginal_step_s),
        "compile_s": number_or_none(row.compile_s),
        "non_dominated": number_or_none(row.non_dominated),
        "inference": [_inference(entry) for entry in row.inference],
        "why": sentence(row, setting),
        "probes": [_moment(moment) for moment in row.probed_epochs],
    }
    return {
        "activation": row.activation,
        "seeds": row.seeds,
        "pairs": row.pairs,
        "element_wise": element_wise(report.info, row.activation),
        "parameters": row.parameters,
        **{name: figures[name] for name in names if report.generalised or name not in _GENERALISED},
        **(_metrics(row.metrics) if table in ("metrics", "all") else {}),
        "status": row.status,
    }


def _metrics(metrics: Iterable[MetricEstimate]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for metric in metrics:
        value = metric.value or Interval(math.nan, None, None)
        counts = {"seeds": metric.seeds, "pairs": metric.pairs}
        difference = f"{metric.name}_{'ratio' if metric.is_ratio else 'diff'}"
        figures[metric.name] = {**(interval_object(metric.name, value) or {}), **counts}
        figures[difference] = comparison_object(difference, metric.difference)
    return figures


def _inference(entry: InferenceEstimate) -> dict[str, Any]:
    return {
        "batch_size": entry.batch_size,
        "latency_s": number_or_none(entry.latency_s),
        "latency_p95_s": number_or_none(entry.latency_p95_s),
        "latency_p99_s": number_or_none(entry.latency_p99_s),
        "items_per_s": number_or_none(entry.items_per_s),
        "time_ratio": comparison_object("time_ratio", entry.time_ratio),
    }


def _moment(moment: ProbedEpoch) -> dict[str, Any]:
    return {
        "epoch": moment.epoch,
        "probed_seeds": moment.seeds,
        **_intervals(moment, MOMENT),
        "layers": [{"layer": layer.layer, **_intervals(layer, LAYER)} for layer in moment.layers],
    }


def _intervals(figures: ProbedEpoch | LayerFigures, names: Iterable[str]) -> dict[str, Any]:
    return {name: interval_object(name, getattr(figures, name)) for name in names}


def _placebo(check: PlaceboCheck, score: ScoreName) -> dict[str, Any]:
    return {
        f"{score}_equal": check.score_equal,
        "train_time_ratio": interval_object("train_time_ratio", check.train_time_ratio),
        "inference": [
            {"batch_size": batch_size, "time_ratio": interval_object("time_ratio", ratio)}
            for batch_size, ratio in check.inference.items()
        ],
        "flagged": list(check.flagged),
    }
