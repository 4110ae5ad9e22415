"""The report of a run of `actbench micro`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from actbench.analysis.micro import estimate_micro
from actbench.plan.micro import format_mode
from actbench.report.activation_facts import MIXING_NOTE, activation_facts, marked_label, mixing_labels
from actbench.report.chart import Chart, Line, to_bytes, to_text
from actbench.report.document import Column, Document, Section, Table
from actbench.report.facts import machine_facts
from actbench.report.json_values import interval_object, number_or_none, run_object
from actbench.report.renderers.html import to_html
from actbench.report.renderers.latex import to_latex
from actbench.report.renderers.markdown import to_markdown
from actbench.report.renderers.terminal import to_terminal

if TYPE_CHECKING:
    from actbench.analysis.micro import MicroEstimates, MicroRow, MicroSetting
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo
    from actbench.report.formatting import Value

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
    """Write a run of `actbench micro` down.

    Args:
        info: What was planned.
        records: What the ledger holds, in any order.
        form: "terminal", "markdown", "html", "latex", "csv" or "json"; the last two have unrounded figures.
        width: Columns of the terminal; other formats ignore it.
        color: Whether the terminal may show bold and dim text; other formats ignore it.

    Returns:
        Text that ends with a newline.

    Raises:
        NothingMeasuredError: No block could be measured.
        EnvironmentMismatchError: The blocks were measured on different machines.
    """
    estimates = estimate_micro(info, records)
    match form:
        case "csv":
            return to_csv(estimates)
        case "json":
            return to_json(info, estimates)
        case "latex":
            return to_latex(_document(info, estimates))
        case "markdown":
            return to_markdown(_document(info, estimates))
        case "html":
            drawn = micro_charts(estimates)
            return to_html(_document(info, estimates), [to_bytes(drawn, ".svg")] if drawn else [])
    charts = [to_text(chart, width, color) for chart in micro_charts(estimates)]
    return "\n".join([to_terminal(_document(info, estimates), width, color), *charts])


def micro_charts(estimates: MicroEstimates) -> list[Chart]:
    """Return charts of the time per element by size: one for each dtype and mode with two sizes or more.

    The copy, which is the floor, is the last line of each chart.
    """
    by_mode = _grouped(estimates.settings, lambda setting: format_mode(setting.dtype, setting.compiled))
    return [
        _chart(title, settings)
        for title, settings in by_mode.items()
        if len({setting.elements for setting in settings}) > 1
    ]


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
    by_way = _grouped(
        estimates.settings,
        lambda setting: f"{format_mode(setting.dtype, setting.compiled)}, {setting.direction}",
    )
    sections = [
        Section(way, (), tuple(_table(info, setting) for setting in settings))
        for way, settings in by_way.items()
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
    settings: Iterable[MicroSetting], key: Callable[[MicroSetting], str]
) -> dict[str, list[MicroSetting]]:
    """Group settings by a key, in the order in which the keys first appear."""
    groups: dict[str, list[MicroSetting]] = {}
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


def to_json(info: RunInfo, estimates: MicroEstimates) -> str:
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
            {"setting": _way(setting), "rows": [_figures(row) for row in setting.rows]}
            for setting in estimates.settings
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(estimates: MicroEstimates) -> str:
    """Return a line per activation and setting, with the names of the JSON joined by `_`."""
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
