"""The cells of one setting, paired by seed, and what is read from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.verdicts import judge_differences

if TYPE_CHECKING:
    from actbench.analysis.verdicts import Comparison, Difference
    from actbench.records.block import BlockRecord, Cell
    from actbench.records.run import RunInfo
    from actbench.stats.intervals import Floats, Interval

CellPair = tuple["Cell", "Cell"]
"""An activation's cell and that of the one it is compared with, of the same seed."""


@dataclass(frozen=True)
class SettingCells:
    """The measurements of one setting's blocks.

    Attributes:
        blocks: The finished blocks, in the order of their seeds.
        activations: Labels of the activations to look at, in the order of the config, the placebo last.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None where there is none.
        original: Label of the activation that the placebo copies; needed only if `baseline` is another one.
    """

    blocks: tuple[BlockRecord, ...]
    activations: tuple[str, ...]
    baseline: str
    placebo: str | None
    original: str | None = None

    @classmethod
    def select(cls, info: RunInfo, setting: str, finished: Sequence[BlockRecord]) -> SettingCells:
        """Return the cells of one setting of a run, compared with the config's baseline.

        Args:
            info: The run's plan.
            setting: Id of the setting.
            finished: The measured blocks of the run, as `finished_blocks` gives them.
        """
        blocks = tuple(block for block in finished if block.setting == setting)
        return cls(blocks, info.activations, info.baseline, info.placebo, info.baseline)

    def of(self, label: str) -> list[Cell]:
        """Return an activation's cells, seed by seed, diverged ones included."""
        return [block[label] for block in self._cells]

    @cached_property
    def _cells(self) -> list[dict[str, Cell]]:
        return [{cell.activation: cell for cell in block.cells} for block in self.blocks]

    def ended_well(self, label: str) -> list[Cell]:
        """Return an activation's cells, seed by seed, without those that diverged."""
        return [cell for cell in self.of(label) if cell.status == "ok"]

    def ended_well_with_blocks(self, label: str) -> list[tuple[BlockRecord, Cell]]:
        """Return the same cells, each with the block that it is part of."""
        pairs = zip(self.blocks, self.of(label), strict=True)
        return [(block, cell) for block, cell in pairs if cell.status == "ok"]

    def every_seed(self, label: str, other: str) -> list[CellPair]:
        """Return the two activations' cells of every seed, diverged ones included."""
        return list(zip(self.of(label), self.of(other), strict=True))

    def pairs(self, label: str, other: str | None = None) -> list[CellPair]:
        """Return the two activations' cells of every seed in which both ended well.

        Args:
            label: The one activation.
            other: The other activation; the baseline by default.
        """
        pairs = self.every_seed(label, other or self.baseline)
        return [(cell, base) for cell, base in pairs if cell.status == base.status == "ok"]

    def compare_with_baseline(
        self,
        difference: Callable[[str], Difference | None],
        *,
        margin: float,
        alpha: float,
        larger_is_better: bool,
        beyond: float = 0.0,
    ) -> dict[str, Comparison]:
        """Judge one quantity of every activation but the baseline.

        A copy of the baseline is a family of its own: it asks another question, and takes nothing away from
        what the others can show. Against a third activation the copy gets what its original gets.

        Args:
            difference: Returns an activation's difference to the baseline, given its label; None where no
                seed has it.
            margin: As in `verdicts.judge_differences`.
            alpha: As in `verdicts.judge_differences`.
            larger_is_better: As in `verdicts.judge_differences`.
            beyond: As in `verdicts.judge_differences`. If it is above 0 and the placebo's interval excludes
                no difference, it is at least the placebo's difference: no smaller one is then called BETTER
                or WORSE.

        Returns:
            The comparisons by label.
        """
        found = {label: difference(label) for label in self.activations if label != self.baseline}
        known = {label: found_difference for label, found_difference in found.items() if found_difference}
        copy = self.original if self.baseline == self.placebo else self.placebo
        copies = {label: entry for label, entry in known.items() if label == copy}
        if copies and self.original in known and copy != self.original:
            # against a third activation: the copy stands in its original's place, in a family of equal size
            copies = {label: entry for label, entry in known.items() if label != self.original}
        rivals = {label: entry for label, entry in known.items() if label != copy}
        alike = self.baseline in (self.placebo, self.original or self.baseline)
        if beyond and alike and copy in known:
            beyond = max(beyond, _offset(known[copy].interval))
        limits = {"margin": margin, "alpha": alpha, "beyond": beyond}
        judged = judge_differences(rivals, larger_is_better=larger_is_better, **limits)
        judged_copies = judge_differences(copies, larger_is_better=larger_is_better, **limits)
        return judged | {label: judged_copies[label] for label in judged_copies if label == copy}


def _offset(interval: Interval) -> float:
    """Return by how much a process sets two copies apart in all of its seeds; 0 where chance may have."""
    return abs(interval.estimate) if interval.is_clear_of(0.0, 0.0) else 0.0


def test_score(cell: Cell) -> float:
    """Return the accuracy, R² or mean over targets of a training that ended well.

    Raises:
        ValueError: If the record has no score.
    """
    if cell.test_score is None:
        raise ValueError(f"a training of {cell.activation} ended well but has no score")
    return cell.test_score


def results_equal(pairs: Sequence[CellPair]) -> bool:
    """Return whether two activations computed the same: equal test scores and losses in every pair."""
    return all((cell.test_score, cell.test_loss) == (base.test_score, base.test_loss) for cell, base in pairs)


def common_slices(cells: Sequence[Cell]) -> list[Floats]:
    """Return each cell's seconds of the slices in the rounds that all of the cells ran.

    Args:
        cells: Cells of one block.

    Returns:
        One array per cell, all equally long: the training's slices, fewer than a cell has if another one
        stopped early, then those of the timing-only rounds.
    """
    rounds = _common_rounds(cells)
    return [np.array(cell.slice_s[:rounds] + cell.extra_slice_s) for cell in cells]


def common_steps(block: BlockRecord, cells: Sequence[Cell]) -> Floats:
    """Return the training steps of the slices that `common_slices` gives for the same cells of a block."""
    return np.array(block.slice_steps[: _common_rounds(cells)] + block.extra_slice_steps, dtype=np.float64)


def _common_rounds(cells: Sequence[Cell]) -> int:
    return min(len(cell.slice_s) for cell in cells)
