"""The names of the JSON object, flattened with `_`, as CSV."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from actbench.report.contract import TableName, row_object
from actbench.report.model import Report
from actbench.report.plain import ESTIMATES, JUDGED

_INFERENCE = ("latency_s", "latency_p95_s", "latency_p99_s", "items_per_s", "time_ratio")


def to_csv(report: Report, table: TableName) -> str:
    """A row per activation, or per activation and batch size for the inference table."""
    rows = []
    for setting in report.estimates.settings:
        keys = _flatten({"setting": {"id": setting.setting.id, **setting.setting.description}})
        sizes = list(dict.fromkeys(entry.batch_size for row in setting.rows for entry in row.inference))
        for row in setting.rows:
            rows += [
                {**keys, **figures} for figures in _flat_rows(row_object(report, row, table), sizes, table)
            ]
    names = list(dict.fromkeys(name for row in rows for name in row if name != "status"))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*names, "status"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


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
    if name not in ESTIMATES:
        return None
    judged = JUDGED if name.endswith(("_diff", "_ratio")) else ()
    return dict.fromkeys((ESTIMATES[name], "ci_low", "ci_high", *judged))


def _flatten(value: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, item in value.items():
        item = _missing(name) if item is None else item
        if isinstance(item, Mapping):
            flat |= {f"{name}_{inner}": leaf for inner, leaf in _flatten(item).items()}
        else:
            flat[name] = json.dumps(item) if isinstance(item, bool | list | tuple) else item
    return flat
