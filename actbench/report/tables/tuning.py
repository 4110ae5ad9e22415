"""The table of what each activation was tried with, and of what was chosen for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from actbench.analysis.figures import Candidate, Tuning
from actbench.metrics.registry import score_title
from actbench.records.base import format_values
from actbench.report.document import Column, Table
from actbench.report.formatting import score_format
from actbench.report.json_values import flatten, number_or_none
from actbench.report.registry import OwnRows, ReportTable

if TYPE_CHECKING:
    from actbench.analysis.figures import SettingEstimates
    from actbench.report.document import Facts
    from actbench.report.view import Report, SettingView

# An activation and a candidate without figures, for the columns of a run in which nothing was tuned.
_EXAMPLE = Tuning("", (Candidate({}, 0, 0, None, None),), None, ())


def tuning_facts(estimates: SettingEstimates) -> Facts:
    """Return what was chosen for each activation, over how many trainings, and what is doubtful about it."""
    if not estimates.tuning:
        return ()
    labels: dict[str, list[str]] = {}
    for own in estimates.tuning:
        chosen = "still to be chosen" if own.chosen is None else format_values(own.chosen)
        labels.setdefault(chosen, []).append(own.activation)
    choices = "; ".join(f"{chosen}: {', '.join(whose)}" for chosen, whose in labels.items())
    how = (
        f"each activation for itself, by {score_title(estimates.score_name)} on the validation split in "
        f"{_count_trainings(estimates):,} trainings, with seeds that are in no other figure"
    )
    return ("tuned", f"{choices}; {how}"), *(("warning", text) for text in _tuning_warnings(estimates))


def _build(view: SettingView) -> list[Table]:
    """Return all candidates of all activations, without intervals: seeds are few, and nothing is claimed."""
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
            format_values(candidate.values),
            candidate.score,
            candidate.loss,
            "chosen" if candidate.values == own.chosen else "",
            candidate.seeds,
        )
        for own in estimates.tuning
        for candidate in own.candidates
    )
    diverged = [
        f"{own.activation}: {candidate.diverged} diverged at {format_values(candidate.values)}"
        for own in estimates.tuning
        for candidate in own.candidates
        if candidate.diverged
    ]
    return [Table("tuning", columns, rows, (*diverged, *_tuning_warnings(estimates)))]


def _tuning_warnings(estimates: SettingEstimates) -> list[str]:
    """Return the choices that a wider grid might not have made."""
    on_edge: dict[str, list[str]] = {}
    for own in estimates.tuning:
        for key in own.edges:
            value = format_values({key: (own.chosen or {})[key]})
            on_edge.setdefault(value, []).append(own.activation)
    found = [
        f"{', '.join(labels)}: {value} lies on the edge of the grid, and what is beyond may do better"
        for value, labels in on_edge.items()
    ]
    hopeless = [own.activation for own in estimates.tuning if own.chosen is not None and own.hopeless]
    if hopeless:
        found.append(f"{', '.join(hopeless)}: trainings of every candidate diverged")
    return found


def _count_trainings(estimates: SettingEstimates) -> int:
    """Return the number of trainings that tried candidates, diverged ones included."""
    return sum(
        candidate.seeds + candidate.diverged for own in estimates.tuning for candidate in own.candidates
    )


def _setting_object(view: SettingView) -> dict[str, Any] | None:
    """Return the tuning of a setting as plain data; None if nothing is tuned."""
    estimates = view.estimates
    if not estimates.tuning:
        return None
    return {
        "trainings": _count_trainings(estimates),
        "activations": [
            {
                "activation": own.activation,
                "chosen": own.chosen,
                "on_edge": list(own.edges),
                "candidates": [
                    {"values": candidate.values, **_candidate_figures(estimates, own, candidate)}
                    for candidate in own.candidates
                ],
            }
            for own in estimates.tuning
        ],
        "warnings": _tuning_warnings(estimates),
    }


def _csv_lines(estimates: SettingEstimates) -> list[dict[str, Any]]:
    """Return a line per activation and candidate; lists and mappings in it are JSON text.

    Keys of the setting stand first. A candidate's score has no interval, and no columns of one.
    """
    setting = {"id": estimates.setting.id, **estimates.setting.description}
    lines = []
    for own in estimates.tuning:
        for candidate in own.candidates:
            values = {
                key: value if isinstance(value, int | float | str) else json.dumps(value)
                for key, value in candidate.values.items()
            }
            figures = _candidate_figures(estimates, own, candidate)
            on_edge = own.edges if figures["chosen"] else ()
            lines.append(
                {
                    "setting": estimates.setting.name,
                    **flatten({"setting": setting}),
                    "activation": own.activation,
                    **values,
                    **figures,
                    "on_edge": json.dumps(list(on_edge)),
                }
            )
    return lines


def _csv_example(report: Report) -> dict[str, Any]:
    measured = next(setting for setting in report.estimates.settings if setting.rows)
    return _csv_lines(replace(measured, tuning=(_EXAMPLE,)))[0]


def _candidate_figures(estimates: SettingEstimates, own: Tuning, candidate: Candidate) -> dict[str, Any]:
    return {
        f"validation_{estimates.score_name}": number_or_none(candidate.score),
        "validation_loss": number_or_none(candidate.loss),
        "seeds": candidate.seeds,
        "diverged": candidate.diverged,
        "chosen": candidate.values == own.chosen,
    }


def _notes(report: Report) -> tuple[str, ...]:
    return (
        "Tuning: means over n seeds that are in no other table, on the validation split; the test set has no "
        "say. Chosen is the candidate with the fewest trainings that diverged, of those the one with the "
        f"best mean {report.score_in_words}, of equal ones that with the lowest mean loss, then the smaller "
        "value.",
    )


def _absence(report: Report) -> str | None:
    if any(setting.tuning for setting in report.estimates.settings):
        return None
    return "the config of this run has no tune, so that nothing was tuned"


TUNING = ReportTable(
    build=_build,
    notes=_notes,
    own_rows=OwnRows(
        csv_lines=lambda report: [
            line for setting in report.estimates.settings for line in _csv_lines(setting)
        ],
        csv_example=_csv_example,
        setting_object=_setting_object,
    ),
    absence=_absence,
)
