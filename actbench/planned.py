"""What is planned: cells, settings, blocks, and the run that they make."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from actbench.activations import ParameterValue
from actbench.config.schema import (
    PLACEBO,
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
from actbench.records import Record
from actbench.varied import name_of

TUNED = "tuned"
"""Stands in a setting's description where each activation has a value of its own."""


class CellPlan(Record):
    """One training of a block. Of `name`, `expr` and `function` exactly one is there.

    Attributes:
        label: What tables call the activation.
        name: Its name in the catalogue.
        expr: An expression in x and the parameters, in canonical form.
        function: What is imported, as "package.module:function".
        source_sha256: Of an imported function's source, as `activations.source` hashes it.
        params: Its parameters as written; the catalogue's defaults for the others.
        trainable: Whether its parameters are weights.
        match: What a gated layer has in common with the plain one: the model's parameter count, or its width.
        surrogate: What stands for the gradient of the step.
        init: Initialiser of the hidden layers' weights: "keras" for the default of Dense, "moment_matched",
            or the name of a Keras initialiser.
        init_params: Arguments of a Keras initialiser.
        tuned: Values that it has in the place of the setting's, by dotted key; of a setting that is tuned the
            plan has none, for they are chosen when its tuning blocks are measured.
    """

    label: str
    name: str | None = None
    expr: str | None = None
    function: str | None = None
    source_sha256: str | None = None
    params: dict[str, ParameterValue] = Field(default_factory=dict)
    trainable: bool = False
    match: Literal["params", "width"] | None = None
    surrogate: Literal["none", "straight_through", "sigmoid"] | None = None
    init: str = "keras"
    init_params: dict[str, ParameterValue | str] = Field(default_factory=dict)
    tuned: dict[str, Any] = Field(default_factory=dict)


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

    def tuned(self, cell: "CellPlan") -> "Setting":
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

    @property
    def untimed(self) -> "Setting":
        """The setting without the timing that comes after the training, and without probes."""
        timing = self.timing
        return self.model_copy(
            update={
                "probes": self.probes.model_copy(update={"epochs": ()}),
                "timing": TimingConfig(
                    engine=timing.engine,
                    slices_per_epoch=timing.slices_per_epoch,
                    inference_batch_sizes=(),
                ),
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


class Block(Record):
    """All cells of one setting and seed: they run interleaved in one process.

    Attributes:
        id: `<setting id>-<seed>`; of a tuning block `<setting id>-tune-<number of the candidate>-<seed>`.
        cells: In the order of the config, the placebo last.
        baseline: Label of the activation that the others are compared with; it need not be among the cells.
        seeds: How many blocks the setting has.
        extra_budget_s: The block's share of what timing-only rounds may take in the whole run.
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
    candidate: dict[str, Any] = Field(default_factory=dict)

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


def tuned_keys(tune: Mapping[str, Any]) -> tuple[str, ...]:
    """What is tuned, of the config's `tune`."""
    return tuple(key for key in tune if key != SEEDS)


def describe_setting(setting: Setting) -> dict[str, Any]:
    """A setting as reports show it: own files by name, wherever they lie, and TUNED for what is tuned."""
    description = setting.model_dump(mode="json", exclude={"id", "data_sha256", "varied"})
    description = with_values(description, dict.fromkeys(tuned_keys(setting.tune), TUNED))
    data = description["dataset"]
    names = {key: Path(data[key]).name for key in ("path", "test_path") if data[key] is not None}
    told = {key: value for key, value in data.items() if (key, value) != ("format", "auto")}
    return {**description, "dataset": {**told, **names}}


def differing(record: Record) -> dict[str, Any]:
    """What differs from the defaults and has a say in an id: a key that comes later changes none."""
    place = {"path", "test_path"}  # where files lie moves no number
    return record.model_dump(
        mode="json", exclude_defaults=True, exclude={"id": True, "varied": True, "dataset": place}
    )
