"""The report of `actbench show`: the facts, the numbers and the curve of each activation."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from actbench.config.schema.keras_objects import KERAS
from actbench.plan.describe import format_initializer, format_parameter
from actbench.report.chart import Chart, Line, to_text
from actbench.report.document import Column, Document, DocumentSection, Table
from actbench.report.renderers.terminal import to_terminal

if TYPE_CHECKING:
    from actbench.activations.curves import Array
    from actbench.activations.entry import Parameter, ParameterValue, Twin
    from actbench.analysis.portrait import Portrait

_Fact = tuple[str, str]

# The parameters that are trained, by `Activation.trainable`.
WEIGHTS = {
    "no": "",
    "optional": "the parameters, with `trainable: true`",
    "default": "the parameters, unless `trainable: false`",
    "always": "one parameter per unit",
}

_NO_RECOMMENDATION = "none; `init: moment_matched` has the gain below"

_SIX_DIGITS = ".6g"

# Where the table of values evaluates f and its derivative: near 0, and where tails have begun.
_POINTS = (-10.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 10.0)


def portraits_to_text(portraits: Sequence[Portrait], width: int = 80, color: bool = False) -> str:
    """Return portraits as a terminal shows them, followed by the charts of their curves.

    Args:
        portraits: From `portray`.
        width: Columns of the terminal.
        color: True if the terminal may show bold and dim text.
    """
    texts = [f"{to_terminal(_document(portrait), width, color).rstrip()}\n" for portrait in portraits]
    return "\n".join([*texts, *(to_text(chart, width, color) for chart in curve_charts(portraits))])


def portraits_to_json(portraits: Sequence[Portrait]) -> str:
    """Return a JSON array with an object per portrait; a fact that does not exist or is unknown is null."""
    objects = [_object(portrait) for portrait in portraits]
    return json.dumps(objects, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _document(portrait: Portrait) -> Document:
    """Return the facts of an activation; then the numbers, if it has a curve."""
    facts = tuple((name, value) for name, value in (*_definition(portrait), *_remarks(portrait)) if value)
    return Document(portrait.caption, facts, tuple(_numbers(portrait)), notes=())


def _definition(portrait: Portrait) -> Iterable[_Fact]:
    entry = portrait.entry
    yield "also called", ", ".join(entry.aliases) if entry else ""
    yield "formula", portrait.formula
    yield "derivative", portrait.derivative or ""
    yield "range", str(portrait.entry_at_defaults.range) if portrait.entry_at_defaults else ""
    yield "properties", format_properties(portrait)
    if entry is None:
        for name, value in portrait.params.items():
            yield "parameter", f"{name}: here {format_parameter(value)}"
        yield "weights", WEIGHTS["optional"] if portrait.params else ""
        return
    for parameter in entry.parameters:
        yield "parameter", describe_parameter(parameter, portrait.cell.params)
    yield "weights", WEIGHTS[entry.trainable]
    yield "surrogate", portrait.cell.surrogate or ""
    for twin in portrait.twins:
        yield "identical", format_twin(twin)


def _remarks(portrait: Portrait) -> Iterable[_Fact]:
    entry = portrait.entry
    yield "init", "" if portrait.cell.init == KERAS else format_initializer(portrait.cell)
    if entry is None:
        yield "recommended init", _NO_RECOMMENDATION if portrait.moments else ""
        return
    yield "paper", str(entry.paper or "")
    yield "recommended init", f"{entry.recommended.init}: {entry.recommended.source}"
    yield "Keras layer", entry.layer_note
    yield "note", entry.note
    if portrait.curve is None:
        yield "curve", "none: every output depends on all inputs of its layer"


def _numbers(portrait: Portrait) -> Iterable[DocumentSection]:
    curve, moments = portrait.curve, portrait.moments
    if curve is None:
        return
    gated = portrait.entry is not None and portrait.entry.gated
    if moments is None:
        facts: tuple[_Fact, ...] = (("gain", "none: E[f(z)^2] is zero or not finite"),)
    else:
        facts = (
            ("E[f(z)]", format(portrait.mean, _SIX_DIGITS)),
            ("E[f(z)^2]", format(moments.second_moment, _SIX_DIGITS)),
            ("gain", f"{format(moments.gain, _SIX_DIGITS)} = 1 / sqrt(E[f(z)^2])"),
        )
    given = "z and value standard normal, independent" if gated else "z standard normal"
    yield DocumentSection(f"Numbers, {given}", facts, (_points(portrait),))


def _points(portrait: Portrait) -> Table:
    curve = portrait.curve
    assert curve is not None
    columns = (Column("x", "decimal"), Column("f(x)", "decimal"), Column("f'(x)", "decimal"))
    rows = zip(_POINTS, curve(_POINTS), curve.slope(_POINTS), strict=True)
    gated = portrait.entry is not None and portrait.entry.gated
    return Table(
        "At a few points, value = 1" if gated else "At a few points",
        columns,
        tuple(tuple(_number(value) for value in row) for row in rows),
    )


def _number(value: float) -> str:
    return format(value + 0.0, _SIX_DIGITS) if math.isfinite(value) else "-"  # + 0.0 makes -0.0 positive


def format_properties(portrait: Portrait) -> str:
    """Return the known properties, separated by commas.

    The catalogue's range and shape hold for the default parameters, so that fewer are known for others.
    """
    usual = portrait.entry_at_defaults
    told = {
        "element-wise": portrait.entry is None or portrait.entry.element_wise,
        "bounded": usual and usual.range.bounded,
        "monotonic": usual and usual.monotonic,
        "smooth": usual and usual.smooth,
        "zero-centered": portrait.zero_centered,
    }
    return ", ".join(name if true else f"not {name}" for name, true in told.items() if true is not None)


def describe_parameter(parameter: Parameter, given: Mapping[str, ParameterValue]) -> str:
    """Return the name, the default and the bounds of a parameter, and its value if one is given."""
    bounds = {"above": parameter.above, "at least": parameter.at_least, "at most": parameter.at_most}
    stated = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
    default = "required" if parameter.required else f"default {format_parameter(parameter.default)}"
    here = [f"here {format_parameter(given[parameter.name])}"] if parameter.name in given else []
    return f"{parameter.name}: {', '.join((default, *stated, *here))}"


def format_twin(twin: Twin) -> str:
    """Return a twin as "to relu6, where max_value is 6" or "to celu with alpha 1"."""
    there = ", ".join(f"{name} {format_parameter(value)}" for name, value in twin.other_params.items())
    here = " and ".join(f"{name} is {format_parameter(value)}" for name, value in twin.params.items())
    return f"to {twin.name}{f' with {there}' if there else ''}{f', where {here}' if here else ''}"


# Ordinates up to this are always drawn, as far as the abscissas reach.
_HEIGHT = 7.0

_TITLES = ("f(x)", "f'(x)")

_X = tuple(step / 20 for step in range(-140, 141))  # to 7, so that the bend of relu6 is visible


def curve_charts(portraits: Sequence[Portrait]) -> list[Chart]:
    """Return the charts of the activations that have a curve.

    Returns:
        For a single curve, one chart of f and f'. For several curves, one chart of all f and one of all f'.
        Nothing if there is no curve.
    """
    drawn = [portrait for portrait in portraits if portrait.curve is not None]
    if len(drawn) == 1:
        lines = _lines(drawn[0], _TITLES)
        return _charts({_name_of_curve(drawn[0]): lines})
    pairs = [_lines(portrait, (_name_of_curve(portrait),) * 2) for portrait in drawn]
    functions, slopes = zip(*pairs, strict=True) if pairs else ((), ())
    return _charts(dict(zip(_TITLES, (functions, slopes), strict=True)))


def panels(portraits: Sequence[Portrait]) -> list[Chart]:
    """Return one chart per activation that has a curve: f and, dashed, f'."""
    lines = {}
    for portrait in portraits:
        if portrait.curve is not None:
            name = _name_of_curve(portrait)
            function, slope = _lines(portrait, (name, name))
            lines[name] = (function, replace(slope, dashed=True))
    return _charts(lines)


