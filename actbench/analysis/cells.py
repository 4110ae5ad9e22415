"""The records of a run that may be tabulated together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import ValidationError

from actbench.analysis.verdicts import compare
from actbench.config.schema.measurement import VerdictConfig
from actbench.environment import MACHINE, compare_environments
from actbench.errors import EnvironmentMismatchError, NothingMeasuredError, StoreError, format_key
from actbench.records.block import Cell

if TYPE_CHECKING:
    from actbench.analysis.verdicts import Comparison, Difference
    from actbench.records.block import BlockRecord
    from actbench.records.run import Environment, RunInfo
    from actbench.stats.intervals import Interval


def finished_blocks(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    """Return the measured blocks ordered by setting and seed; blocks of a tuning are left out.

    Args:
        records: Each block at most once, in any order.
    """
    return _ordered(record for record in records if record.status == "ok" and not record.tuning)


def failed_blocks(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    """Return the blocks that could not be measured, including those of a tuning, ordered likewise."""
    return _ordered(record for record in records if record.status == "failed")


def require_blocks(info: RunInfo, finished: Sequence[BlockRecord]) -> None:
    """Refuse to compare nothing.

    Raises:
        NothingMeasuredError: If no block is finished.
    """
    if not finished:
        raise NothingMeasuredError(
            f"run {info.run_id}: none of its {len(info.final_blocks)} blocks is finished"
        )


def require_cells(info: RunInfo, finished: Sequence[BlockRecord]) -> None:
    """Refuse to tabulate nothing.

    Raises:
        NothingMeasuredError: If no cell of any block ended with status "ok".
    """
    require_blocks(info, finished)
    if not any(cell.status == "ok" for block in finished for cell in block.cells):
        raise NothingMeasuredError(
            f"run {info.run_id}: every training of its {len(finished)} finished blocks diverged"
        )


def common_environment(finished: Sequence[BlockRecord]) -> Environment:
    """Return the environment that all blocks were measured in.

    Args:
        finished: At least one block with status "ok".

    Returns:
        The environment of the first block.

    Raises:
        EnvironmentMismatchError: If blocks differ in processor, cores, device, threads or TensorFlow.
    """
    (first_block, first), *others = (
        (block.block, block.environment) for block in finished if block.environment is not None
    )
    for block, environment in others:
        differences = _format_pairs(compare_environments(first, environment, only=(*MACHINE, "tensorflow")))
        if differences:
            raise EnvironmentMismatchError(
                f"times of different machines are not pooled: blocks {first_block} and {block} have "
                + ", ".join(differences)
            )
    return first


def machine_differences(
    first: Environment, second: Environment, engines: tuple[str | None, str | None] = (None, None)
) -> list[str]:
    """Describe what makes two environments different machines; empty for the same machine.

    Args:
        first: The one environment.
        second: The other environment.
        engines: The engine of the training in each, None where unknown. Times of two engines are no more
            comparable than those of two machines.
    """
    pairs = compare_environments(first, second, only=MACHINE)
    if None not in engines and engines[0] != engines[1]:
        pairs["engine"] = engines
    return _format_pairs(pairs)


def _ordered(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    return sorted(records, key=lambda record: (record.setting, record.seed))


def _format_pairs(pairs: Mapping[str, tuple[object, object]]) -> list[str]:
    return [f"{name} {first!r} and {second!r}" for name, (first, second) in pairs.items()]


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


def verdict_of(info: RunInfo) -> VerdictConfig:
    """What the run's config says of verdicts; the defaults where it is from before there were any.

    Raises:
        StoreError: It is not allowed, as in a run.json that was edited by hand.
    """
    try:
        return VerdictConfig.model_validate(info.config.get("verdict", {}))
    except ValidationError as error:
        lines = (
            f"run.json of {info.run_id}: {format_key(('config', 'verdict', *item['loc']))}: {item['msg']}"
            for item in error.errors(include_url=False)
        )
        raise StoreError("\n".join(lines)) from None


def test_score(cell: Cell) -> float:
    """Accuracy, R² or the mean over targets, of a training that ended well."""
    if cell.test_score is None:
        raise ValueError(f"a training of {cell.activation} ended well but has no score")
    return cell.test_score
