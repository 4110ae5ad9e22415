"""The names of the JSON object, flattened with `_`, as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from actbench.report.availability import lacking
from actbench.report.json_values import JUDGED, estimate_names
from actbench.report.renderers.json import LAYER, MOMENT, row_object
from actbench.report.tables.summary import UNKNOWN_SUMMARY, summary_object
from actbench.report.tables.tuning import UNKNOWN_TUNING, tuning_rows

if TYPE_CHECKING:
    from actbench.analysis.figures import SettingEstimates
    from actbench.report.model import Report
    from actbench.report.renderers.json import TableName

_INFERENCE = ("latency_s", "latency_p95_s", "latency_p99_s", "items_per_s", "time_ratio")

_UNSEEN = dict.fromkeys(("epoch", "probed_seeds", *MOMENT, "layer", *LAYER))


def to_csv(report: Report, table: TableName) -> str:
    """A row per setting and activation; of some tables more, of the summary one per activation."""
    text = io.StringIO()
    rows = flat_rows(report, table)
    writer = csv.DictWriter(text, column_names(report, table, rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: json.dumps(value) if isinstance(value, bool) else value for name, value in row.items()}
        for row in rows
    )
    return text.getvalue()


def column_names(report: Report, table: TableName, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each once, `status` last: settings may have different ones, as where one predicts a number.

    Args:
        report: What came out.
        table: Which one.
        rows: Its `flat_rows`; the columns of a table without any are those of a row that knows nothing.
    """
    names = list(dict.fromkeys(name for row in rows or [_unknown(report, table)] for name in row))
    return sorted(names, key=lambda name: name == "status")


def flat_rows(report: Report, table: TableName) -> list[dict[str, Any]]:
    """The same rows as plain data, by column; lists are JSON text. None of a table that the run lacks."""
    if table in lacking(report):
        return []
    if table == "summary":
        return [flatten(summary_object(report, row), judged=False) for row in report.estimates.summary]
    rows = []
    for setting in report.estimates.settings:
        keys = _keys(setting)
        if table == "tuning":
            rows += [{**keys, **row} for row in tuning_rows(setting)]
            continue
        sizes = list(dict.fromkeys(entry.batch_size for row in setting.rows for entry in row.inference))
        for row in setting.rows:
            plain = row_object(report, setting, row, table)
            rows += [{**keys, **figures} for figures in _flat_rows(plain, sizes, table)]
    return rows


def _unknown(report: Report, table: TableName) -> dict[str, Any]:
    """A row of a table that has none, for its columns."""
    if table == "summary":
        return flatten(summary_object(report, UNKNOWN_SUMMARY), judged=False)
    setting = next(setting for setting in report.estimates.settings if setting.rows)
    if table == "tuning":
        return {**_keys(setting), **next(tuning_rows(replace(setting, tuning=(UNKNOWN_TUNING,))))}
    plain = row_object(report, setting, setting.rows[0], table)
    return {**_keys(setting), **_flat_rows(plain, [0], table)[0]}


def _keys(setting: SettingEstimates) -> dict[str, Any]:
    of_setting = {"id": setting.setting.id, **setting.setting.description}
    return {"setting": setting.setting.name, **flatten({"setting": of_setting})}


def _flat_rows(row: Mapping[str, Any], sizes: Sequence[int], table: TableName) -> list[dict[str, Any]]:
    """One JSON row as CSV rows; the columns are the same for rows whose figures are missing."""
    per_size = {entry["batch_size"]: entry for entry in row.get("inference", ())}
    entries = {size: per_size.get(size, dict.fromkeys(_INFERENCE)) for size in sizes}
    single = {name: value for name, value in row.items() if name not in ("inference", "probes")}
    if table == "why":
        seen = [layer for moment in row["probes"] or [{}] for layer in _layers(moment)]
        return [flatten({**single, **_UNSEEN, **layer}) for layer in seen]
    if table == "inference":
        return [
            flatten({**single, "batch_size": size, **{name: entry[name] for name in _INFERENCE}})
            for size, entry in entries.items()
        ]
    if table == "all":
        for size, entry in entries.items():
            single[f"inference_{size}"] = {name: entry[name] for name in _INFERENCE}
    return [flatten(single)]


def _layers(moment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A moment's figures beside those of each of its layers."""
    of_all = {name: value for name, value in moment.items() if name != "layers"}
    return [{**of_all, **layer} for layer in moment.get("layers") or [{}]]


def _missing(name: str, judged: bool) -> dict[str, None] | None:
    estimates = estimate_names(name)
    if not estimates:
        return None
    verdict = JUDGED if judged and name.endswith(("_diff", "_ratio")) else ()
    return dict.fromkeys((*estimates, "ci_low", "ci_high", *verdict))


def flatten(value: Mapping[str, Any], *, judged: bool = True) -> dict[str, Any]:
    """Nested mappings as one, the keys joined with `_`; figures that are None have their columns, too.

    Args:
        value: Plain data.
        judged: Whether differences come with their tests and verdicts.
    """
    flat: dict[str, Any] = {}
    for name, item in value.items():
        item = _missing(name, judged) if item is None else item
        if isinstance(item, Mapping):
            flat |= {f"{name}_{inner}": leaf for inner, leaf in flatten(item, judged=judged).items()}
        else:
            flat[name] = json.dumps(item) if isinstance(item, list | tuple) else item
    return flat
