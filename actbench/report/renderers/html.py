"""The HTML format: a document as a page of its own, or as a fragment for a notebook.

Beside a column of differences stands a forest plot: a small picture for each row, all on one scale. SVG is
written by hand, so that the page's own colors apply and equal figures give equal text.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from statistics import quantiles
from typing import TYPE_CHECKING

from actbench.report.chart import to_bytes
from actbench.report.formatting import format_value
from actbench.report.registry import Renderer
from actbench.stats.intervals import Interval

if TYPE_CHECKING:
    from actbench.report.document import Column, Document, Table
    from actbench.report.formatting import FigureKind, Value

# The background is part of the style, because a notebook may be dark on a light desktop.
_LIGHT = "--ink:#1b1f24;--dim:#59636e;--line:#d1d9e0;--paper:#fff;--mark:#0969da;--worse:#953800"

_DARK = "--ink:#e6edf3;--dim:#9198a1;--line:#3d444d;--paper:#0d1117;--mark:#58a6ff;--worse:#f0883e"

_STYLE = f"""
.actbench{{{_LIGHT};color-scheme:light dark;color:var(--ink);background:var(--paper);padding:1.5rem;
font:14px/1.5 system-ui,sans-serif;max-width:75rem;margin:0 auto;box-sizing:border-box}}
@media(prefers-color-scheme:dark){{.actbench{{{_DARK}}}}}
.actbench h1{{font-size:1.5rem;margin:0 0 .75rem}}
.actbench h2{{font-size:1.2rem;margin:2.5rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--line)}}
.actbench dl{{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0}}
.actbench dt,.actbench li,.actbench tfoot{{color:var(--dim)}}
.actbench dd{{margin:0;overflow-wrap:anywhere}}
.actbench .wide{{overflow-x:auto;margin:1.5rem 0 .25rem}}
.actbench table{{border-collapse:collapse;font:inherit;font-variant-numeric:tabular-nums;margin:0}}
.actbench caption{{text-align:left;font-weight:600;padding:0 0 .35rem;color:var(--ink)}}
.actbench th{{font-weight:500;color:var(--dim);border-bottom:1px solid var(--line);vertical-align:bottom}}
.actbench tr{{background:none!important}}
.actbench th,.actbench td{{padding:0 .9rem 0 0;text-align:right;white-space:nowrap;height:24px}}
.actbench table th.left,.actbench table td.left{{text-align:left}}
.actbench dt{{white-space:nowrap}}
.actbench td.label{{white-space:normal;overflow-wrap:anywhere;min-width:7rem}}
.actbench td.drawn{{padding:0 1.5rem 0 0;line-height:0}}
.actbench .better{{color:var(--mark);font-weight:600}}
.actbench .worse{{color:var(--worse);font-weight:600}}
.actbench .equivalent,.actbench .inconclusive{{color:var(--dim)}}
.actbench svg{{display:block;stroke:var(--mark);fill:var(--mark);stroke-width:1.8}}
.actbench .zero{{stroke:var(--dim);stroke-width:1}}
.actbench .band{{fill:var(--line);fill-opacity:.6;stroke:none}}
.actbench svg text{{fill:var(--dim);stroke:none;font-size:11px;text-anchor:middle}}
.actbench ul{{padding-left:1.2rem;margin:.25rem 0}}
.actbench img{{display:block;max-width:100%;margin-top:1.5rem}}
"""

_PICTURE = (
    "Pictures: the dot is the estimate, the line through it the interval, the line through all rows no "
    "difference, the band the differences that do not matter; an arrow stands for an estimate far beyond the "
    "others."
)

_VERDICTS = ("BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE")  # each has a class of its own in the style


def to_html(document: Document) -> str:
    """Return a document as a page of its own."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(document.title)}</title>\n</head>\n"
        f'<body style="margin:0">\n{to_fragment(document)}</body>\n</html>\n'
    )


