"""A portrait in words: what a person reads."""

import math
from collections.abc import Iterable, Mapping

from actbench.activations import Parameter, ParameterValue
from actbench.activations.entry import Twin
from actbench.config.initializers import KERAS
from actbench.described import in_yaml, init_in_words
from actbench.portraits.portrait import POINTS, Portrait
from actbench.report.document import Column, Document, Section, Table

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
