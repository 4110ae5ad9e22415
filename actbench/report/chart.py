"""Charts of lines, for the terminal and as a file."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from actbench.errors import ArgumentError

SUFFIXES = (".svg", ".png", ".pdf")

# Okabe and Ito's palette, which the colour-blind can tell apart, too
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")

_STYLES = ("-", "-.", ":")  # a second time through the palette, a third

_TERMINAL_COLORS = ("blue", "red", "green", "magenta", "yellow", "cyan")

_TERMINAL_MARKERS = ("dot", "+", "x", "*", "o", "#", "%", "@")

_TERMINAL_HEIGHT = 18

_WIDEST = 100

_COLUMNS = 3

_MOST_INSIDE = 6  # labels of a legend

_MOST_COUNTED = 16  # abscissae with a tick each


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        label: In the legend; lines of one label share a colour and one entry.
        x: Abscissae, ascending.
        y: Ordinates, as many; not finite where there is none.
        dashed: For what accompanies another line.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """Some lines.

    Attributes:
        title: Above them.
        x_title: Of the abscissa.
        y_title: Of the ordinate.
        lines: Drawn in this order.
        logarithmic: Which axes are.
    """

    title: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    logarithmic: Literal["", "y", "xy"] = ""

    @property
    def labels(self) -> list[str]:
        """Each once, in the order of the lines."""
        return list(dict.fromkeys(line.label for line in self.lines))

    @property
    def reach(self) -> tuple[float, float]:
        """First and last abscissa of all, also where there is no ordinate."""
        return min(line.x[0] for line in self.lines), max(line.x[-1] for line in self.lines)

    @property
    def counted(self) -> list[int]:
        """The abscissae where they are a few whole numbers on a linear axis; else none."""
        found = sorted({x for line in self.lines for x in line.x})
        whole = [x for x in found if isinstance(x, int) and "x" not in self.logarithmic]
        return whole if len(whole) == len(found) <= _MOST_COUNTED else []


def to_text(chart: Chart, width: int, color: bool = False) -> str:
    """The chart in characters.

    Args:
        chart: What to draw.
        width: In columns; 100 are enough.
        color: Whether to use control sequences for colours.
    """
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)  # to a terminal's size, which is asked for elsewhere
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
    """Its points between the gaps: the terminal would bridge them."""
    points = zip(line.x, line.y, strict=True)
    return [list(part) for there, part in groupby(points, lambda point: math.isfinite(point[1])) if there]


def to_bytes(charts: Sequence[Chart], suffix: str, description: str = "") -> bytes:
    """The charts side by side as a picture; equal charts give equal SVGs.

    Args:
        charts: What to draw.
        suffix: One of `SUFFIXES`.
        description: Kept in an SVG's metadata.
    """
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(charts), _COLUMNS)
    rows = -(-len(charts) // columns)
    size = (7.0, 4.5) if columns == 1 else (4.2 * columns, 3.2 * rows)
    metadata = {".svg": {"Date": None, "Description": description}, ".pdf": {"CreationDate": None}}
    file = io.BytesIO()
    # whatever the user has set up for pictures of their own
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
        beside = {"loc": "upper left", "bbox_to_anchor": (1.02, 1.0)}  # where they would cover the lines
        axes.legend(**(beside if len(labels) > _MOST_INSIDE else {}))


def check_suffix(path: Path) -> None:
    """Refuses a file that is no picture.

    Raises:
        ArgumentError: Its name does not end as one.
    """
    if path.suffix not in SUFFIXES:
        given = path.suffix or "no suffix"
        allowed = ", ".join(SUFFIXES)
        raise ArgumentError("plot", f"{given} is no picture's; allowed: {allowed}", value=str(path))
