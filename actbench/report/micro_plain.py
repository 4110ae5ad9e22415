"""A run of `actbench micro` as plain data: the names that scripts rely on."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from actbench.analysis.micro import MicroEstimates, MicroRow, MicroSetting
from actbench.records import RunInfo
from actbench.report.plain import interval_object, number_or_none, run_object


def to_json(info: RunInfo, estimates: MicroEstimates) -> str:
    """One object with `run`, `placebo` and `settings`, as of any run."""
    value = {
        "run": run_object(info, estimates),
        "placebo": {
            "activation": info.placebo,
            "baseline": info.baseline,
            "settings": [
                {
                    "setting": setting.id,
                    "copy_ratio": interval_object("copy_ratio", setting.placebo),
                    "flagged": setting.flagged,
                }
                for setting in estimates.settings
            ],
        },
        "settings": [
            {"setting": _way(setting), "rows": [_figures(row) for row in setting.rows]}
            for setting in estimates.settings
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(estimates: MicroEstimates) -> str:
    """A line per activation and setting, with the same names, flattened with `_`."""
    lines = [
        _flat({"setting": _way(setting), **_figures(row)})
        for setting in estimates.settings
        for row in setting.rows
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _way(setting: MicroSetting) -> dict[str, Any]:
    return {
        "id": setting.id,
        "elements": setting.elements,
        "dtype": setting.dtype,
        "compiled": setting.compiled,
        "direction": setting.direction,
    }


def _figures(row: MicroRow) -> dict[str, Any]:
    return {
        "activation": row.activation,
        "ns_per_element": interval_object("ns_per_element", row.ns_per_element),
        "gb_per_s": number_or_none(row.gb_per_s),
        "copy_ratio": interval_object("copy_ratio", row.copy_ratio),
        "rounds": row.rounds,
    }


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, Mapping):
            flat |= {f"{name}_{inner}": leaf for inner, leaf in _flat(item).items()}
        else:
            flat[name] = json.dumps(item) if isinstance(item, bool) else item
    return flat
