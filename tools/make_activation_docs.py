"""Rebuild docs/activations.md and its figures from the catalogue and from tools/activations.md.

    python tools/make_activation_docs.py

A figure is drawn anew only if its data have changed. A hash of the data in the SVG's metadata tells: the
bytes of a figure depend on the version of matplotlib, too.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from actbench.activations.catalogue import FAMILIES
from actbench.activations.entry import Activation
from actbench.activations.expression.parser import DEEPEST_NESTING, LARGEST_EXPONENT, LONGEST_TEXT
from actbench.activations.expression.tree import CONSTANTS, FUNCTIONS
from actbench.activations.gated_widths import PARAMETER_TOLERANCE
from actbench.analysis.portrait import Portrait, portray
from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.keras_objects import INITIALIZERS
from actbench.report.chart import Chart, to_bytes
from actbench.report.show import WEIGHTS, describe_parameter, format_properties, format_twin, panels

TEMPLATE = Path(__file__).parent / "activations.md"
DOCS = Path(__file__).parent.parent / "docs"
PAGE, FIGURES = "activations.md", "activations"

Families = Mapping[str, Sequence[Portrait]]

_STARS = {"no": "", "optional": r" \*", "default": r" \*\*", "always": r" \*\*\*"}
# Coarser than the differences between versions of numpy. Polynomials of multiples of 1/20 meet no tie here.
_DECIMALS = 6


def load_families() -> Families:
    """Describe each activation of the catalogue with its default parameters, by family."""
    return {title: portray(list(map(_config, entries))) for title, entries in FAMILIES.items()}


def render_page(families: Families) -> str:
    """Return the text of docs/activations.md."""
    parts = {
        "table": "\n".join(_table(portrait for family in families.values() for portrait in family)),
        "families": "\n".join(_family(title, family) for title, family in families.items()),
        "constants": " and ".join(map(_code, CONSTANTS)),
        "functions": ", ".join(map(_code, FUNCTIONS)),
        "longest": str(LONGEST_TEXT),
        "deepest": str(DEEPEST_NESTING),
        "largest_exponent": str(LARGEST_EXPONENT),
        "tolerance": f"{PARAMETER_TOLERANCE:.0%}".replace("%", " %"),
        "initializers": ", ".join(map(_code, INITIALIZERS)),
    }
    template = TEMPLATE.read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def make_charts(families: Families) -> dict[str, list[Chart]]:
    """Make the panels of each family that has curves, by the name of their file."""
    return {_figure_name(title): charts for title, family in families.items() if (charts := panels(family))}


def fingerprint(charts: Sequence[Chart]) -> str:
    """Hash the data of charts, rounded to what can be seen."""
    drawn = [
        [chart.title, [[line.label, line.dashed, _rounded(line.x), _rounded(line.y)] for line in chart.lines]]
        for chart in charts
    ]
    return f"SHA-256 of the data: {hashlib.sha256(json.dumps(drawn).encode()).hexdigest()}"


def main(docs: Path = DOCS) -> int:
    """Write the page and the figures whose data have changed; return the exit code."""
    portraits = load_families()
    (docs / PAGE).write_text(render_page(portraits), encoding="utf-8")
    charts_by_file = make_charts(portraits)
    folder = docs / FIGURES
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.svg"):
        if path.name not in charts_by_file:
            path.unlink()
    for name, charts in charts_by_file.items():
        path, mark = folder / name, fingerprint(charts)
        if not path.exists() or mark not in path.read_text(encoding="utf-8"):
            path.write_bytes(to_bytes(charts, ".svg", mark))
            print(path)
    return 0


def _config(entry: Activation) -> ActivationConfig:
    required = {name: entry.params[name] for name in entry.required}
    return ActivationConfig.model_validate({"name": entry.name, "params": required})


def _figure_name(title: str) -> str:
    return f"{title.lower().replace(' ', '-')}.svg"


def _rounded(values: Sequence[float]) -> list[str]:
    return [f"{round(value, _DECIMALS) + 0.0:.{_DECIMALS}f}" for value in values]


def _table(portraits: Iterable[Portrait]) -> Iterable[str]:
    yield "| name | parameters | range | monotonic | smooth | zero-centered | E[f(z)] | gain | initializer |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for portrait in portraits:
        entry = _entry(portrait)
        moments = portrait.moments
        cells = (
            ", ".join((f"[`{entry.name}`](#{entry.name})", *map(_code, entry.aliases))),
            ", ".join(map(_code, entry.params)) + _STARS[entry.trainable],
            str(entry.range).replace("inf", "∞"),
            _yes_or_no(entry.monotonic),
            _yes_or_no(entry.smooth),
            _yes_or_no(portrait.zero_centered),
            _format_number(portrait.mean),
            _format_number(moments.gain if moments else None),
            _code(entry.recommended.init),
        )
        yield f"| {' | '.join(cells)} |"


def _family(title: str, family: Sequence[Portrait]) -> str:
    names = ", ".join(portrait.cell.label for portrait in family)
    figure = [f"![{names}]({FIGURES}/{_figure_name(title)})", ""] if panels(family) else []
    sections = [line for portrait in family for line in _section(portrait)]
    return "\n".join([f"## {title}", "", *figure, *sections])


def _section(portrait: Portrait) -> Iterable[str]:
    entry, moments = _entry(portrait), portrait.moments
    yield from (f"### {entry.name}", "", *_formulas(portrait), "")
    if entry.aliases:
        yield f"- Also called {', '.join(map(_code, entry.aliases))}."
    yield f"- {format_properties(portrait).capitalize()}."
    for parameter in entry.parameters:
        yield f"- Parameter {describe_parameter(parameter, {})}."
    if WEIGHTS[entry.trainable]:
        yield f"- Weights: {WEIGHTS[entry.trainable]}."
    for twin in portrait.twins:
        yield f"- Identical {format_twin(twin)}."
    if entry.paper is not None:
        yield f"- Paper: {entry.paper}."
    yield f"- Initializer: {_code(entry.recommended.init)}; {entry.recommended.source}."
    for remark in filter(None, (entry.layer_note, entry.note)):
        yield f"- {remark.removesuffix('.')}."
    if moments is not None:
        mean, second_moment, gain = map(_format_number, (portrait.mean, moments.second_moment, moments.gain))
        yield f"- E[f(z)] = {mean}, E[f(z)²] = {second_moment}, gain {gain}."
    yield ""


def _formulas(portrait: Portrait) -> tuple[str, ...]:
    text = f"As text: `{portrait.formula}`"
    slope = portrait.latex_derivative
    if slope is None:
        derivative = f"Derivative: `{portrait.derivative}`"
        return ("```math", f"f_i(x) = {portrait.latex}", "```", "", text, "", derivative)
    lines = (rf"f(x) &= {portrait.latex} \\", f"f'(x) &= {slope}")
    return ("```math", r"\begin{aligned}", *lines, r"\end{aligned}", "```", "", text)


def _entry(portrait: Portrait) -> Activation:
    assert portrait.entry is not None
    return portrait.entry


def _code(text: str) -> str:
    return f"`{text}`"


def _yes_or_no(value: bool | None) -> str:
    return {None: "", True: "yes", False: "no"}[value]


def _format_number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    sys.exit(main())
