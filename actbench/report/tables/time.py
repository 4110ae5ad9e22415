"""The tables of training time, and of what the non-linearity and the compilation cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actbench.report.document import Column, Table
from actbench.report.json_values import comparison_object, interval_object, number_or_none
from actbench.report.registry import ReportTable
from actbench.report.view import row_notes

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.report.view import Report, SettingView

# Beside the notes of the time table, those of the inference table have this one, too.
ONE_SEED = "With a single seed, time intervals come from its rounds alone and speak for that one process."


def _build(view: SettingView) -> list[Table]:
    columns = (
        Column("activation", "text"),
        Column("time ratio", "ratio", view.indifferent_ratio),
        Column("verdict", "words"),
        Column("s per epoch", "seconds"),
        Column("n", "count"),
    )
    cells = [
        (view.name(row), *view.compared(row, row.train_time_ratio), row.epoch_s, row.seeds)
        for row in view.timed
    ]
    notes = (*row_notes(view.timed), *view.placebo_ratio_note)
    return [Table("training time", columns, tuple(cells), notes), _cost_table(view)]


def _cost_table(view: SettingView) -> Table:
    """Return the costs of the non-linearity, where the run has `linear` to subtract, and of compilation."""
    linear = view.estimates.linear
    columns = (
        Column("activation", "text"),
        *([Column("cost, µs per step", "signed microseconds")] if linear else []),
        Column("compile s", "seconds"),
        Column("n", "count"),
    )
    cells = [
        (
            view.name(row),
            *(["linear" if row.activation == linear else row.marginal_step_s] if linear else []),
            row.compile_s,
            row.seeds,
        )
        for row in view.timed
    ]
    title = "cost of the non-linearity" if linear else "compilation"
    return Table(title, columns, tuple(cells))


def _values(_: SettingView, row: Row) -> dict[str, Any]:
    return {
        "epoch_s": interval_object("epoch_s", row.epoch_s),
        "train_time_ratio": comparison_object("train_time_ratio", row.train_time_ratio),
        "marginal_step_s": interval_object("marginal_step_s", row.marginal_step_s),
        "compile_s": number_or_none(row.compile_s),
    }


_RATIO = (
    "Training-time ratio: to the baseline's slice in the same round; each seed's median, geometric mean "
    "over seeds, with its 95 % t interval. Seconds per epoch: each seed's median epoch, likewise."
)

_COST = (
    "Cost: microseconds per training step beyond linear in the same round, which is what the non-linearity "
    "itself costs. "
)

_COMPILE = (
    "Compile: median seconds to build, trace and compile one activation's training and evaluation programs, "
    "once per worker, in no other figure."
)


def _notes(report: Report) -> tuple[str, ...]:
    settings = report.estimates.settings
    cost = _COST if any(setting.linear for setting in settings) else ""
    one_seed = (ONE_SEED,) if any(setting.finished == 1 for setting in settings) else ()
    return (_RATIO, f"{cost}{_COMPILE}", *one_seed)


TIME = ReportTable(build=_build, notes=_notes, values=_values, compares="verdicts")