def to_fragment(document: Document) -> str:
    """Return a part of another page, such as a notebook, whose style reaches nothing around it."""
    lines = ['<article class="actbench">', f"<style>{_STYLE}</style>", _element("h1", document.title)]
    lines += _facts(document.facts)
    for section in document.sections:
        lines += ["<section>", _element("h2", section.title), *_facts(section.facts)]
        for table in section.tables:
            lines += _table(table)
        if section.charts:
            titles = "; ".join(chart.title for chart in section.charts)
            lines.append(_image(to_bytes(section.charts, ".svg"), titles))
        lines.append("</section>")
    drawn = any(
        scale for section in document.sections for table in section.tables for scale in _scales(table)
    )
    notes = [*document.notes, _PICTURE] if drawn else document.notes
    lines += ["<footer>", *_notes(notes), "</footer>", "</article>"]
    return "\n".join(lines) + "\n"


def _image(svg: bytes, description: str) -> str:
    source = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
    return f'<img alt="{escape(description)}" src="{source}"/>'


def _facts(facts: Iterable[tuple[str, str]]) -> list[str]:
    return ["<dl>", *(f"{_element('dt', name)}{_element('dd', value)}" for name, value in facts), "</dl>"]


def _notes(notes: Sequence[str]) -> list[str]:
    return ["<ul>", *(_element("li", note) for note in notes), "</ul>"] if notes else []


def _table(table: Table) -> list[str]:
    scales = _scales(table)
    head = "".join(
        _element("th", column.title, *(["left"] if column.left else [])) + ("<th></th>" if scale else "")
        for column, scale in zip(table.columns, scales, strict=True)
    )
    lines = [
        '<div class="wide">',
        "<table>",
        _element("caption", table.title),
        f"<thead><tr>{head}</tr></thead>",
    ]
    lines += ["<tbody>", *_rows(table, scales), "</tbody>"]
    if any(scales):
        foot = "".join(
            f'<td></td><td class="drawn">{axis(scale)}</td>' if scale else "<td></td>" for scale in scales
        )
        lines.append(f"<tfoot><tr>{foot}</tr></tfoot>")
    return [*lines, "</table>", "</div>", *_notes(table.notes)]


def _scales(table: Table) -> list[Scale | None]:
    """Return the scale of each column; None for those without pictures."""
    columns = zip(*table.rows, strict=True) if table.rows else ((),) * len(table.columns)
    return [scale_of(values, column) for column, values in zip(table.columns, columns, strict=True)]


def _rows(table: Table, scales: Sequence[Scale | None]) -> list[str]:
    return [
        "<tr>"
        + "".join(
            _element("td", text, *_classes(position, table, text))
            + (f'<td class="drawn">{mark(value, scale)}</td>' if scale else "")
            for position, (value, text, scale) in enumerate(zip(row, texts, scales, strict=True))
        )
        + "</tr>"
        for row, texts in zip(table.rows, table.formatted(), strict=True)
    ]


def _classes(position: int, table: Table, text: str) -> list[str]:
    column = table.columns[position]
    verdict = text.partition(" ")[0] if column.kind == "words" else ""
    return [
        *(["left"] if column.left else []),
        *(["label"] if column.kind == "text" else []),
        *([verdict.lower()] if verdict in _VERDICTS else []),
    ]


def _element(name: str, text: str, *classes: str) -> str:
    attribute = f' class="{" ".join(classes)}"' if classes else ""
    return f"<{name}{attribute}>{escape(text)}</{name}>"


_WIDTH = 220  # pixels of a picture

_HEIGHT = 24  # the height of a row in the style above, so that vertical lines meet from row to row

_MARGIN = 20  # room for half a tick's label, and for an arrow

_TICKS = 4  # of an axis, about

_FAR_OUT = 3.0  # interquartile ranges; John W. Tukey, Exploratory Data Analysis, 1977

_FEWEST_FOR_QUARTILES = 5  # estimates


