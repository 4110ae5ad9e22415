"""What is trained, on what and how, whatever the activation and the seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from actbench.config.paths import PATH_KEYS
from actbench.config.schema.activation import PLACEBO
from actbench.config.schema.dataset import DatasetConfig
from actbench.config.schema.measurement import ProbesConfig, TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.train import TargetConfig, TrainConfig
from actbench.config.sweep.tune import SEEDS
from actbench.config.sweep.variants import with_values
from actbench.datasets.spec import ONLY_TARGET
from actbench.metrics.objectives import LOSSES, resolve_objectives
from actbench.plan.cell import CellPlan
from actbench.records.base import Record, name_of

if TYPE_CHECKING:
    from actbench.metrics.metric import TargetKind
    from actbench.metrics.objectives import Objective
    from actbench.metrics.registry import TargetLike

TUNED = "tuned"
"""Stands in a setting's description where each activation has a value of its own."""


class Setting(Record):
    """Everything but the activation and the seed.

    Attributes:
        id: 8 hexadecimal digits, a hash of what differs from the defaults in what follows; of own files it
            counts what is in them, not where they lie.
        data_sha256: Of own files' content; None of a dataset with a name.
        varied: What differs between the settings of the plan, by dotted key; it has no say in the id.
        tune: As in the config: lists of candidates by key, and the number of seeds. Where there are any, what
            the setting itself says of these keys is the first candidate.
    """

    id: str
    dataset: DatasetConfig
    model: ModelConfig
    train: TrainConfig
    timing: TimingConfig
    probes: ProbesConfig = Field(default_factory=ProbesConfig)
    data_sha256: str | None = None
    targets: dict[str, TargetConfig] = Field(default_factory=dict)
    varied: dict[str, Any] = Field(default_factory=dict)
    tune: dict[str, Any] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """What varies, in words; empty for the only setting of a plan."""
        return name_of(self.varied)

    @property
    def differing(self) -> dict[str, Any]:
        """What differs from the defaults, as plain data: the id is a hash of it."""
        return differing(self)

    def tuned(self, cell: CellPlan) -> Setting:
        """The setting with what a cell has in the place of its own."""
        if not cell.tuned:
            return self
        changed = with_values({"model": self.model, "train": self.train}, cell.tuned)
        return self.model_copy(
            update={
                "model": ModelConfig.model_validate(changed["model"]),
                "train": TrainConfig.model_validate(changed["train"]),
            }
        )

    def objectives(self, targets: Sequence[TargetLike]) -> tuple[Objective, ...]:
        """What a model is trained for.

        Args:
            targets: What the data has.

        Raises:
            DataError: As `resolve_objectives`.
        """
        return resolve_objectives(targets, self.train.loss, self.targets)

    def outputs(self, targets: Sequence[TargetLike]) -> int:
        """Width of all heads of a model together; arguments and errors as of `objectives`."""
        return sum(objective.units for objective in self.objectives(targets))

    @property
    def kinds(self) -> dict[str, TargetKind]:
        """What the losses make of targets, by name; of the others the data decides."""
        asked = {name: LOSSES[target.loss] for name, target in self.targets.items() if target.loss}
        if self.train.loss is None:
            return asked
        return dict.fromkeys(self.dataset.target or ONLY_TARGET, LOSSES[self.train.loss])


def with_tuned(sections: Mapping[str, Any], tune: Mapping[str, Any]) -> dict[str, Any]:
    """Sections of a setting for a reader: TUNED in the place of the first candidate of what is tuned."""
    return with_values(sections, {key: TUNED for key in tune if key != SEEDS})


def describe_setting(setting: Setting) -> dict[str, Any]:
    """A setting as reports show it: own files by name, wherever they lie, and TUNED for what is tuned."""
    description = setting.model_dump(mode="json", exclude={"id", "data_sha256", "varied"})
    description = with_tuned(description, setting.tune)
    data = description["dataset"]
    names = {key: Path(data[key]).name for key in PATH_KEYS if data[key] is not None}
    told = {key: value for key, value in data.items() if (key, value) != ("format", "auto")}
    return {**description, "dataset": {**told, **names}}


def differing(record: Record) -> dict[str, Any]:
    """What differs from the defaults and has a say in an id: a key that comes later changes none."""
    place = set(PATH_KEYS)  # where files lie moves no number
    return record.model_dump(
        mode="json", exclude_defaults=True, exclude={"id": True, "varied": True, "dataset": place}
    )


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

    def with_values(self, chosen: Mapping[str, Mapping[str, Any]]) -> Block:
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


class Plan(Record):
    """A whole run.

    Attributes:
        run_id: 12 hexadecimal digits, a hash of what determines the numbers; the name does not.
        name: The config's.
        settings: In the order of the config.
        blocks: Setting by setting, of each the tuning blocks first, seed by seed.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None when switched off.
    """

    run_id: str
    name: str
    settings: tuple[Setting, ...]
    blocks: tuple[Block, ...]
    baseline: str
    placebo: str | None

    @property
    def trainings(self) -> int:
        """How many cells there are in all blocks."""
        return sum(len(block.cells) for block in self.blocks)

    @property
    def tuning_trainings(self) -> int:
        """How many of them choose hyper-parameters."""
        return sum(len(block.cells) for block in self.tuning)

    @property
    def tuning(self) -> tuple[Block, ...]:
        """The blocks that choose hyper-parameters."""
        return tuple(block for block in self.blocks if block.candidate)

    @property
    def final(self) -> tuple[Block, ...]:
        """The blocks that are reported: all others."""
        return tuple(block for block in self.blocks if not block.candidate)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the activations, the placebo last; the same in every block that is no tuning."""
        return tuple(cell.label for cell in self.final[0].cells)

    def cells(self, setting: Setting) -> tuple[CellPlan, ...]:
        """What is trained in each block of a setting that is no tuning."""
        return next(block.cells for block in self.final if block.setting == setting)
