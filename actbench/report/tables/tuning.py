"""What was chosen for each activation by tuning: in words, as a table, and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from actbench.analysis.figures import Candidate, Tuning
from actbench.metrics.registry import score_title
from actbench.records.base import name_of
from actbench.report.document import Column, Table
from actbench.report.formatting import score_format
from actbench.report.json_values import number_or_none

if TYPE_CHECKING:
    from actbench.analysis.figures import SettingEstimates
    from actbench.report.model import SettingView

UNKNOWN_TUNING = Tuning("", (Candidate({}, 0, 0, None, None),), None, ())
"""An activation and a candidate of the table, for its columns where there is none."""

Facts = tuple[tuple[str, str], ...]


def tuning(view: SettingView) -> list[Table]:
    """Every candidate of every activation; without intervals, for seeds are few and nothing is claimed."""
    estimates = view.estimates
    if not estimates.tuning:
        return []
    shown = score_format(estimates.score_name)
    columns = (
        Column("activation", "text"),
        Column("candidate", "text"),
        Column(f"validation {shown.title}", shown.kind),
        Column("loss", "significant"),
        Column("choice", "words"),
        Column("n", "count"),
    )
    rows = tuple(
        (
            own.activation,
            name_of(candidate.values),
            candidate.score,
            candidate.loss,
            "chosen" if candidate.values == own.chosen else "",
            candidate.seeds,
        )
        for own in estimates.tuning
        for candidate in own.candidates
    )
    diverged = [
        f"{own.activation}: {candidate.diverged} diverged at {name_of(candidate.values)}"
        for own in estimates.tuning
        for candidate in own.candidates
        if candidate.diverged
    ]
    return [Table("tuning", columns, rows, (*diverged, *warnings(estimates)))]


def tuning_facts(estimates: SettingEstimates) -> Facts:
    """What was chosen for each activation, by how many trainings, and what is doubtful about it."""
    if not estimates.tuning:
        return ()
    whose: dict[str, list[str]] = {}
    for own in estimates.tuning:
        chosen = "still to be chosen" if own.chosen is None else name_of(own.chosen)
        whose.setdefault(chosen, []).append(own.activation)
    told = "; ".join(f"{chosen}: {', '.join(labels)}" for chosen, labels in whose.items())
    how = (
        f"each activation for itself, by {score_title(estimates.score_name)} on the validation split in "
        f"{trainings(estimates):,} trainings, with seeds that are in no other figure"
    )
    return ("tuned", f"{told}; {how}"), *(("warning", text) for text in warnings(estimates))


def warnings(estimates: SettingEstimates) -> list[str]:
    """Choices that a wider grid might not have made."""
    on_edge: dict[str, list[str]] = {}
    for own in estimates.tuning:
        for key in own.edges:
            value = name_of({key: (own.chosen or {})[key]})
            on_edge.setdefault(value, []).append(own.activation)
    found = [
        f"{', '.join(labels)}: {value} lies on the edge of the grid, and what is beyond may do better"
        for value, labels in on_edge.items()
    ]
    hopeless = [own.activation for own in estimates.tuning if own.chosen is not None and own.hopeless]
    if hopeless:
        found.append(f"{', '.join(hopeless)}: trainings of every candidate diverged")
    return found


def trainings(estimates: SettingEstimates) -> int:
    """How many there were, diverged ones included."""
    return sum(
        candidate.seeds + candidate.diverged for own in estimates.tuning for candidate in own.candidates
    )


def tuning_object(estimates: SettingEstimates) -> dict[str, Any] | None:
    """The tuning of a setting as plain data; None where nothing is tuned."""
    if not estimates.tuning:
        return None
    return {
        "trainings": trainings(estimates),
        "activations": [
            {
                "activation": own.activation,
                "chosen": own.chosen,
                "on_edge": list(own.edges),
                "candidates": [
                    {"values": candidate.values, **_figures(estimates, own, candidate)}
                    for candidate in own.candidates
                ],
            }
            for own in estimates.tuning
        ],
        "warnings": warnings(estimates),
    }


def tuning_rows(estimates: SettingEstimates) -> Iterator[dict[str, Any]]:
    """The same for CSV, a row per activation and candidate; lists and mappings are JSON text.

    They are flat: a candidate's score has no interval, nor its columns where all of its trainings diverged.
    """
    for own in estimates.tuning:
        for candidate in own.candidates:
            values = {
                key: value if isinstance(value, int | float | str) else json.dumps(value)
                for key, value in candidate.values.items()
            }
            figures = _figures(estimates, own, candidate)
            on_edge = own.edges if figures["chosen"] else ()
            yield {"activation": own.activation, **values, **figures, "on_edge": json.dumps(list(on_edge))}


def _figures(estimates: SettingEstimates, own: Tuning, candidate: Candidate) -> dict[str, Any]:
    return {
        f"validation_{estimates.score_name}": number_or_none(candidate.score),
        "validation_loss": number_or_none(candidate.loss),
        "seeds": candidate.seeds,
        "diverged": candidate.diverged,
        "chosen": candidate.values == own.chosen,
    }
