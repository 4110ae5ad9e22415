"""How a cell that was trained again compares with what the ledger holds of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from actbench.metrics import score_in_words

if TYPE_CHECKING:
    from actbench.metrics import ScoreName
    from actbench.records.block import BlockRecord, Cell

_MEASURED = (
    "train_loss", "train_score", "validation_loss", "validation_score", "test_loss", "test_score",
    "test_correct", "test_metrics",
)  # fmt: skip

_ROUNDING = 1e-12  # in floating point 0.975 less 0.970 is a little more than 0.005

Result = Literal["identical", "within tolerance", "different", "failed"]


@dataclass(frozen=True)
class CellCheck:
    """One cell, trained again.

    Attributes:
        setting, seed, activation: Which cell; the setting's id as in the ledger.
        recorded: Test score in the ledger, an accuracy as a rule; None when diverged.
        again: Test score now; None when diverged, or when the cell could not be trained.
        result: "identical" when all losses, scores and metrics, those of every epoch included, are equal to
            the last bit; "within tolerance" when the test score is near enough, or when it diverged both
            times, but not alike; "failed" when the worker died twice.
        differing: Names of what is not equal, as in `records.Cell`, with what the score is in its place.
    """

    setting: str
    seed: int
    activation: str
    recorded: float | None
    again: float | None
    result: Result
    differing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """What came of training some cells of a run again; at least one of them could be.

    Attributes:
        path: The run folder.
        run_id: As in run.json.
        tolerance: Difference in test score that passes.
        scores: What the scores are, each once.
        checks: One per chosen cell, in the order of the plan.
        names: What their settings are called, by id.
        changes: (name, recorded, now) of each version or other condition that is not as it was.
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

    def count(self, result: Result) -> int:
        """How many cells came out so."""
        return sum(check.result == result for check in self.checks)

    @property
    def result(self) -> Result:
        """That of the whole: the least favourable one among the cells that could be trained."""
        if self.count("different"):
            return "different"
        return "within tolerance" if self.count("within tolerance") else "identical"

    @property
    def percent(self) -> bool:
        """Whether all scores are accuracies."""
        return self.scores == ("accuracy",)

    @property
    def scores_in_words(self) -> str:
        """What they are."""
        return " or ".join(map(score_in_words, self.scores))

    @property
    def conclusion(self) -> str:
        """What it comes to, in a sentence."""
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
        return f"{text}; {_in_words(self.changes)}."


def check_cell(
    record: BlockRecord, before: Cell, again: BlockRecord, tolerance: float, score: ScoreName = "accuracy"
) -> CellCheck:
    """Compares a cell with its second training.

    Args:
        record: The block in the ledger.
        before: The cell in it.
        again: The block measured again; without cells when that failed.
        tolerance: Largest difference in test score that passes.
        score: What the scores are.
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
    for name in _MEASURED:
        was, is_now = getattr(before, name), getattr(now, name)
        if name == "test_correct" and was is None:  # not recorded by an older actbench
            continue
        if name == "test_metrics":  # nor all of these
            is_now = {metric: is_now.get(metric) for metric in was}
        if was != is_now:
            yield name


def _judge(before: Cell, now: Cell, differing: tuple[str, ...], tolerance: float) -> Result:
    if before.status != now.status:
        return "different"
    if not differing:
        return "identical"
    if before.test_score is None or now.test_score is None:
        return "within tolerance"  # diverged both times
    near = abs(before.test_score - now.test_score) <= tolerance + _ROUNDING
    return "within tolerance" if near else "different"


def _in_words(changes: tuple[tuple[str, str, str], ...]) -> str:
    if not changes:
        return "nothing that is recorded about the environment has changed since"
    return f"changed since: {', '.join(dict.fromkeys(name for name, _, _ in changes))}"
