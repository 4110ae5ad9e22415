"""A chart of lines, for the terminal and as a file."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from actbench.errors import ConfigError

SUFFIXES = (".svg", ".png", ".pdf")

# Okabe and Ito's palette, which the colour-blind can tell apart, too
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
_TERMINAL_MARKERS = ("dot", "+", "x", "*", "o", "#", "%", "@")
_HEIGHT = 20


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
        logarithmic: Whether both axes are.
    """

    title: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    logarithmic: bool = False


def to_text(chart: Chart, width: int) -> str:
    """The chart in characters, without control sequences.

    Args:
        chart: What to draw.
        width: In columns.
    """
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width, _HEIGHT)
    markers: dict[str, str] = {}
    for line in chart.lines:
        known = line.label in markers
        marker = markers.setdefault(line.label, _TERMINAL_MARKERS[len(markers) % len(_TERMINAL_MARKERS)])
        points = [(x, y) for x, y in zip(line.x, line.y, strict=True) if math.isfinite(y)]
        plotext.plot(
            [math.log10(x) if chart.logarithmic else x for x, _ in points],
            [math.log10(y) if chart.logarithmic else y for _, y in points],
            marker="." if line.dashed else marker,
            label=None if known else line.label,
        )
    log = "log10 " if chart.logarithmic else ""
    plotext.title(chart.title)
    plotext.xlabel(f"{log}{chart.x_title}")
    plotext.ylabel(f"{log}{chart.y_title}")
    drawn = str(plotext.uncolorize(plotext.build()))
    return "".join(f"{row.rstrip()}\n" for row in drawn.splitlines())


def to_bytes(chart: Chart, suffix: str, metadata: str = "") -> bytes:
    """The chart as a picture; equal charts give equal SVGs.

    Args:
        chart: What to draw.
        suffix: One of `SUFFIXES`.
        metadata: Kept in an SVG as its description.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colors: dict[str, str] = {}
    for line in chart.lines:
        known = line.label in colors
        color = colors.setdefault(line.label, _COLORS[len(colors) % len(_COLORS)])
        style, label = ("--" if line.dashed else "-"), (None if known else line.label)
        axes.plot(line.x, line.y, style, color=color, label=label, linewidth=1.8)
    if chart.logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set(title=chart.title, xlabel=chart.x_title, ylabel=chart.y_title)
    axes.grid(alpha=0.3)
    axes.legend()
    described = {".svg": {"Date": None, "Description": metadata}, ".pdf": {"CreationDate": None}}
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "actbench", "svg.fonttype": "none"}):
        figure.savefig(file, format=suffix.removeprefix("."), dpi=150, metadata=described.get(suffix))
    return file.getvalue()


def check_suffix(path: Path) -> None:
    """Refuses a file that is no picture.

    Raises:
        ConfigError: Its name does not end as one.
    """
    if path.suffix not in SUFFIXES:
        given = path.suffix or "no suffix"
        raise ConfigError(f"--plot {path}: {given} is no picture's; allowed: {', '.join(SUFFIXES)}")
