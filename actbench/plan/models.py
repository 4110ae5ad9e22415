"""The parts of a plan: settings, blocks and cells, and how much work a training is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from actbench.config.schema.activation import PLACEBO
from actbench.config.schema.dataset import PATH_KEYS, DatasetConfig
from actbench.config.schema.measurement import ProbesConfig, TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.network_size import matched_gated_widths, network_size, widths_under_test
from actbench.config.schema.train import TargetConfig, TrainConfig
from actbench.config.sweep.tune import SEEDS
from actbench.config.sweep.variants import with_values
from actbench.datasets.spec import ONLY_TARGET
from actbench.metrics.objectives import LOSSES, resolve_objectives
from actbench.plan.cell import CellPlan, plan_cell
from actbench.records.base import Record, format_values, hash_content

if TYPE_CHECKING:
    from actbench.config.schema.bench import BenchConfig
    from actbench.metrics.metric import TargetKind
    from actbench.metrics.objectives import Objective
    from actbench.metrics.registry import TargetLike
    from actbench.records.run import DatasetInfo

TUNED_MARK = "tuned"
"""The text in a setting's description in place of a value that is chosen for each activation."""

_ID_DIGITS = 8


class Setting(Record):
    """Everything that a training depends on, except the activation and the seed.

    Attributes:
        id: 8 hexadecimal digits, a hash of `id_content`.
        data_sha256: The hash of the content of the user's own files; None for a dataset that has a name.
        varied: The values by which the settings of a plan differ, by dotted key. They do not enter the id.
        tune: As in the config: a list of candidates for each key, and the number of seeds. The setting's own
            value of such a key is the first candidate.
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

    @classmethod
    def from_config(cls, config: BenchConfig, varied: Mapping[str, Any], data_sha256: str | None) -> Setting:
        """Return the setting of a config without a sweep.

        Args:
            config: One of the `variants` of a config.
            varied: The values by which this variant differs from the others, by dotted key.
            data_sha256: As `datasets.loading.own_files_sha256` returns it.
        """
        without_id = cls(
            id="",
            dataset=config.dataset,
            model=config.model,
            train=config.train,
            timing=config.timing,
            probes=config.probes,
            data_sha256=data_sha256,
            varied=dict(varied),
            targets=config.targets,
            tune=config.tune,
        )
        return without_id.model_copy(update={"id": hash_content(without_id.id_content, _ID_DIGITS)})

    @property
    def name(self) -> str:
        """Return the varied values as text; empty for the only setting of a plan."""
        return format_values(self.varied)

    @property
    def id_content(self) -> dict[str, Any]:
        """Return the plain data of which the id is a hash."""
        return id_content(self)

    def for_cell(self, cell: CellPlan) -> Setting:
        """Return the setting that a cell is trained with: its tuned values replace the setting's own."""
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
        """Return the loss and the output head for each target.

        Args:
            targets: The targets of the data.

        Raises:
            DataError: A loss cannot be used for its target, or a target is not in the data.
        """
        return resolve_objectives(targets, self.train.loss, self.targets)

    def outputs(self, targets: Sequence[TargetLike]) -> int:
        """Return the width of all output heads together.

        Args:
            targets: The targets of the data.

        Raises:
            DataError: As for `objectives`.
        """
        return sum(objective.units for objective in self.objectives(targets))

    @property
    def kinds(self) -> dict[str, TargetKind]:
        """Return the kind of each target that a loss determines, by name; the data decides the others."""
        asked = {name: LOSSES[target.loss] for name, target in self.targets.items() if target.loss}
        if self.train.loss is None:
            return asked
        return dict.fromkeys(self.dataset.target or ONLY_TARGET, LOSSES[self.train.loss])


class Block(Record):
    """All cells of one setting and seed, which run interleaved in one process.

    Attributes:
        id: `<setting id>-<seed>`; for a tuning block `<setting id>-tune-<number of the candidate>-<seed>`.
        cells: In the order of the config, the placebo last.
        baseline: Label of the activation that the others are compared with. A tuning block may lack it.
        seeds: Number of blocks of the setting that are of the same kind: final, or of one candidate.
        extra_budget_s: The block's share of the time that timing-only rounds may take in the whole run.
        training_only: Leave out probes, timed inference and timing-only rounds, whatever the setting says.
        candidate: The values that a tuning block tries, by dotted key; empty for a final block. A tuning
            block has no placebo, is not timed and does not use the test data.
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
        """Return the examples per timed inference call; empty for a block without timed inference."""
        return () if self.training_only else self.setting.timing.inference_batch_sizes

    @property
    def probe_epochs(self) -> tuple[int | Literal["last"], ...]:
        """Return after how many epochs the networks are probed; empty for a block without probes."""
        return () if self.training_only else self.setting.probes.epochs

    @property
    def target_ci(self) -> float | None:
        """Return the precision at which timing-only rounds end; None for a block without such rounds."""
        return None if self.training_only else self.setting.timing.target_ci

    @property
    def title(self) -> str:
        """Return the name of the block in progress messages."""
        tuning = f"tuning {format_values(self.candidate)}" if self.candidate else ""
        return ", ".join(filter(None, (self.setting.name, tuning, f"seed {self.seed}")))

    def with_chosen(self, chosen: Mapping[str, Mapping[str, Any]]) -> Block:
        """Return the block with the tuned values of each activation.

        Args:
            chosen: By label, the values by dotted key. The placebo takes the baseline's.
        """
        cells = [cell.model_copy(update={"tuned": dict(chosen[self._tuned_as(cell)])}) for cell in self.cells]
        return self.model_copy(update={"cells": tuple(cells)})

    def _tuned_as(self, cell: CellPlan) -> str:
        return self.baseline if cell.label == PLACEBO and self.baseline is not None else cell.label


class Plan(Record):
    """Everything that a run measures.

    Attributes:
        run_id: 12 hexadecimal digits, a hash of what determines the numbers. The name does not enter it.
        name: The name of the config.
        settings: In the order of the config.
        blocks: Setting by setting; within a setting the tuning blocks first, then seed by seed.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None if it is switched off.
    """

    run_id: str
    name: str
    settings: tuple[Setting, ...]
    blocks: tuple[Block, ...]
    baseline: str
    placebo: str | None

    @property
    def trainings(self) -> int:
        """Return the number of cells in all blocks."""
        return sum(len(block.cells) for block in self.blocks)

    @property
    def tuning_trainings(self) -> int:
        """Return the number of cells in tuning blocks."""
        return sum(len(block.cells) for block in self.tuning)

    @property
    def tuning(self) -> tuple[Block, ...]:
        """Return the tuning blocks, which serve to choose hyper-parameters."""
        return tuple(block for block in self.blocks if block.candidate)

    @property
    def final(self) -> tuple[Block, ...]:
        """Return the final blocks, which are reported: all but the tuning blocks."""
        return tuple(block for block in self.blocks if not block.candidate)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels of the activations, the placebo last; they are the same in every final block."""
        return tuple(cell.label for cell in self.final[0].cells)

    def cells(self, setting: Setting) -> tuple[CellPlan, ...]:
        """Return the cells of each final block of a setting."""
        return next(block.cells for block in self.final if block.setting == setting)


