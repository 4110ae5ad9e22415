"""What is trained, on what and how, whatever the activation and the seed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from actbench.config.paths import PATH_KEYS
from actbench.config.schema import (
    DatasetConfig,
    ModelConfig,
    ProbesConfig,
    TargetConfig,
    TimingConfig,
    TrainConfig,
)
from actbench.config.tune import SEEDS
from actbench.config.variants import with_values
from actbench.datasets import ONLY_TARGET
from actbench.objectives import LOSSES, Objective, Predicted, TargetKind, objectives_of
from actbench.planned.cell import CellPlan
from actbench.records import Record
from actbench.varied import name_of

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

    def tuned(self, cell: CellPlan) -> "Setting":
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

    def objectives(self, targets: Sequence[Predicted]) -> tuple[Objective, ...]:
        """What a model is trained for.

        Args:
            targets: What the data has.

        Raises:
            DataError: As `objectives_of`.
        """
        return objectives_of(targets, self.train.loss, self.targets)

    def outputs(self, targets: Sequence[Predicted]) -> int:
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
