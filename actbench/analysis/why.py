"""What the probes saw, and why an activation failed, beside its other figures."""

import math
from collections.abc import Sequence
from dataclasses import replace

from actbench.analysis.diagnosis import diagnose, failure
from actbench.analysis.figures import Row
from actbench.analysis.means import welch
from actbench.analysis.probes import moments, stopped_apart
from actbench.analysis.scores import test_score
from actbench.analysis.setting_cells import SettingCells
from actbench.records import DatasetInfo, SettingInfo

STANDARD_ERRORS = 3
"""What noise is allowed: fewer of them are no sign of a failure."""


def explained(
    rows: Sequence[Row], cells: SettingCells, setting: SettingInfo, dataset: DatasetInfo
) -> tuple[Row, ...]:
    """The rows of a setting with their moments, and a diagnosis where one failed.

    Args:
        rows: One per activation, the placebo, which shares its original's diagnosis, included.
        cells: What the blocks measured.
        setting: Says after which epochs the probes were to look.
        dataset: Says what a constant answer scores.
    """
    asked = setting.description.get("probes", {}).get("epochs", ())
    apart = stopped_apart((cell for row in rows for cell in cells.of(row.activation)), asked)
    scored = [(row.score.estimate, row.activation) for row in rows if row.score is not None]
    best, leader = max(scored, default=(None, None))
    luck = _luck(dataset)

    def explain(row: Row) -> Row:
        seen = moments(cells.of(row.activation), asked, apart=apart)
        failed = failure(
            None if row.score is None else row.score.estimate,
            row.diverged,
            best,
            dataset.constant_score,
            luck=luck,
            surely_worse=leader is not None and _surely_worse(row, leader, cells),
        )
        if failed is None or row.activation == cells.placebo:
            return replace(row, moments=seen)
        # what those that ended well look like does not explain why others diverged
        diverged = [cell for cell in cells.of(row.activation) if cell.status == "diverged"]
        told = moments(diverged, asked, apart=apart) if failed == "diverged" else seen
        return replace(row, moments=seen, diagnosis=diagnose(failed, told))

    return tuple(map(explain, rows))


def _luck(dataset: DatasetInfo) -> float:
    """Three standard errors of a constant answer's accuracy; 0 of a score that is no share of examples."""
    constant = dataset.constant_score
    if constant is None or dataset.score_name != "accuracy":
        return 0.0
    return STANDARD_ERRORS * math.sqrt(constant * (1 - constant) / dataset.test)


def _surely_worse(row: Row, leader: str, cells: SettingCells) -> bool:
    """By the verdict; where that is about another than the best, or few seeds leave it open, by the noise."""
    if row.score_diff is not None and row.score_diff.verdict == "WORSE":
        return True
    if row.score is None:
        return False
    best, own = ([test_score(cell) for cell in cells.ended_well(label)] for label in (leader, row.activation))
    gap = welch(best, own)
    return gap.standard_error is not None and gap.estimate > STANDARD_ERRORS * gap.standard_error
