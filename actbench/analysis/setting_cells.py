"""The finished cells of one setting, paired by seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from actbench.analysis.comparisons import Comparison, Difference, compare
from actbench.analysis.intervals import Interval
from actbench.records import BlockRecord, Cell

Pair = tuple[Cell, Cell]


@dataclass(frozen=True)
class SettingCells:
    """What the blocks of one setting measured.

    Attributes:
        blocks: Finished ones, in the order of their seeds.
        activations: Labels of those that are looked at, in the order of the config, the placebo last.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None where there is none.
        original: Label of what the placebo is a copy of; needed only where the placebo is the baseline.
    """

    blocks: tuple[BlockRecord, ...]
    activations: tuple[str, ...]
    baseline: str
    placebo: str | None
    original: str | None = None

    def of(self, label: str) -> list[Cell]:
        """An activation's cells, seed by seed, diverged ones included."""
        return [block[label] for block in self._cells]

    @cached_property
    def _cells(self) -> list[dict[str, Cell]]:
        return [{cell.activation: cell for cell in block.cells} for block in self.blocks]

    def ended_well(self, label: str) -> list[Cell]:
        """Those of them that did not diverge."""
        return [cell for cell in self.of(label) if cell.status == "ok"]

    def pairs(self, label: str, other: str | None = None) -> list[Pair]:
        """An activation's cells and the other's (the baseline's, by default), where both ended well."""
        pairs = zip(self.of(label), self.of(other or self.baseline), strict=True)
        return [(cell, base) for cell, base in pairs if cell.status == base.status == "ok"]

    def compare(
        self,
        difference: Callable[[str], Difference | None],
        *,
        margin: float,
        alpha: float,
        larger_is_better: bool,
        beyond: float = 0.0,
    ) -> dict[str, Comparison]:
        """Judges one quantity of every activation but the baseline.

        Args:
            difference: Of a label to the baseline; None where no seed has it.
            margin: As in `comparisons.compare`, also the following.
            alpha: Likewise.
            larger_is_better: Likewise.
            beyond: Likewise; of a quantity that has one, no difference is believed that is smaller than
                that of two copies where those are said to differ.

        Returns:
            By label. A copy of the baseline is a family of its own: it asks another question, and takes
            nothing away from what the others can show. Against a third one it stands in its original's place.
        """
        found = {label: difference(label) for label in self.activations if label != self.baseline}
        known = {label: found_difference for label, found_difference in found.items() if found_difference}
        copy = self.original if self.baseline == self.placebo else self.placebo
        copies = {label: entry for label, entry in known.items() if label == copy}
        if copies and self.original in known and copy != self.original:
            copies = {label: entry for label, entry in known.items() if label != self.original}
        rivals = {label: entry for label, entry in known.items() if label != copy}
        alike = self.baseline in (self.placebo, self.original or self.baseline)
        if beyond and alike and copy in known:
            beyond = max(beyond, _offset(known[copy].interval))
        limits = {"margin": margin, "alpha": alpha, "beyond": beyond}
        judged = compare(rivals, larger_is_better=larger_is_better, **limits)
        judged_copies = compare(copies, larger_is_better=larger_is_better, **limits)
        return judged | {label: judged_copies[label] for label in judged_copies if label == copy}


def _offset(interval: Interval) -> float:
    """By how much two copies differ, which a process does to all of its seeds; 0 where chance may have."""
    return abs(interval.estimate) if interval.clear_of(0.0, 0.0) else 0.0


def scores_equal(pairs: Sequence[Pair]) -> bool:
    """Whether two activations computed the same: equal test scores and losses in every pair."""
    return all((cell.test_score, cell.test_loss) == (base.test_score, base.test_loss) for cell, base in pairs)
