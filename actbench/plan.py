"""What a config amounts to: settings, blocks and cells, with ids that depend on nothing but their content."""

import hashlib
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from actbench.activations import ParameterValue, find
from actbench.activations.expression import parse
from actbench.activations.source import look_up
from actbench.config.initializers import RECOMMENDED
from actbench.config.network import sizes
from actbench.config.schema import (
    PLACEBO,
    ActivationConfig,
    BenchConfig,
    DatasetConfig,
    InitConfig,
    ModelConfig,
    ProbesConfig,
    TargetConfig,
    TimingConfig,
    TrainConfig,
)
from actbench.datasets import ONLY_TARGET, sha256_of_own
from actbench.objectives import LOSSES, Objective, Predicted, TargetKind, objectives_of
from actbench.records import Record
from actbench.varied import name_of

_SETTING_DIGITS = 8
_RUN_DIGITS = 12


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


class Setting(Record):
    """Everything but the activation and the seed.

    Attributes:
        id: 8 hexadecimal digits, a hash of what differs from the defaults in what follows; of own files it
            counts what is in them, not where they lie.
        data_sha256: Of own files' content; None of a dataset with a name.
        varied: What differs between the settings of the plan, by dotted key; it has no say in the id.
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

    @property
    def name(self) -> str:
        """What varies, in words; empty for the only setting of a plan."""
        return name_of(self.varied)

    @property
    def differing(self) -> dict[str, Any]:
        """What differs from the defaults, as plain data: the id is a hash of it."""
        return _differing(self)

    def objectives(self, targets: Sequence[Predicted]) -> tuple[Objective, ...]:
        """What a model is trained for.

        Args:
            targets: What the data has.

        Raises:
            ConfigError: As `objectives_of`.
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
        id: `<setting id>-<seed>`.
        cells: In the order of the config, the placebo last.
        baseline: Label of the activation that the others are compared with; it need not be among the cells.
        seeds: How many blocks the setting has.
        extra_budget_s: The block's share of what timing-only rounds may take in the whole run.
    """

    id: str
    setting: Setting
    seed: int
    cells: tuple[CellPlan, ...]
    baseline: str | None = None
    seeds: int = 1
    extra_budget_s: float = 0.0

    @property
    def title(self) -> str:
        """What progress calls it."""
        return ", ".join(filter(None, (self.setting.name, f"seed {self.seed}")))


class Plan(Record):
    """A whole run.

    Attributes:
        run_id: 12 hexadecimal digits, a hash of what determines the numbers; the name does not.
        name: The config's.
        settings: In the order of the config.
        blocks: Setting by setting, seed by seed.
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
    def labels(self) -> tuple[str, ...]:
        """Of the activations, the placebo last; the same in every block."""
        return tuple(cell.label for cell in self.blocks[0].cells)

    def cells(self, setting: Setting) -> tuple[CellPlan, ...]:
        """What is trained in each block of a setting."""
        return next(block.cells for block in self.blocks if block.setting == setting)


def make_plan(config: BenchConfig) -> Plan:
    """The plan of a config; equal configs, and equal files where they name any, have equal plans.

    Raises:
        DataError: An own file cannot be read.
    """
    planned = [(_setting(variant, varied), _cells(variant)) for varied, variant in config.variants]
    settings = tuple(setting for setting, _ in planned)
    timed = sum(setting.timing.budget_s is not None for setting in settings) * len(config.seeds)
    blocks = tuple(
        Block(
            id=f"{setting.id}-{seed}",
            setting=setting,
            seed=seed,
            cells=cells,
            baseline=config.baseline,
            seeds=len(config.seeds),
            extra_budget_s=(setting.timing.budget_s or 0.0) / max(1, timed),
        )
        for setting, cells in planned
        for seed in config.seeds
    )
    content = {
        "blocks": [block.id for block in blocks],
        "cells": {setting.id: [_differing(cell) for cell in cells] for setting, cells in planned},
        "baseline": config.baseline,
    }
    return Plan(
        run_id=_digest(content, _RUN_DIGITS),
        name=config.name,
        settings=settings,
        blocks=blocks,
        baseline=config.baseline,
        placebo=PLACEBO if config.placebo else None,
    )


