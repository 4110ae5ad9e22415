"""Portraits as plain data, for JSON."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from actbench.portraits.portrait import POINTS, Portrait


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
        "points": _points(portrait),
    }


def _trainable(portrait: Portrait) -> str:
    """As the catalogue says it; an expression's parameters can be weights where there are any."""
    if portrait.entry is not None:
        return portrait.entry.trainable
    return "optional" if portrait.params else "no"


def _points(portrait: Portrait) -> list[dict[str, float | None]]:
    curve = portrait.curve
    if curve is None:
        return []
    rows = zip(POINTS, curve(POINTS), curve.slope(POINTS), strict=True)
    return [{"x": x, "f": _finite(f), "derivative": _finite(slope)} for x, f, slope in rows]


def _finite(value: float) -> float | None:
    return float(value) + 0.0 if math.isfinite(value) else None  # no minus zero
