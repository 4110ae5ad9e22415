"""What has to be said of the activations themselves: where they start, what they are, which are the same."""

from collections.abc import Sequence

from actbench.analysis.figures import Row
from actbench.records import ActivationInfo, RunInfo

Facts = tuple[tuple[str, str], ...]

_HASH_DIGITS = 8
MARK = " *"
MIXING_NOTE = "*: not element-wise; each output depends on all units of its layer."
_MATCHED = {
    "params": "the model has the plain one's number of parameters, within 1 %",
    "width": "the layers have the plain ones' width, and so more parameters",
}


def activation_facts(info: RunInfo) -> Facts:
    """Initialisers, gated units, twins and functions of the user's; of older runs nothing is known."""
    described = [entry for entry in info.described if entry.label != info.placebo]
    facts = [("initialiser", text) for text in _initialisers(described)]
    for match in dict.fromkeys(entry.match for entry in described if entry.match is not None):
        labels = [entry.label for entry in described if entry.match == match]
        facts.append(("gated", f"{', '.join(labels)}: {_MATCHED[match]}"))
    facts += [
        ("same", f"{entry.label} computes what {entry.twin_of} does: a difference between them is noise")
        for entry in described
        if entry.twin_of is not None
    ]
    facts += [("function", f"{entry.label}: {_defined(entry)}") for entry in described if _is_own(entry)]
    return tuple(facts)


def parameter_facts(rows: Sequence[Row], baseline: str) -> Facts:
    """How many weights the models have, where they do not all have as many."""
    counts = {row.activation: row.parameters for row in rows if row.parameters is not None}
    if len(set(counts.values())) < 2 or baseline not in counts:
        return ()
    usual = counts[baseline]
    others = ", ".join(f"{label} {count:,}" for label, count in counts.items() if count != usual)
    return (("parameters", f"{usual:,} with {baseline}; {others}"),)


def marked(info: RunInfo, label: str) -> str:
    """The label, with a mark where the activation is not element-wise."""
    return f"{label}{MARK}" if label in mixing(info) else label


def mixing(info: RunInfo) -> frozenset[str]:
    """Labels of the activations that mix the units of a layer; gated ones do so in pairs only."""
    return frozenset(
        entry.label for entry in info.described if entry.element_wise is False and entry.match is None
    )


def _initialisers(described: Sequence[ActivationInfo]) -> list[str]:
    labels: dict[str, list[str]] = {}
    for entry in described:
        labels.setdefault(entry.init, []).append(entry.label)
    if len(labels) == 1:
        return list(labels)
    return [f"{init}: {', '.join(of_init)}" for init, of_init in labels.items()]


def _is_own(entry: ActivationInfo) -> bool:
    return entry.definition.startswith(("expr ", "import ")) and entry.definition != f"expr {entry.label}"


def _defined(entry: ActivationInfo) -> str:
    if entry.source_sha256 is None:
        return entry.definition
    return f"{entry.definition}, source {entry.source_sha256[:_HASH_DIGITS]}"
