"""Portraits as text, as plain data and as a chart."""

import math
from collections.abc import Sequence
from typing import Any

from actbench.activations import Parameter, ParameterValue
from actbench.portraits.portrait import POINTS, Portrait
from actbench.report.chart import Chart, Line

_SPAN = 5.0
_STEPS = 1000
_PRIME = "f'"
_HIGHEST = 6.0  # an exponential is not to flatten all others


def as_objects(portraits: Sequence[Portrait]) -> list[dict[str, Any]]:
    """Plain data for `--format json`; what does not exist is null."""
    return [_object(portrait) for portrait in portraits]


def _object(portrait: Portrait) -> dict[str, Any]:
    entry, usual, moments, curve = portrait.entry, portrait.usual, portrait.moments, portrait.curve
    values = [] if curve is None else zip(POINTS, curve(POINTS), curve.slope(POINTS), strict=True)
    return {
        "name": portrait.label if entry is None else entry.name,
        "aliases": [] if entry is None else list(entry.aliases),
        "kind": "expression" if entry is None else entry.kind,
        "params": dict(portrait.cell.params) if entry is None else {**entry.params, **portrait.cell.params},
        "formula": portrait.formula,
        "latex": portrait.latex,
        "derivative": None if entry is None else entry.derivative,
        "range": None if usual is None else [_finite(usual.range.low), _finite(usual.range.high)],
        "bounded": None if usual is None else usual.range.bounded,
        "monotonic": None if usual is None else usual.monotonic,
        "smooth": None if usual is None else usual.smooth,
        "zero_centred": portrait.zero_centred,
        "element_wise": True if entry is None else entry.element_wise,
        "trainable": "optional" if entry is None else entry.trainable,
        "twins": [] if entry is None else [_twin(twin.params, twin.name) for twin in entry.twins],
        "paper": None if entry is None or entry.paper is None else str(entry.paper),
        "expected_value": None if moments is None else _mean(portrait),
        "second_moment": None if moments is None else moments.second,
        "gain": None if moments is None else moments.gain,
        "recommended_init": None if entry is None else entry.recommended.init,
        "recommended_init_source": None if entry is None else entry.recommended.source,
        "layer": None if entry is None else entry.layer or None,
        "note": None if entry is None else entry.note or None,
        "points": [{"x": x, "f": _finite(f), "derivative": _finite(slope)} for x, f, slope in values],
    }


def to_text(portrait: Portrait) -> str:
    """What a person reads, 80 columns or a little more."""
    facts = list(_facts(portrait))
    width = max(len(name) for name, _ in facts)
    lines = [portrait.label, "", *(f"{name:<{width}}  {value}" for name, value in facts)]
    if portrait.curve is not None:
        lines += ["", f"{'x':>8}{'f':>14}{_PRIME:>14}"]
        rows = zip(POINTS, portrait.curve(POINTS), portrait.curve.slope(POINTS), strict=True)
        lines += [f"{x:>8g}{f + 0.0:>14.6g}{slope + 0.0:>14.6g}" for x, f, slope in rows]
    return "\n".join(lines) + "\n"


def _facts(portrait: Portrait) -> list[tuple[str, str]]:
    entry, moments = portrait.entry, portrait.moments
    facts = [("formula", portrait.formula)]
    if entry is not None:
        facts += [
            ("derivative", entry.derivative),
            ("also called", ", ".join(entry.aliases)),
            ("range", str(portrait.usual.range) if portrait.usual else ""),
            ("properties", _properties(portrait)),
            *(("parameter", _parameter(parameter, portrait)) for parameter in entry.parameters),
            ("weights", _WEIGHTS[entry.trainable]),
            *(("same as", _same(twin.params, twin.name)) for twin in entry.twins),
            ("paper", str(entry.paper or "")),
            ("initialiser", f"{entry.recommended.init}: {entry.recommended.source}"),
            ("layer", entry.layer),
            ("note", entry.note),
        ]
    if moments is not None:
        gate = " (of the gate)" if entry is not None and entry.gated else ""
        mean = f"E[f(z)] = {_mean(portrait):.6g}"
        facts.append(
            ("z ~ N(0, 1)", f"{mean}, E[f(z)^2] = {moments.second:.6g}{gate}, gain {moments.gain:.6g}")
        )
    return [(name, value) for name, value in facts if value]


_WEIGHTS = {
    "no": "",
    "optional": "the parameters, with trainable: true",
    "default": "the parameters, unless trainable: false",
    "always": "one parameter per unit",
}


def _mean(portrait: Portrait) -> float:
    assert portrait.moments is not None
    return 0.0 if portrait.zero_centred else portrait.moments.mean


def _properties(portrait: Portrait) -> str:
    entry, usual = portrait.entry, portrait.usual
    assert entry is not None
    told = {
        "element-wise": entry.element_wise,
        "monotonic": usual and usual.monotonic,
        "smooth": usual and usual.smooth,
        "bounded": usual and usual.range.bounded,
        "zero-centred": portrait.zero_centred,
    }
    return ", ".join(name if true else f"not {name}" for name, true in told.items() if true is not None)


def _parameter(parameter: Parameter, portrait: Portrait) -> str:
    bounds = {"above": parameter.above, "at least": parameter.at_least, "at most": parameter.at_most}
    stated = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
    default = "required" if parameter.required else f"default {_value(parameter.default)}"
    given = portrait.cell.params.get(parameter.name, parameter.default)
    here = f"here {_value(given)}" if parameter.name in portrait.cell.params else ""
    return f"{parameter.name}: {', '.join(part for part in (default, *stated, here) if part)}"


def _same(params: Any, name: str) -> str:
    given = ", ".join(f"{key} {_value(value)}" for key, value in params.items())
    return f"{name}, with {given}" if given else name


def _twin(params: Any, name: str) -> dict[str, Any]:
    return {"params": dict(params), "name": name}


def _value(value: ParameterValue) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}"


def chart_of(portraits: Sequence[Portrait]) -> Chart | None:
    """Function and, dashed, derivative of each that has a curve; None where none has."""
    import numpy as np

    x = np.linspace(-_SPAN, _SPAN, _STEPS + 1)
    lines = []
    for portrait in portraits:
        if portrait.curve is not None:
            for y, dashed in ((portrait.curve(x), False), (portrait.curve.slope(x), True)):
                seen = np.where(np.abs(y) <= _HIGHEST, y, np.nan)
                lines.append(Line(portrait.label, x.tolist(), seen.tolist(), dashed))
    title = ", ".join(dict.fromkeys(line.label for line in lines))
    return Chart(f"{title}: f and, dashed, f'", "x", "f(x), f'(x)", tuple(lines)) if lines else None


def _finite(value: float) -> float | None:
    return float(value) + 0.0 if math.isfinite(value) else None  # no minus zero
