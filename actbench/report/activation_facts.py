"""Facts about the activations themselves: initializers, what labels stand for, which are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.records.run import ActivationInfo, RunInfo
    from actbench.report.document import Facts

_HASH_DIGITS = 8  # of the hash of a source file, enough to tell two apart

_MARK = " †"

MIXING_NOTE = "†: not element-wise; each output depends on all units of its layer."

_GATED_WIDTHS = {
    "params": "in layers so narrow that the model has as many parameters as the plain one, within 1 %",
    "width": "in layers as wide as the plain ones, so that the model has more parameters",
}


def activation_facts(described: Sequence[ActivationInfo], placebo: str | None) -> Facts:
    """Return initializers, what labels stand for, gated units and twins; records of older runs have none."""
    described = [entry for entry in described if entry.label != placebo]
    facts = [("initializer", text) for text in format_initializers(described)]
    functions: dict[str, list[str]] = {}
    for entry in described:
        functions.setdefault(_definition(entry), []).append(entry.label)
    facts += [("function", f"{', '.join(labels)}: {words}") for words, labels in functions.items() if words]
    for match, words in _GATED_WIDTHS.items():
        labels = [entry.label for entry in described if entry.match == match]
        if labels:
            facts.append(("gated", f"{', '.join(labels)}: {words}"))
    facts += [
        ("same", f"{entry.label} computes what {entry.twin_of} does: how their scores differ is noise")
        for entry in described
        if entry.twin_of is not None
    ]
    return tuple(facts)


def parameter_facts(rows: Sequence[Row], baseline: str) -> Facts:
    """Return how many weights the models have, if one has another number than the baseline's."""
    counts = {row.activation: row.parameters for row in rows if row.parameters is not None}
    usual = counts.get(baseline)
    others: dict[int, list[str]] = {}
    for label, count in counts.items():
        if count != usual:
            others.setdefault(count, []).append(label)
    if usual is None or not others:
        return ()
    counted = (f"{count:,} with {', '.join(labels)}" for count, labels in sorted(others.items()))
    return (("parameters", f"{usual:,} with {baseline}, but {'; '.join(counted)}"),)


def format_initializers(described: Sequence[ActivationInfo]) -> list[str]:
    """Return each initializer of the hidden layers with the labels of the activations that have it.

    Details that are an activation's own, such as a matched gain, stand beside its label. The initializer of
    most activations is said of "all others"; an initializer of all stands alone.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for entry in described:
        name, _, details = entry.init.partition(" ")
        found.setdefault(name, {}).setdefault(details, []).append(entry.label)
    told = []
    for name, whose in sorted(found.items(), key=lambda item: sum(map(len, item[1].values()))):
        if len(whose) > 1:
            labels = [f"{label} {details}".rstrip() for details, some in whose.items() for label in some]
            told.append(f"{name}: {', '.join(labels)}")
            continue
        [(details, labels)] = whose.items()
        most = 2 * len(labels) > len(described)
        whom = "" if len(found) == 1 else ": all others" if most else f": {', '.join(labels)}"
        told.append(f"{name} {details}".rstrip() + whom)
    return told


def marked_label(info: RunInfo, label: str) -> str:
    """Return the label, with a mark if the activation is not element-wise."""
    return f"{label}{_MARK}" if label in mixing_labels(info) else label


def mixing_labels(info: RunInfo) -> frozenset[str]:
    """Return the labels of activations that mix the units of a layer; gated ones mix pairs only."""
    return frozenset(
        entry.label for entry in _activations(info) if entry.element_wise is False and entry.match is None
    )


def start_alike(info: RunInfo) -> bool:
    """Return True if a setting's models start from the same weights: one initializer, no other widths."""
    return all(
        entry.match is None and entry.init == described[0].init
        for setting in info.settings
        if (described := info.described_in(setting.id))
        for entry in described
    )


def element_wise(info: RunInfo, label: str) -> bool | None:
    """Return True if each output depends on one input alone; None if that is unknown."""
    return next((entry.element_wise for entry in _activations(info) if entry.label == label), None)


def _activations(info: RunInfo) -> tuple[ActivationInfo, ...]:
    """Return the activations of the first setting; their functions are the same in every setting."""
    return info.described_in(info.settings[0].id)


def _definition(entry: ActivationInfo) -> str:
    """Return the definition of an activation; empty if the label says it."""
    words = entry.definition.removesuffix(f", match {entry.match}")
    if entry.source_sha256 is not None:
        return f"{words}, source {entry.source_sha256[:_HASH_DIGITS]}"
    same = words.removeprefix("expr ").replace(" ", "") == entry.label.replace(" ", "")
    return "" if same else words.removeprefix(f"{entry.label}, ")