def plan_cells(config: BenchConfig) -> tuple[CellPlan, ...]:
    """Return the cells of a config without a sweep, in the order of its activations, the placebo last."""
    cells = [plan_cell(entry, config.model.init) for entry in config.activations]
    if config.placebo:
        baseline = next(cell for cell in cells if cell.label == config.baseline)
        cells.append(baseline.model_copy(update={"label": PLACEBO}))
    return tuple(cells)


def id_content(record: Record) -> dict[str, Any]:
    """Return the values that determine an id: those that differ from their defaults.

    Defaults are left out so that a key added in a later version changes no earlier id. The paths of files are
    left out because they move no number; the hash of the content stands for them.
    """
    return record.model_dump(
        mode="json", exclude_defaults=True, exclude={"id": True, "varied": True, "dataset": set(PATH_KEYS)}
    )


def describe_setting(setting: Setting) -> dict[str, Any]:
    """Return a setting as reports show it: files without their folder, and `TUNED_MARK` for tuned keys."""
    description = setting.model_dump(mode="json", exclude={"id", "data_sha256", "varied"})
    description = mark_tuned(description, setting.tune)
    dataset = {
        key: value for key, value in description["dataset"].items() if (key, value) != ("format", "auto")
    }
    file_names = {key: Path(dataset[key]).name for key in PATH_KEYS if dataset[key] is not None}
    return {**description, "dataset": {**dataset, **file_names}}


def mark_tuned(sections: Mapping[str, Any], tune: Mapping[str, Any]) -> dict[str, Any]:
    """Return sections of a setting with `TUNED_MARK` in place of the first candidate of each tuned key."""
    return with_values(sections, {key: TUNED_MARK for key in tune if key != SEEDS})


def steps_per_epoch(setting: Setting, train_size: int) -> int:
    """Return the number of batches that hold every training example once; the last may be short."""
    return -(-train_size // setting.train.batch_size)


def slice_steps(steps: int, slices: int) -> tuple[int, ...]:
    """Cut one epoch into slices, which are timed one by one.

    Args:
        steps: Steps of the epoch, at least 1.
        slices: Requested slices, at least 1. An epoch of fewer steps has one slice for each step.

    Returns:
        The steps of each slice, in order. They differ by at most 1. A short batch is the last step of the
        last slice.
    """
    slices = min(slices, steps)
    bounds = [steps * index // slices for index in range(slices + 1)]
    return tuple(stop - start for start, stop in itertools.pairwise(bounds))


def training_flops(setting: Setting, features: int, outputs: int, train_size: int) -> int:
    """Estimate the floating-point operations of the matrix products in one training.

    The forward pass takes two operations for each weight and example, and the backward pass takes twice that.

    Args:
        setting: The hidden layers and the epochs. Early stopping is ignored.
        features: Width of the input.
        outputs: Width of the output.
        train_size: Number of training examples.
    """
    weights = network_size(setting.model.network, features, outputs).products
    return 3 * 2 * weights * train_size * setting.train.epochs


@dataclass(frozen=True)
class GatedModel:
    """The model of a gated unit, whose layers may be narrower so that it has as many parameters.

    Attributes:
        label: Label of the activation.
        hidden_units: Width of each layer with the activation, after gating.
        parameters: Number of weights and biases of the model.
        plain: The same number of the model without gates.
    """

    label: str
    hidden_units: tuple[int, ...]
    parameters: int
    plain: int


def gated_models(cells: Sequence[CellPlan], setting: Setting, data: DatasetInfo) -> tuple[GatedModel, ...]:
    """Return the model of each gated unit among the cells of a setting."""
    layers, outputs = setting.model.network, setting.outputs(data.targets)
    plain = network_size(layers, data.features, outputs).parameters
    found = []
    for cell in cells:
        if cell.match is not None:
            matched = cell.match == "params"
            units = (
                matched_gated_widths(layers, data.features, outputs) if matched else widths_under_test(layers)
            )
            size = network_size(layers, data.features, outputs, gated=True, widths=units)
            found.append(GatedModel(cell.label, units, size.parameters, plain))
    return tuple(found)