@dataclass(frozen=True)
class Scale:
    """The map from a figure to a place in the picture.

    Attributes:
        low, high: The figures at the ends.
        kind: How the figures are written.
        indifferent: The range in which a difference does not matter; None if the column has none.
    """

    low: float
    high: float
    kind: FigureKind
    indifferent: tuple[float, float] | None = None

    def x(self, value: float) -> float:
        """Return the abscissa, to a tenth of a pixel; figures beyond the scale are at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(_MARGIN + share * (_WIDTH - 2 * _MARGIN), 1)


def scale_of(values: Iterable[Value], column: Column) -> Scale | None:
    """Return the scale of a column, which shows no difference and all intervals but those far out.

    Intervals far out would flatten the others; `mark` draws arrows for them.

    Args:
        values: The column's values.
        column: The column.

    Returns:
        The scale; None if figures of the column's kind are not drawn, or all figures are the same.
    """
    none = _no_difference(column.kind)
    if none is None:
        return None
    intervals = [value for value in values if isinstance(value, Interval) and math.isfinite(value.estimate)]
    low, high = _fences([interval.estimate for interval in intervals])
    near = [interval for interval in intervals if low <= interval.estimate <= high]
    shown = [figure for interval in near for figure in _figures(interval)] + [none]
    low, high = min(shown), max(shown)
    return Scale(low, high, column.kind, column.indifferent) if low < high else None


def mark(value: Value, scale: Scale) -> str:
    """Return the picture of one row: the estimate and its interval; an estimate beyond the scale is an arrow.

    A line through all rows is where there is no difference, a band where a difference does not matter.
    """
    parts = [_band(scale), _vertical(scale.x(_no_difference(scale.kind) or 0.0))]
    if isinstance(value, Interval) and math.isfinite(value.estimate):
        middle = _HEIGHT // 2
        if value.estimate < scale.low:
            parts.append(f'<path d="M6 {middle}l9-5v10z"/>')
        elif value.estimate > scale.high:
            parts.append(f'<path d="M{_WIDTH - 6} {middle}l-9-5v10z"/>')
        else:
            low, *_, high = sorted(_figures(value))
            parts.append(f'<line x1="{scale.x(low)}" x2="{scale.x(high)}" y1="{middle}" y2="{middle}"/>')
            parts.append(f'<circle cx="{scale.x(value.estimate)}" cy="{middle}" r="3"/>')
    return _svg(parts)


def axis(scale: Scale) -> str:
    """Return the picture of the last row: some round figures at their places."""
    return _svg(
        [
            f'<text x="{scale.x(tick)}" y="15">{format_value(tick, scale.kind)}</text>'
            for tick in ticks(scale.low, scale.high)
        ]
    )


def ticks(low: float, high: float) -> list[float]:
    """Return a few round figures from `low` to `high`, which must differ."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [step * index for index in range(first, last + 1)]


def _no_difference(kind: FigureKind) -> float | None:
    """Return the figure that means no difference; None for a kind that is no comparison, which is not drawn.

    Drawn intervals of two accuracies would mislead: they may overlap where that of the paired difference
    excludes 0.
    """
    if kind == "ratio":
        return 1.0
    return 0.0 if kind == "points" or kind.startswith("signed") else None


def _figures(interval: Interval) -> list[float]:
    found = (interval.estimate, interval.ci_low, interval.ci_high)
    return [interval.estimate, *(figure for figure in found if figure is not None)]


def _fences(estimates: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the range outside of which an estimate is far out."""
    if len(estimates) < _FEWEST_FOR_QUARTILES:
        return -math.inf, math.inf
    first, _, third = quantiles(estimates, n=4, method="inclusive")
    reach = _FAR_OUT * (third - first)
    return first - reach, third + reach


def _band(scale: Scale) -> str:
    if scale.indifferent is None:
        return ""
    left, right = map(scale.x, scale.indifferent)
    return f'<rect class="band" x="{left}" y="0" width="{right - left:.1f}" height="{_HEIGHT}"/>'


def _vertical(x: float) -> str:
    return f'<line class="zero" x1="{x}" x2="{x}" y1="0" y2="{_HEIGHT}"/>'


def _svg(parts: Iterable[str]) -> str:
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    return f'<svg {size} aria-hidden="true">{"".join(parts)}</svg>'


HTML = Renderer(document=lambda document, *_: to_html(document))
