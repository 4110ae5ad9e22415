"""The report of `actbench micro`: a table per tensor, direction and mode, with charts, or raw figures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from actbench.analysis.micro import estimate_micro
from actbench.errors import ArgumentError
from actbench.plan.micro import format_mode
from actbench.report.activation_facts import MIXING_NOTE, activation_facts, marked_label, mixing_labels
from actbench.report.chart import Chart, Line
from actbench.report.document import Column, Document, DocumentSection, Table
from actbench.report.facts import machine_facts
from actbench.report.json_values import flatten, interval_object, number_or_none, run_object
from actbench.report.registry import FORMATS

if TYPE_CHECKING:
    from actbench.analysis.micro import MicroEstimates, MicroRow, MicroSetting
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo
    from actbench.report.formatting import Value

_Key = TypeVar("_Key", bound=Hashable)

_COLUMNS = (
    Column("activation", "text"),
    Column("ns per element", "three digits"),
    Column("GB/s", "three digits"),
    Column("ratio to copy", "three digits"),
    Column("n", "count"),
)

_NOTES = (
    "ns per element: time of a call divided by the number of elements of its result; median over n rounds. "
    "Ratio to copy: to a plain copy of the same tensor in the same round, which is the floor. Both have a "
    "95 % interval that holds for this one process.",
    "GB/s: at that median, counting only the bytes that have to move: one element read and one written, and "
    "as many again with the gradient; a gated unit reads two and writes the gradients of both. The copy "
    "shows the bandwidth of the memory, or of the caches if there are few elements.",
    "With few elements, a call into TensorFlow takes longer than the arithmetic: the copy shows how long. "
    "linear computes nothing and may be below the floor: not compiled, it returns the tensor itself.",
)


def render_micro(
    info: RunInfo, records: Iterable[BlockRecord], form: str, *, width: int = 80, color: bool = False
) -> str:
    """Return a run of `actbench micro` in one of the formats of a report.

    Args:
        info: The plan of the run.
        records: The records of the ledger, in any order.
        form: "csv" or "json", which have unrounded figures, or the name of a format that shows documents.
        width: Columns of the terminal; other formats ignore it.
        color: True if the terminal may show bold and dim text; other formats ignore it.

    Returns:
        Text that ends with a newline.

    Raises:
        ArgumentError: There is no such format, or it cannot show this kind of run.
        NothingMeasuredError: No block could be measured.
        EnvironmentMismatchError: The blocks were measured on different machines.
    """
    renderer = FORMATS.find(FORMATS.resolve(form))
    estimates = estimate_micro(info, records)
    if form == "csv":
        return _to_csv(estimates)
    if form == "json":
        return _to_json(info, estimates)
    if renderer.document is None:
        raise ArgumentError("format", f"{form} does not show runs of actbench micro; use csv or json")
    return renderer.document(_document(info, estimates), width, color)


def micro_charts(estimates: MicroEstimates) -> list[Chart]:
    """Return charts of the time per element by size: one for each dtype and mode with two sizes or more.

    The copy, which is the floor, is the last line of each chart.
    """
    return list(_charts_by_mode(estimates).values())


def _charts_by_mode(estimates: MicroEstimates) -> dict[str, Chart]:
    by_mode = _grouped(estimates.settings, _mode)
    return {
        mode: _chart(mode, settings)
        for mode, settings in by_mode.items()
        if len({setting.elements for setting in settings}) > 1
    }


def _mode(setting: MicroSetting) -> str:
    return format_mode(setting.dtype, setting.compiled)


def _chart(title: str, settings: Sequence[MicroSetting]) -> Chart:
    copy, *labels, _ = (row.activation for row in settings[0].rows)
    lines = []
    for label in (*labels, copy):
        directions = dict.fromkeys(setting.direction for setting in settings)
        for direction in directions if label != copy else ["forward"]:
            points = {
                setting.elements: row.ns_per_element.estimate
                for setting in settings
                for row in setting.rows
                if (row.activation, setting.direction) == (label, direction)
            }
            lines.append(Line(label, tuple(points), tuple(points.values()), dashed=direction != "forward"))
    title = f"{title} (broken: with gradient)"
    return Chart(title, "elements", "ns per element", tuple(lines), logarithmic="xy")


def _document(info: RunInfo, estimates: MicroEstimates) -> Document:
    by_way = _grouped(estimates.settings, lambda setting: (_mode(setting), setting.direction))
    # The chart of a mode shows both directions, and stands in the last section of the mode.
    last = dict(by_way.keys())
    charts = _charts_by_mode(estimates)
    sections = [
        DocumentSection(
            f"{mode}, {direction}",
            (),
            tuple(_table(info, setting) for setting in settings),
            (charts[mode],) if mode in charts and direction == last[mode] else (),
        )
        for (mode, direction), settings in by_way.items()
    ]
    facts = (
        ("run", f"{info.run_id}, created {info.created_at}"),
        *machine_facts(estimates.environment),
        ("blocks", f"{estimates.finished} of {len(info.blocks)} finished"),
        *(("failed", f"block {block.block}: {block.reason}") for block in estimates.failed),
        *(
            (name, text)
            for name, text in activation_facts(info.described, info.placebo)
            if name == "function"
        ),
        ("placebo", _placebo(estimates.settings)),
    )
    notes = (*_NOTES, MIXING_NOTE) if mixing_labels(info) else _NOTES
    return Document(f"{info.name}: activations alone", facts, tuple(sections), notes)


def _grouped(
    settings: Iterable[MicroSetting], key: Callable[[MicroSetting], _Key]
) -> dict[_Key, list[MicroSetting]]:
    """Group settings by a key, in the order in which the keys first appear."""
    groups: dict[_Key, list[MicroSetting]] = {}
    for setting in settings:
        groups.setdefault(key(setting), []).append(setting)
    return groups


def _table(info: RunInfo, setting: MicroSetting) -> Table:
    def cells(row: MicroRow) -> tuple[Value, ...]:
        ratio = "floor" if row.activation == info.baseline else row.copy_ratio
        return marked_label(info, row.activation), row.ns_per_element, row.gb_per_s, ratio, row.rounds

    flag = ("FLAGGED: the placebo's ratio excludes 1: distrust differences of that size",)
    return Table(
        f"{setting.elements:,} elements",
        _COLUMNS,
        tuple(map(cells, setting.rows)),
        flag if setting.flagged else (),
    )


def _placebo(settings: Sequence[MicroSetting]) -> str:
    """Return the range of the placebo's ratios, and how many of their intervals miss 1."""
    ratios = [setting.placebo.estimate for setting in settings if setting.placebo is not None]
    flagged = sum(setting.flagged for setting in settings)
    told = f"1 is outside {flagged} of {len(ratios)} intervals" if flagged else "1 is inside all intervals"
    return (
        f"a second copy takes {min(ratios):.3f} to {max(ratios):.3f} of the copy's time; {told}, "
        "and 1 in 20 intervals misses it by chance"
    )


def _to_json(info: RunInfo, estimates: MicroEstimates) -> str:
    """Return the figures as one JSON object with `run`, `placebo` and `settings`, as for any run."""
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
            {"setting": _setting(setting), "rows": [_figures(row) for row in setting.rows]}
            for setting in estimates.settings
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _to_csv(estimates: MicroEstimates) -> str:
    """Return a line per activation and setting, with the names of the JSON joined by `_`."""
    lines = [
        flatten({"setting": _setting(setting), **_figures(row)}, judged=False)
        for setting in estimates.settings
        for row in setting.rows
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    # True and False stand as in JSON.
    writer.writerows({**line, "setting_compiled": json.dumps(line["setting_compiled"])} for line in lines)
    return text.getvalue()


def _setting(setting: MicroSetting) -> dict[str, Any]:
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
