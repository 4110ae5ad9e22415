"""Portraits as charts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from actbench.activations.moments import Array
from actbench.portraits.portrait import Portrait
from actbench.report.chart import Chart, Line

_HEIGHT = 7.0
_TITLES = ("f(x)", "f'(x)")
_X = tuple(step / 20 for step in range(-140, 141))  # to 7, so that relu6 is seen to bend


def curves(portraits: Sequence[Portrait]) -> list[Chart]:
    """Of one curve, a chart of f and f'; of several, one of all f and one of all f'; nothing of none."""
    drawn = [portrait for portrait in portraits if portrait.curve is not None]
    if len(drawn) == 1:
        lines = _lines(drawn[0], _TITLES)
        return _charts({name_of_curve(drawn[0]): lines})
    pairs = [_lines(portrait, (name_of_curve(portrait),) * 2) for portrait in drawn]
    functions, slopes = zip(*pairs, strict=True) if pairs else ((), ())
    return _charts(dict(zip(_TITLES, (functions, slopes), strict=True)))


def panels(portraits: Sequence[Portrait]) -> list[Chart]:
    """A chart for each that is a curve: f and, dashed, f'."""
    lines = {}
    for portrait in portraits:
        if portrait.curve is not None:
            name = name_of_curve(portrait)
            function, slope = _lines(portrait, (name, name))
            lines[name] = (function, replace(slope, dashed=True))
    return _charts(lines)


def name_of_curve(portrait: Portrait) -> str:
    """The caption; of a gated unit the curve is only a part."""
    gated = portrait.entry is not None and portrait.entry.gated
    return f"{portrait.caption}, value = 1" if gated else portrait.caption


def _lines(portrait: Portrait, labels: Sequence[str]) -> list[Line]:
    curve = portrait.curve
    assert curve is not None
    return [
        Line(label, _X, _visible(y)) for label, y in zip(labels, (curve(_X), curve.slope(_X)), strict=True)
    ]


def _charts(lines: Mapping[str, Sequence[Line]]) -> list[Chart]:
    """A chart per title, without what is nowhere finite."""
    finite = {title: [line for line in of if np.isfinite(line.y).any()] for title, of in lines.items()}
    return [Chart(title, "x", "", tuple(of)) for title, of in finite.items() if of]


def _visible(y: Array) -> list[float]:
    """The ordinates without those so far off that they would flatten the rest, as an exponential's do."""
    finite = np.abs(y[np.isfinite(y)])
    highest = max(_HEIGHT, 2 * float(np.median(finite))) if finite.size else _HEIGHT
    visible: list[float] = np.where(np.abs(y) <= highest, y, np.nan).tolist()
    return visible
