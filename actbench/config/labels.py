"""What may be wrong with the names that a config gives its activations."""

from collections.abc import Iterator, Mapping

from pydantic_core import InitErrorDetails

from actbench.config.activation import ActivationConfig, default_label
from actbench.config.mistakes import mistake, show
from actbench.errors import did_you_mean

PLACEBO = "placebo"


def wrong_labels(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Labels that are taken or reserved, and a baseline that is not among them."""
    entries = raw.get("activations")
    labels = [_label(entry) for entry in entries] if isinstance(entries, list | tuple) else []
    for index, label in enumerate(labels):
        if label is not None and label in labels[:index]:
            taken = f"{show(label)} is the label of activations[{labels.index(label)}] already"
            yield mistake(f"{taken}; allowed: a label of its own for each", "activations", index, "label")
        if label == PLACEBO and raw.get("placebo", True) is not False:
            reserved = f"{show(label)} is reserved for the second copy of the baseline"
            yield mistake(
                f"{reserved}; allowed: another label, or placebo: false", "activations", index, "label"
            )
    baseline, known = raw.get("baseline"), [label for label in labels if label and label.isprintable()]
    if isinstance(baseline, str) and known and baseline not in known:
        allowed = f"{', '.join(known)}{did_you_mean(baseline, known)}"
        yield mistake(f"{show(baseline)} is not among the activations; allowed: {allowed}", "baseline")


def _label(entry: object) -> str | None:
    """The label that an entry of the list will have, as far as it can be told."""
    if isinstance(entry, ActivationConfig):
        return entry.label
    if isinstance(entry, Mapping):
        entry = entry.get("label", default_label(entry))
    return entry if isinstance(entry, str) else None
