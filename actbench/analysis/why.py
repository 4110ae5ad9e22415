"""What the probes saw, and why an activation failed, beside its other figures."""

from collections.abc import Sequence
from dataclasses import replace

from actbench.analysis.diagnosis import diagnose, failure
from actbench.analysis.figures import Row
from actbench.analysis.probes import moments
from actbench.analysis.setting_cells import SettingCells
from actbench.records import DatasetInfo, SettingInfo


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
    best = max((row.score.estimate for row in rows if row.score is not None), default=None)

    def explain(row: Row) -> Row:
        seen = moments(cells.of(row.activation), asked)
        score = None if row.score is None else row.score.estimate
        failed = failure(score, row.diverged, best, dataset.constant_score, dataset.test)
        if failed is None or row.activation == cells.placebo:
            return replace(row, moments=seen)
        # what those that ended well look like does not explain why others diverged
        diverged = [cell for cell in cells.of(row.activation) if cell.status == "diverged"]
        told = moments(diverged, asked) if failed == "diverged" else seen
        return replace(row, moments=seen, diagnosis=diagnose(failed, told))

    return tuple(map(explain, rows))
