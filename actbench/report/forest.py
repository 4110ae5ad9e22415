"""Intervals as small pictures, one for each row of a table, all of a column on one scale: a forest plot.

Written by hand, so that a page's own colours apply and equal figures give equal text.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from actbench.analysis.intervals import Interval
from actbench.report.document import Column
from actbench.report.numbers import Kind, Value, format_value

_WIDTH = 220
_HEIGHT = 24
_MARGIN = 20  # room for half a tick's label, and for an arrow
_TICKS = 4
_FAR_OUT = 3.0  # interquartile ranges; John W. Tukey, Exploratory Data Analysis, 1977
_FEWEST_FOR_QUARTILES = 5


@dataclass(frozen=True)
class Scale:
    """From a figure to a place in the picture.

    Attributes:
        low, high: The figures at its ends.
        kind: How the figures are written.
        indifferent: Of the column.
    """

    low: float
    high: float
    kind: Kind
    indifferent: tuple[float, float] | None = None

    def x(self, value: float) -> float:
        """The abscissa, to a tenth of a pixel; what is beyond the scale is at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(_MARGIN + share * (_WIDTH - 2 * _MARGIN), 1)


def scale_of(values: Iterable[Value], column: Column) -> Scale | None:
    """The scale that holds no difference and all intervals but those far out, which would flatten the others.

    Returns:
        None where the column is of no kind that is drawn, or there is nothing to see.
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
    """One row: the estimate and its interval; through all rows, no difference and what counts as none.

    An estimate beyond the scale is an arrow.
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
    """The last row: some round figures and where they are."""
    return _svg(
        [
            f'<text x="{scale.x(tick)}" y="15">{format_value(tick, scale.kind)}</text>'
            for tick in ticks(scale.low, scale.high)
        ]
    )


def ticks(low: float, high: float) -> list[float]:
    """A few round figures between the two, which must differ."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [step * index for index in range(first, last + 1)]


def _no_difference(kind: Kind) -> float | None:
    """Where there is none; None for what is no comparison, which is not drawn.

    Intervals of two accuracies may overlap where that of their paired difference excludes 0.
    """
    if kind == "ratio":
        return 1.0
    return 0.0 if kind == "points" or kind.startswith("signed") else None


def _figures(interval: Interval) -> list[float]:
    found = (interval.estimate, interval.ci_low, interval.ci_high)
    return [interval.estimate, *(figure for figure in found if figure is not None)]


def _fences(estimates: Sequence[float]) -> tuple[float, float]:
    """Between them lies what is not far out."""
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