def plan_cell(entry: ActivationConfig, model_init: InitConfig) -> CellPlan:
    """What a config's entry amounts to.

    Args:
        entry: One of the activations.
        model_init: The initialiser of those that have none of their own.
    """
    row = find(entry.name) if entry.name is not None else None
    init = entry.init or model_init
    name = row.recommended.init if row is not None and init.name == RECOMMENDED else init.name
    trained = entry.trainable if entry.trainable is not None else row is not None and row.trained
    return CellPlan(
        label=entry.label,
        name=entry.name,
        expr=None if entry.expr is None else parse(entry.expr, entry.params).text,
        function=entry.function,
        source_sha256=None if entry.function is None else look_up(entry.function).sha256,
        params=entry.params,
        trainable=trained,
        match=(entry.match or "params") if row is not None and row.gated else None,
        surrogate=(entry.surrogate or "none") if row is not None and row.kind == "step" else None,
        init=name,
        init_params=dict(init.params),
    )


def describe_setting(setting: Setting) -> dict[str, Any]:
    """A setting as reports show it: own files by name, wherever they lie."""
    description = setting.model_dump(mode="json", exclude={"id", "data_sha256", "varied"})
    data = description["dataset"]
    names = {key: Path(data[key]).name for key in ("path", "test_path") if data[key] is not None}
    told = {key: value for key, value in data.items() if (key, value) != ("format", "auto")}
    return {**description, "dataset": {**told, **names}}


def steps_per_epoch(setting: Setting, train_size: int) -> int:
    """Batches that it takes to see every training example once, the short last one included."""
    return -(-train_size // setting.train.batch_size)


def slice_steps(steps: int, slices: int) -> tuple[int, ...]:
    """How one epoch is cut into slices.

    Args:
        steps: Steps of the epoch, at least 1.
        slices: Slices asked for, at least 1; with fewer steps than that there are as many as steps.

    Returns:
        The steps of each slice, in order; they differ by at most 1, and none is empty. The epoch's short
        batch, if there is one, is the last step of the last.
    """
    slices = min(slices, steps)
    bounds = [steps * index // slices for index in range(slices + 1)]
    return tuple(stop - start for start, stop in pairwise(bounds))


def training_flops(setting: Setting, features: int, classes: int, train_size: int) -> int:
    """Floating-point operations of the matrix products in one cell's training, roughly.

    A product of the forward pass takes two operations for each weight and example; the backward pass takes
    twice that.

    Args:
        setting: Says the hidden layers and the epochs, all of which are taken to be run.
        features: Width of the input.
        classes: Width of the output.
        train_size: Training examples.
    """
    weights = sizes(setting.model.network, features, classes).products
    return 3 * 2 * weights * train_size * setting.train.epochs


def _cells(config: BenchConfig) -> tuple[CellPlan, ...]:
    cells = [plan_cell(entry, config.model.init) for entry in config.activations]
    if config.placebo:
        baseline = next(cell for cell in cells if cell.label == config.baseline)
        cells.append(baseline.model_copy(update={"label": PLACEBO}))
    return tuple(cells)


def _setting(config: BenchConfig, varied: dict[str, Any]) -> Setting:
    unnamed = Setting(
        id="",
        dataset=config.dataset,
        model=config.model,
        train=config.train,
        timing=config.timing,
        probes=config.probes,
        data_sha256=sha256_of_own(config.dataset.wanted()),
        varied=varied,
        targets=config.targets,
    )
    return unnamed.model_copy(update={"id": _digest(_differing(unnamed), _SETTING_DIGITS)})


def _differing(record: Record) -> dict[str, Any]:
    """What differs from the defaults and has a say in an id: a key that comes later changes none."""
    place = {"path", "test_path"}  # where files lie moves no number
    return record.model_dump(
        mode="json", exclude_defaults=True, exclude={"id": True, "varied": True, "dataset": place}
    )


def _digest(content: dict[str, Any], digits: int) -> str:
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
