"""The names that scripts rely on: one JSON object, and the same names flattened with `_` as CSV."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from actbench.analysis.estimates import InferenceEstimate, PlaceboCheck, Row
from actbench.analysis.intervals import Interval
from actbench.report.model import Report

TableName = Literal["accuracy", "time", "inference", "all"]
TABLES: tuple[TableName, ...] = get_args(TableName)

# What an interval's estimate is called, by the name of the figure.
_ESTIMATES = {
    "accuracy": "mean",
    "accuracy_diff": "mean",
    "epoch_s": "median",
    "train_time_ratio": "estimate",
    "time_ratio": "estimate",
}
_FIGURES: dict[TableName, tuple[str, ...]] = {
    "accuracy": ("accuracy", "accuracy_diff"),
    "time": ("epoch_s", "train_time_ratio", "compile_s"),
    "inference": ("inference",),
    "all": ("accuracy", "accuracy_diff", "epoch_s", "train_time_ratio", "compile_s", "inference"),
}
_INFERENCE = ("latency_s", "latency_p95_s", "latency_p99_s", "items_per_s", "time_ratio")


def to_json(report: Report, table: TableName) -> str:
    """One object; figures that do not exist are null, never NaN."""
    return json.dumps(as_object(report, table), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_object(report: Report, table: TableName = "all") -> dict[str, Any]:
    """The report as plain data: `run`, `placebo` and `settings`, with the figures of that table only."""
    info, estimates = report.info, report.estimates
    return {
        "run": {
            "run_id": info.run_id,
            "name": info.name,
            "created_at": info.created_at,
            "baseline": info.baseline,
            "sort": report.sort,
            "blocks": {
                "planned": len(info.blocks),
                "finished": estimates.finished,
                "failed": [{"block": block.block, "error": block.error} for block in estimates.failed],
            },
            "environment": estimates.environment.model_dump(mode="json"),
        },
        "placebo": None
        if info.placebo is None
        else {
            "activation": info.placebo,
            "baseline": info.baseline,
            "settings": [
                {"setting": setting.setting.id, **_placebo(setting.placebo)}
                for setting in estimates.settings
                if setting.placebo is not None
            ],
        },
        "settings": [
            {
                "setting": {
                    "id": setting.setting.id,
                    **setting.setting.description,
                    "data": setting.dataset.model_dump(mode="json"),
                },
                "rows": [_row(row, table) for row in setting.rows],
            }
            for setting in estimates.settings
        ],
    }


def to_csv(report: Report, table: TableName) -> str:
    """A row per activation, or per activation and batch size for the inference table."""
    rows = []
    for setting in report.estimates.settings:
        keys = _flatten({"setting": {"id": setting.setting.id, **setting.setting.description}})
        sizes = list(dict.fromkeys(entry.batch_size for row in setting.rows for entry in row.inference))
        for row in setting.rows:
            rows += [{**keys, **figures} for figures in _flat_rows(_row(row, table), sizes, table)]
    names = list(dict.fromkeys(name for row in rows for name in row if name != "status"))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*names, "status"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(row: Row, table: TableName) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "accuracy": _interval("accuracy", row.accuracy),
        "accuracy_diff": _interval("accuracy_diff", row.accuracy_diff),
        "epoch_s": _interval("epoch_s", row.epoch_s),
        "train_time_ratio": _interval("train_time_ratio", row.train_time_ratio),
        "compile_s": _number(row.compile_s),
        "inference": [_inference(entry) for entry in row.inference],
    }
    return {
        "activation": row.activation,
        "seeds": row.seeds,
        **{name: figures[name] for name in _FIGURES[table]},
        "status": row.status,
    }


def _inference(entry: InferenceEstimate) -> dict[str, Any]:
    return {
        "batch_size": entry.batch_size,
        "latency_s": _number(entry.latency_s),
        "latency_p95_s": _number(entry.latency_p95_s),
        "latency_p99_s": _number(entry.latency_p99_s),
        "items_per_s": _number(entry.items_per_s),
        "time_ratio": _interval("time_ratio", entry.time_ratio),
    }


def _placebo(check: PlaceboCheck) -> dict[str, Any]:
    return {
        "accuracy_equal": check.accuracy_equal,
        "train_time_ratio": _interval("train_time_ratio", check.train_time_ratio),
        "inference": [
            {"batch_size": batch_size, "time_ratio": _interval("time_ratio", ratio)}
            for batch_size, ratio in check.inference.items()
        ],
        "flagged": list(check.flagged),
    }


def _interval(name: str, interval: Interval | None) -> dict[str, float | None] | None:
    if interval is None:
        return None
    return {
        _ESTIMATES[name]: _number(interval.estimate),
        "ci_low": _number(interval.ci_low),
        "ci_high": _number(interval.ci_high),
    }


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _flat_rows(row: Mapping[str, Any], sizes: Sequence[int], table: TableName) -> list[dict[str, Any]]:
    """One JSON row as CSV rows; the columns are the same for rows whose figures are missing."""
    per_size = {entry["batch_size"]: entry for entry in row.get("inference", ())}
    entries = {size: per_size.get(size, dict.fromkeys(_INFERENCE)) for size in sizes}
    single = {name: value for name, value in row.items() if name != "inference"}
    if table == "inference":
        return [
            _flatten({**single, "batch_size": size, **{name: entry[name] for name in _INFERENCE}})
            for size, entry in entries.items()
        ]
    if table == "all":
        for size, entry in entries.items():
            single[f"inference_{size}"] = {name: entry[name] for name in _INFERENCE}
    return [_flatten(single)]


def _missing(name: str) -> dict[str, None] | None:
    return dict.fromkeys((_ESTIMATES[name], "ci_low", "ci_high")) if name in _ESTIMATES else None


def _flatten(value: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, item in value.items():
        item = _missing(name) if item is None else item
        if isinstance(item, Mapping):
            flat |= {f"{name}_{inner}": leaf for inner, leaf in _flatten(item).items()}
        else:
            flat[name] = json.dumps(item) if isinstance(item, bool | list | tuple) else item
    return flat
