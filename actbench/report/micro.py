"""The report of a run of `actbench micro`."""

import csv
import io
import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from actbench.analysis.micro import MicroRow, micro_rows
from actbench.micro_plan import COPY, COPY_PLACEBO, DIRECTIONS, way_in_words
from actbench.records import BlockRecord, RunInfo
from actbench.report.chart import Chart, Line, to_text
from actbench.report.document import Column, Document, Section, Table
from actbench.report.facts import machine_facts
from actbench.report.markdown import to_markdown
from actbench.report.plain import ESTIMATES, interval_object
from actbench.report.terminal import to_terminal

_COLUMNS = (
    Column("activation", "text"),
    Column("ns/element", "three digits"),
    Column("GB/s", "three digits"),
    Column("ratio to copy", "ratio"),
    Column("n", "count"),
)
_NOTES = (
    "ns/element: median over rounds of a call's time, by the elements that it gives back. GB/s: as if each "
    "of them were read and written once; of the copy it is what memory gives.",
    "Ratio to copy: to a plain copy of the same tensor in the same round, which is the floor; median over "
    f'rounds with its 95 % interval, which speaks for this one process. "{COPY_PLACEBO}" is a second copy: '
    "what it shows is noise.",
    "With few elements all are calls into TensorFlow, not arithmetic: the copy shows how much that takes. A "
    "gated unit reads two elements for each that it gives back.",
)


def render_micro(
    info: RunInfo, records: Sequence[BlockRecord], form: str, *, width: int = 80, color: bool = False
) -> str:
    """Write a run of `actbench micro` down.

    Args:
        info: What was planned.
        records: What the ledger holds.
        form: "terminal", "markdown", "csv" or "json".
        width: Columns of the terminal.
        color: Whether the terminal may show bold and dim text.

    Raises:
        NothingMeasuredError: No block could be measured.
    """
    rows = micro_rows(info, records)
    match form:
        case "csv":
            return to_csv(rows)
        case "json":
            return _to_json(info, records, rows)
        case "markdown":
            return to_markdown(_document(info, records, rows))
    return f"{to_terminal(_document(info, records, rows), width, color)}\n{to_text(micro_chart(rows), width)}"


def to_csv(rows: Sequence[MicroRow]) -> str:
    """A line per activation and tensor, the JSON's names flattened."""
    text = io.StringIO()
    flat = [_flat(_object(row)) for row in rows]
    writer = csv.DictWriter(text, list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def micro_chart(rows: Sequence[MicroRow]) -> Chart:
    """Time per element by size, of the first way to compute; the backward pass dashed."""
    first = rows[0]
    lines = []
    for label in dict.fromkeys(row.activation for row in rows if row.activation != COPY_PLACEBO):
        for direction in DIRECTIONS:
            points = [
                (row.elements, row.ns_per_element.estimate)
                for row in rows
                if (row.activation, row.dtype, row.compiled, row.direction)
                == (label, first.dtype, first.compiled, direction)
            ]
            if points and not (label == COPY and direction != first.direction):
                x, y = zip(*points, strict=True)
                lines.append(Line(label, x, y, dashed=direction != first.direction))
    way = way_in_words(first.dtype, first.compiled, f"{first.direction}; dashed: {DIRECTIONS[1]}")
    return Chart(way, "elements", "ns per element", tuple(lines), logarithmic=True)


def _document(info: RunInfo, records: Sequence[BlockRecord], rows: Sequence[MicroRow]) -> Document:
    def way(row: MicroRow) -> tuple[str, bool, str]:
        return row.dtype, row.compiled, row.direction

    environment = next(record.environment for record in records if record.environment is not None)
    ways = dict.fromkeys(map(way, rows))
    sections = [
        Section(way_in_words(*some), (), _tables([row for row in rows if way(row) == some])) for some in ways
    ]
    finished = sum(record.status == "ok" for record in records)
    facts = (
        ("run", f"{info.run_id}, created {info.created_at}"),
        *machine_facts(environment),
        ("blocks", f"{finished} of {len(info.blocks)} finished"),
    )
    return Document(f"{info.name}: micro", facts, tuple(sections), _NOTES)


def _tables(rows: Sequence[MicroRow]) -> tuple[Table, ...]:
    tables = []
    for elements, of_size in groupby(rows, key=lambda row: row.elements):
        cells = tuple(
            (
                row.activation,
                row.ns_per_element.estimate,
                row.gb_per_s,
                row.copy_ratio or "floor",
                row.rounds,
            )
            for row in of_size
        )
        tables.append(Table(f"{elements:,} elements", _COLUMNS, cells))
    return tuple(tables)


def _to_json(info: RunInfo, records: Sequence[BlockRecord], rows: Sequence[MicroRow]) -> str:
    environment = next(record.environment for record in records if record.environment is not None)
    value = {
        "run": {
            "run_id": info.run_id,
            "name": info.name,
            "kind": info.kind,
            "created_at": info.created_at,
            "blocks": {"planned": len(info.blocks), "finished": sum(r.status == "ok" for r in records)},
            "activations": [entry.model_dump(mode="json") for entry in info.described],
            "environment": environment.model_dump(mode="json"),
        },
        "rows": [_object(row) for row in rows],
    }
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _object(row: MicroRow) -> dict[str, Any]:
    return {
        "activation": row.activation,
        "elements": row.elements,
        "dtype": row.dtype,
        "compiled": row.compiled,
        "direction": row.direction,
        "ns_per_element": interval_object("ns_per_element", row.ns_per_element),
        "gb_per_s": row.gb_per_s,
        "copy_ratio": interval_object("copy_ratio", row.copy_ratio),
        "rounds": row.rounds,
    }


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, item in value.items():
        if name in ("ns_per_element", "copy_ratio"):
            keys = (ESTIMATES[name], "ci_low", "ci_high")
            flat |= {f"{name}_{key}": (item or {}).get(key) for key in keys}
        else:
            flat[name] = json.dumps(item) if isinstance(item, bool) else item
    return flat
