"""A portrait in words: what a person reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from actbench.analysis.portrait import POINTS
from actbench.config.schema.initializers import KERAS
from actbench.plan.describe import in_yaml, init_in_words
from actbench.report.chart import Chart, Line
from actbench.report.document import Column, Document, Section, Table

if TYPE_CHECKING:
    from actbench.activations.curves import Array
    from actbench.activations.entry import Parameter, ParameterValue, Twin
    from actbench.analysis.portrait import Portrait

Fact = tuple[str, str]

WEIGHTS = {
    "no": "",
    "optional": "the parameters, with `trainable: true`",
    "default": "the parameters, unless `trainable: false`",
    "always": "one parameter per unit",
}

_NOBODY = "nobody recommends one; `init: moment_matched` has the gain below"

_SIX = ".6g"


def to_document(portrait: Portrait) -> Document:
    """Facts; then numbers, for what is a curve."""
    facts = tuple((name, value) for name, value in (*_about(portrait), *_remarks(portrait)) if value)
    return Document(portrait.caption, facts, tuple(_numbers(portrait)), notes=())


def _about(portrait: Portrait) -> Iterable[Fact]:
    entry = portrait.entry
    yield "also called", ", ".join(entry.aliases) if entry else ""
    yield "formula", portrait.formula
    yield "derivative", portrait.derivative or ""
    yield "range", str(portrait.usual.range) if portrait.usual else ""
    yield "properties", properties(portrait)
    if entry is None:
        for name, value in portrait.params.items():
            yield "parameter", f"{name}: here {in_yaml(value)}"
        yield "weights", WEIGHTS["optional"] if portrait.params else ""
        return
    for parameter in entry.parameters:
        yield "parameter", parameter_in_words(parameter, portrait.cell.params)
    yield "weights", WEIGHTS[entry.trainable]
    yield "surrogate", portrait.cell.surrogate or ""
    for twin in portrait.twins:
        yield "identical", twin_in_words(twin)


def _remarks(portrait: Portrait) -> Iterable[Fact]:
    entry = portrait.entry
    yield "starts from", "" if portrait.cell.init == KERAS else init_in_words(portrait.cell)
    if entry is None:
        yield "initialiser", _NOBODY if portrait.moments else ""
        return
    yield "paper", str(entry.paper or "")
    yield "initialiser", f"{entry.recommended.init}: {entry.recommended.source}"
    yield "Keras layer", entry.layer
    yield "note", entry.note
    if portrait.curve is None:
        yield "curve", "none: every output depends on all inputs of its layer"


def _numbers(portrait: Portrait) -> Iterable[Section]:
    curve, moments = portrait.curve, portrait.moments
    if curve is None:
        return
    gated = portrait.entry is not None and portrait.entry.gated
    if moments is None:
        facts: tuple[Fact, ...] = (("gain", "none: E[f(z)^2] is zero or not finite"),)
    else:
        facts = (
            ("E[f(z)]", format(portrait.mean, _SIX)),
            ("E[f(z)^2]", format(moments.second, _SIX)),
            ("gain", f"{format(moments.gain, _SIX)} = 1 / sqrt(E[f(z)^2])"),
        )
    given = "z and value standard normal, independent" if gated else "z standard normal"
    yield Section(f"Numbers, {given}", facts, (_points(portrait),))


def _points(portrait: Portrait) -> Table:
    curve = portrait.curve
    assert curve is not None
    columns = (Column("x", "decimal"), Column("f(x)", "decimal"), Column("f'(x)", "decimal"))
    rows = zip(POINTS, curve(POINTS), curve.slope(POINTS), strict=True)
    gated = portrait.entry is not None and portrait.entry.gated
    return Table(
        "At a few points, value = 1" if gated else "At a few points",
        columns,
        tuple(tuple(_number(value) for value in row) for row in rows),
    )


def _number(value: float) -> str:
    return format(value + 0.0, _SIX) if math.isfinite(value) else "-"


def properties(portrait: Portrait) -> str:
    """What is known, one after another; of other parameters than the defaults that is less."""
    usual = portrait.usual
    told = {
        "element-wise": portrait.entry is None or portrait.entry.element_wise,
        "bounded": usual and usual.range.bounded,
        "monotonic": usual and usual.monotonic,
        "smooth": usual and usual.smooth,
        "zero-centred": portrait.zero_centred,
    }
    return ", ".join(name if true else f"not {name}" for name, true in told.items() if true is not None)


def parameter_in_words(parameter: Parameter, given: Mapping[str, ParameterValue]) -> str:
    """Its name, default and bounds, and its value where one is given."""
    bounds = {"above": parameter.above, "at least": parameter.at_least, "at most": parameter.at_most}
    stated = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
    default = "required" if parameter.required else f"default {in_yaml(parameter.default)}"
    here = [f"here {in_yaml(given[parameter.name])}"] if parameter.name in given else []
    return f"{parameter.name}: {', '.join((default, *stated, *here))}"


def twin_in_words(twin: Twin) -> str:
    """Such as "to relu6, where max_value is 6", or "to celu with alpha 1"."""
    there = ", ".join(f"{name} {in_yaml(value)}" for name, value in twin.other_params.items())
    here = " and ".join(f"{name} is {in_yaml(value)}" for name, value in twin.params.items())
    return f"to {twin.name}{f' with {there}' if there else ''}{f', where {here}' if here else ''}"


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


def as_objects(portraits: Sequence[Portrait]) -> list[dict[str, Any]]:
    """An object per portrait; what does not exist, or is not known, is null."""
    return [_object(portrait) for portrait in portraits]


def _object(portrait: Portrait) -> dict[str, Any]:
    entry, usual, moments = portrait.entry, portrait.usual, portrait.moments
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
        "zero_centred": portrait.zero_centred,
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
        "second_moment": None if moments is None else moments.second,
        "gain": None if moments is None else moments.gain,
        "recommended_init": None if entry is None else entry.recommended.init,
        "recommended_init_source": None if entry is None else entry.recommended.source,
        "layer": None if entry is None else entry.layer or None,
        "note": None if entry is None else entry.note or None,
        "points": _points_object(portrait),
    }


def _trainable(portrait: Portrait) -> str:
    """As the catalogue says it; an expression's parameters can be weights where there are any."""
    if portrait.entry is not None:
        return portrait.entry.trainable
    return "optional" if portrait.params else "no"


def _points_object(portrait: Portrait) -> list[dict[str, float | None]]:
    curve = portrait.curve
    if curve is None:
        return []
    rows = zip(POINTS, curve(POINTS), curve.slope(POINTS), strict=True)
    return [{"x": x, "f": _finite(f), "derivative": _finite(slope)} for x, f, slope in rows]


def _finite(value: float) -> float | None:
    return float(value) + 0.0 if math.isfinite(value) else None  # no minus zero