def _name_of_curve(portrait: Portrait) -> str:
    """Return the caption; the curve of a gated unit is a section, at the value 1."""
    gated = portrait.entry is not None and portrait.entry.gated
    return f"{portrait.caption}, value = 1" if gated else portrait.caption


def _lines(portrait: Portrait, labels: Sequence[str]) -> list[Line]:
    curve = portrait.curve
    assert curve is not None
    return [
        Line(label, _X, _visible(y)) for label, y in zip(labels, (curve(_X), curve.slope(_X)), strict=True)
    ]


def _charts(lines: Mapping[str, Sequence[Line]]) -> list[Chart]:
    """Return a chart per title, without the lines that are nowhere finite."""
    finite = {title: [line for line in of if np.isfinite(line.y).any()] for title, of in lines.items()}
    return [Chart(title, "x", "", tuple(of)) for title, of in finite.items() if of]


def _visible(y: Array) -> list[float]:
    """Return the ordinates with NaN for those that would flatten the rest, as an exponential's do."""
    finite = np.abs(y[np.isfinite(y)])
    highest = max(_HEIGHT, 2 * float(np.median(finite))) if finite.size else _HEIGHT
    visible: list[float] = np.where(np.abs(y) <= highest, y, np.nan).tolist()
    return visible


def _object(portrait: Portrait) -> dict[str, Any]:
    entry, usual, moments = portrait.entry, portrait.entry_at_defaults, portrait.moments
    return {
        "name": portrait.cell.label if entry is None else entry.name,
        "label": portrait.cell.label,
        "aliases": [] if entry is None else list(entry.aliases),
        "kind": "expression" if entry is None else entry.kind,
        "params": portrait.params,
        "parameters": [] if entry is None else [asdict(parameter) for parameter in entry.parameters],
        "formula": portrait.formula,
        "latex": portrait.latex,
        "derivative": portrait.derivative,
        "range": None if usual is None else [_finite(usual.range.low), _finite(usual.range.high)],
        "bounded": None if usual is None else usual.range.bounded,
        "monotonic": None if usual is None else usual.monotonic,
        "smooth": None if usual is None else usual.smooth,
        "zero_centred": portrait.zero_centered,
        "element_wise": True if entry is None else entry.element_wise,
        "trainable": _trainable(portrait),
        "surrogate": portrait.cell.surrogate,
        "init": portrait.cell.init,
        "twins": [
            {"params": dict(twin.params), "name": twin.name, "other_params": dict(twin.other_params)}
            for twin in portrait.twins
        ],
        "paper": None if entry is None or entry.paper is None else str(entry.paper),
        "expected_value": portrait.mean,
        "second_moment": None if moments is None else moments.second_moment,
        "gain": None if moments is None else moments.gain,
        "recommended_init": None if entry is None else entry.recommended.init,
        "recommended_init_source": None if entry is None else entry.recommended.source,
        "layer": None if entry is None else entry.layer_note or None,
        "note": None if entry is None else entry.note or None,
        "points": _points_object(portrait),
    }


def _trainable(portrait: Portrait) -> str:
    """Return the catalogue's word; the parameters of an expression, if it has any, can be trained."""
    if portrait.entry is not None:
        return portrait.entry.trainable
    return "optional" if portrait.params else "no"


def _points_object(portrait: Portrait) -> list[dict[str, float | None]]:
    curve = portrait.curve
    if curve is None:
        return []
    rows = zip(_POINTS, curve(_POINTS), curve.slope(_POINTS), strict=True)
    return [{"x": x, "f": _finite(f), "derivative": _finite(slope)} for x, f, slope in rows]


def _finite(value: float) -> float | None:
    return float(value) + 0.0 if math.isfinite(value) else None  # + 0.0 makes -0.0 positive
