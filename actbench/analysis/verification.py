"""The comparison of cells that were trained again with what the ledger holds of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from actbench.metrics.registry import score_title

if TYPE_CHECKING:
    from actbench.metrics.registry import ScoreName
    from actbench.records.block import BlockRecord, Cell

CellResult = Literal["identical", "within tolerance", "different", "failed"]

# The fields of a cell that a second training has to give again; times are no part of them.
_REPRODUCED = (
    "train_loss", "train_score", "validation_loss", "validation_score", "test_loss", "test_score",
    "test_correct", "test_metrics",
)  # fmt: skip

# In floating point 0.975 less 0.970 is a little more than 0.005, a difference that has to pass.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class CellCheck:
    """One cell, trained again.

    Attributes:
        setting: Id of the cell's setting, as in the ledger.
        seed: The cell's seed.
        activation: Label of the cell's activation.
        recorded: Test score in the ledger; None if the training diverged.
        again: Test score now; None if the training diverged or could not be repeated.
        result: "identical" if all losses, scores and metrics, those of every epoch included, are equal to the
            last bit. "within tolerance" if the test scores are near enough, or if the training diverged both
            times, but not alike. "failed" if the worker died twice.
        differing: Names of the quantities that are not equal. They are fields of `records.block.Cell`, with
            the name of the score, such as "accuracy", in place of "score".
    """

    setting: str
    seed: int
    activation: str
    recorded: float | None
    again: float | None
    result: CellResult
    differing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """The result of training some cells of a run again, at least one of them with success.

    Attributes:
        path: The run folder.
        run_id: Id of the run.
        tolerance: Largest difference in test score that passes.
        scores: Names of the scores of the chosen cells, each once.
        checks: One check per chosen cell, in the order of the plan.
        names: Names of the settings, by id.
        changes: (name, recorded, now) of each version or other fact of the environment that has changed.
        failed: The blocks that could not be measured again.
    """

    path: Path
    run_id: str
    tolerance: float
    scores: tuple[ScoreName, ...]
    checks: tuple[CellCheck, ...]
    names: dict[str, str]
    changes: tuple[tuple[str, str, str], ...]
    failed: tuple[BlockRecord, ...]

    def count(self, result: CellResult) -> int:
        """Return the number of cells with this result."""
        return sum(check.result == result for check in self.checks)

    @property
    def result(self) -> CellResult:
        """The least favorable result among the cells that could be trained."""
        if self.count("different"):
            return "different"
        return "within tolerance" if self.count("within tolerance") else "identical"

    @property
    def percent(self) -> bool:
        """True if all scores are accuracies, which are shown in percent."""
        return self.scores == ("accuracy",)

    @property
    def scores_in_words(self) -> str:
        """The names of the scores, for a sentence."""
        return " or ".join(map(score_title, self.scores))

    @property
    def conclusion(self) -> str:
        """The result of the verification, as a sentence."""
        trained = len(self.checks) - self.count("failed")
        size = f"{100 * self.tolerance:g} percentage points" if self.percent else f"{self.tolerance:g}"
        near = f"{size} of the recorded {self.scores_in_words}"
        identical = f"{self.count('identical')} of {trained} trainings gave identical numbers"
        match self.result:
            case "different":
                missed = f"{self.count('different')} of {trained} trainings did not come within {near}"
                text = f"The run is not reproduced here: {missed}"
            case "within tolerance":
                text = f"The run is reproduced here within {near}, but not bit by bit: {identical}"
            case _:
                text = f"The run is reproduced here bit by bit: {identical}"
        return f"{text}; {_format_changes(self.changes)}."


def check_cell(
    record: BlockRecord, before: Cell, again: BlockRecord, tolerance: float, score: ScoreName = "accuracy"
) -> CellCheck:
    """Compare a cell with its second training.

    Args:
        record: The block in the ledger.
        before: The cell in that block.
        again: The block measured again; without cells if that failed.
        tolerance: Largest difference in test score that passes, in the unit of the score.
        score: Name of the score.
    """
    now = next((cell for cell in again.cells if cell.activation == before.activation), None)
    differing = () if now is None else tuple(_differing(before, now))
    return CellCheck(
        setting=record.setting,
        seed=record.seed,
        activation=before.activation,
        recorded=before.test_score,
        again=None if now is None else now.test_score,
        result="failed" if now is None else _judge(before, now, differing, tolerance),
        differing=tuple(name.replace("score", score) for name in differing),
    )


def _differing(before: Cell, now: Cell) -> Iterator[str]:
    for name in _REPRODUCED:
        was, is_now = getattr(before, name), getattr(now, name)
        if name == "test_correct" and was is None:  # versions before schema 2 did not record it
            continue
        if name == "test_metrics":  # older versions recorded fewer metrics
            is_now = {metric: is_now.get(metric) for metric in was}
        if was != is_now:
            yield name


def _judge(before: Cell, now: Cell, differing: tuple[str, ...], tolerance: float) -> CellResult:
    if before.status != now.status:
        return "different"
    if not differing:
        return "identical"
    if before.test_score is None or now.test_score is None:
        return "within tolerance"  # diverged both times
    near = abs(before.test_score - now.test_score) <= tolerance + _ROUNDING
    return "within tolerance" if near else "different"


def _format_changes(changes: tuple[tuple[str, str, str], ...]) -> str:
    if not changes:
        return "nothing that is recorded about the environment has changed since"
    return f"changed since: {', '.join(dict.fromkeys(name for name, _, _ in changes))}"
