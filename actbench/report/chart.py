"""Charts of lines: their data, and how they are drawn on the terminal and into a file."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from actbench.errors import ArgumentError

SUFFIXES = (".svg", ".png", ".pdf")

# Okabe and Ito's palette (2008), which color-blind readers can tell apart, too.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")

_STYLES = ("-", "-.", ":")  # one for each time through the palette

_TERMINAL_COLORS = ("blue", "red", "green", "magenta", "yellow", "cyan")

_TERMINAL_MARKERS = ("dot", "+", "x", "*", "o", "#", "%", "@")

_TERMINAL_HEIGHT = 18  # lines

_WIDEST = 100  # columns of the terminal; wider charts show no more

_COLUMNS = 3  # charts side by side in a picture

_MOST_INSIDE = 6  # labels that a legend inside the axes may have

_MOST_COUNTED = 16  # whole numbers of which each has a tick


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        label: Its name in the legend; lines of one label share a color and one entry.
        x: Abscissae, ascending.
        y: As many ordinates; not finite where the line has a gap.
        dashed: True for a line that accompanies another one.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """Some lines with common axes.

    Attributes:
        title: The heading.
        x_title: Title of the horizontal axis.
        y_title: Title of the vertical axis.
        lines: At least one, drawn in this order.
        logarithmic: The axes with a logarithmic scale.
    """

    title: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    logarithmic: Literal["", "y", "xy"] = ""

    @property
    def labels(self) -> list[str]:
        """Return each label once, in the order of the lines."""
        return list(dict.fromkeys(line.label for line in self.lines))

    @property
    def reach(self) -> tuple[float, float]:
        """Return the first and the last abscissa of all lines, also where they have gaps."""
        return min(line.x[0] for line in self.lines), max(line.x[-1] for line in self.lines)

    @property
    def counted(self) -> list[int]:
        """Return the abscissae if they are a few whole numbers on a linear axis, to mark; else none."""
        found = sorted({x for line in self.lines for x in line.x})
        whole = [x for x in found if isinstance(x, int) and "x" not in self.logarithmic]
        return whole if len(whole) == len(found) <= _MOST_COUNTED else []


def to_text(chart: Chart, width: int, color: bool = False) -> str:
    """Return the chart in characters.

    Args:
        chart: The chart to draw.
        width: Columns of the terminal; 100 are enough.
        color: True to use control sequences for colors.
    """
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)  # the caller knows the width; plotext would ask the terminal
    plotext.plot_size(min(width, _WIDEST), _TERMINAL_HEIGHT)
    labels = chart.labels
    log_x, log_y = ("log10 " if axis in chart.logarithmic else "" for axis in "xy")
    scale_x, scale_y = (math.log10 if log else float for log in (log_x, log_y))
    plotext.xlim(*map(scale_x, chart.reach))
    if chart.counted:
        plotext.xticks(chart.counted)
    for line in chart.lines:
        index = labels.index(line.label)
        label = line.label if len(labels) > 1 and not line.dashed else None
        for part in _parts(line):
            plotext.plot(
                [scale_x(x) for x, _ in part],
                [scale_y(y) for _, y in part],
                marker="." if line.dashed else _TERMINAL_MARKERS[index % len(_TERMINAL_MARKERS)],
                color=_TERMINAL_COLORS[index % len(_TERMINAL_COLORS)],
                label=label,
            )
            label = None
    plotext.title(chart.title)
    plotext.xlabel(f"{log_x}{chart.x_title}")
    plotext.ylabel(f"{log_y}{chart.y_title}")
    drawn = str(plotext.build())
    plain = drawn if color else str(plotext.uncolorize(drawn))
    return "".join(f"{row.rstrip()}\n" for row in plain.splitlines())


def _parts(line: Line) -> list[list[tuple[float, float]]]:
    """Return the points of a line between its gaps, which plotext would bridge."""
    points = zip(line.x, line.y, strict=True)
    return [list(part) for there, part in groupby(points, lambda point: math.isfinite(point[1])) if there]


def to_bytes(charts: Sequence[Chart], suffix: str, description: str = "") -> bytes:
    """Return the charts side by side as a picture; equal charts give equal SVGs.

    Args:
        charts: The charts to draw.
        suffix: One of `SUFFIXES`.
        description: A text for the metadata of an SVG.
    """
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(charts), _COLUMNS)
    rows = -(-len(charts) // columns)
    size = (7.0, 4.5) if columns == 1 else (4.2 * columns, 3.2 * rows)
    metadata = {".svg": {"Date": None, "Description": description}, ".pdf": {"CreationDate": None}}
    file = io.BytesIO()
    # Independent of what the user has set up for their own pictures.
    with style.context(["default", {"svg.hashsalt": "actbench", "svg.fonttype": "none"}]):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        explained: list[str] = []
        for place, chart in enumerate(charts, 1):
            legend = len(chart.labels) > 1 and chart.labels != explained
            _draw(figure.add_subplot(rows, columns, place), chart, legend=legend)
            explained = chart.labels
        figure.savefig(file, format=suffix.removeprefix("."), dpi=150, metadata=metadata.get(suffix))
    return file.getvalue()


def _draw(axes: Any, chart: Chart, *, legend: bool) -> None:
    labels = chart.labels
    for line in chart.lines:
        again, index = divmod(labels.index(line.label), len(_COLORS))
        drawn = "--" if line.dashed else _STYLES[again % len(_STYLES)]
        label = None if line.dashed else line.label
        axes.plot(line.x, line.y, drawn, color=_COLORS[index], label=label, linewidth=1.8)
    for axis in chart.logarithmic:
        axes.set(**{f"{axis}scale": "log"})
    if chart.counted:
        axes.set_xticks(chart.counted)
    axes.set(xlim=chart.reach, title=chart.title, xlabel=chart.x_title, ylabel=chart.y_title)
    axes.grid(alpha=0.3)
    if legend:
        beside = {"loc": "upper left", "bbox_to_anchor": (1.02, 1.0)}  # inside it would cover the lines
        axes.legend(**(beside if len(labels) > _MOST_INSIDE else {}))


def check_suffix(path: Path) -> None:
    """Refuse a file whose name does not end in one of `SUFFIXES`.

    Raises:
        ArgumentError: The suffix is none of these.
    """
    if path.suffix not in SUFFIXES:
        wrong = f"{path.suffix} is not the suffix of a picture" if path.suffix else "there is no suffix"
        raise ArgumentError("plot", f"{wrong}; allowed: {', '.join(SUFFIXES)}", value=str(path))
