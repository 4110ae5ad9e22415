"""All cells of one setting and seed."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from actbench.config.schema import PLACEBO
from actbench.planned.cell import CellPlan
from actbench.planned.setting import Setting
from actbench.records import Record
from actbench.varied import name_of


class Block(Record):
    """All cells of one setting and seed: they run interleaved in one process.

    Attributes:
        id: `<setting id>-<seed>`; of a tuning block `<setting id>-tune-<number of the candidate>-<seed>`.
        cells: In the order of the config, the placebo last.
        baseline: Label of the activation that the others are compared with; it need not be among the cells.
        seeds: How many blocks the setting has.
        extra_budget_s: The block's share of what timing-only rounds may take in the whole run.
        training_only: Whether the block leaves out probes, timed inference and timing-only rounds, whatever
            the setting says of them.
        candidate: What a tuning block tries, by dotted key. Such a block has no placebo and is not timed, and
            looks at no test data; the others have no candidate.
    """

    id: str
    setting: Setting
    seed: int
    cells: tuple[CellPlan, ...]
    baseline: str | None = None
    seeds: int = 1
    extra_budget_s: float = 0.0
    training_only: bool = False
    candidate: dict[str, Any] = Field(default_factory=dict)

    @property
    def inference_batch_sizes(self) -> tuple[int, ...]:
        """Return the examples per timed inference call; empty for a block without any."""
        return () if self.training_only else self.setting.timing.inference_batch_sizes

    @property
    def probe_epochs(self) -> tuple[int | Literal["last"], ...]:
        """Return after how many epochs to look inside the networks; empty for never."""
        return () if self.training_only else self.setting.probes.epochs

    @property
    def target_ci(self) -> float | None:
        """Return the precision up to which there are timing-only rounds; None for a block without any."""
        return None if self.training_only else self.setting.timing.target_ci

    @property
    def title(self) -> str:
        """What progress calls it."""
        tuning = f"tuning {name_of(self.candidate)}" if self.candidate else ""
        return ", ".join(filter(None, (self.setting.name, tuning, f"seed {self.seed}")))

    def with_values(self, chosen: Mapping[str, Mapping[str, Any]]) -> "Block":
        """The block with the values that each activation was given.

        Args:
            chosen: Values by dotted key, by label; the placebo has the baseline's.
        """
        cells = [
            cell.model_copy(update={"tuned": dict(chosen[self._stands_for(cell)])}) for cell in self.cells
        ]
        return self.model_copy(update={"cells": tuple(cells)})

    def _stands_for(self, cell: CellPlan) -> str:
        return self.baseline if cell.label == PLACEBO and self.baseline is not None else cell.label
