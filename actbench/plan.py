"""What a config amounts to: settings, blocks and cells, with ids that depend on nothing but their content."""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
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
from actbench.config.tune import SEEDS
from actbench.config.variants import with_values
from actbench.datasets import ONLY_TARGET, sha256_of_own
from actbench.objectives import LOSSES, Objective, Predicted, TargetKind, objectives_of
from actbench.records import Record
from actbench.streams import integer
from actbench.varied import name_of

TUNED = "tuned"
"""Stands in a setting's description where each activation has a value of its own."""

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
        return _differing(self)

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


def make_plan(config: BenchConfig) -> Plan:
    """The plan of a config; equal configs, and equal files where they name any, have equal plans.

    Raises:
        DataError: An own file cannot be read.
    """
    planned = [(_setting(variant, varied), _cells(variant)) for varied, variant in config.variants]
    settings = tuple(setting for setting, _ in planned)
    timed = sum(setting.timing.budget_s is not None for setting in settings) * len(config.seeds)
    blocks = tuple(
        block
        for setting, cells in planned
        for block in (
            *_tuning_blocks(config, setting, cells),
            *_final_blocks(config, setting, cells, (setting.timing.budget_s or 0.0) / max(1, timed)),
        )
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
    return tuple(stop - start for start, stop in itertools.pairwise(bounds))


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


def _final_blocks(
    config: BenchConfig, setting: Setting, cells: tuple[CellPlan, ...], extra_budget_s: float
) -> Iterator[Block]:
    for seed in config.seeds:
        yield Block(
            id=f"{setting.id}-{seed}",
            setting=setting,
            seed=seed,
            cells=cells,
            baseline=config.baseline,
            seeds=len(config.seeds),
            extra_budget_s=extra_budget_s,
        )


def _tuning_blocks(config: BenchConfig, setting: Setting, cells: tuple[CellPlan, ...]) -> Iterator[Block]:
    """Candidate by candidate, so that a worker compiles each once."""
    seeds = _fresh_seeds(config.tuning_seeds, config.seeds)
    for number, candidate in enumerate(config.candidates):
        tried = tuple(cell.model_copy(update={"tuned": candidate}) for cell in cells if cell.label != PLACEBO)
        for seed in seeds:
            yield Block(
                id=f"{setting.id}-tune-{number}-{seed}",
                setting=setting.untimed,
                seed=seed,
                cells=tried,
                baseline=config.baseline,
                seeds=len(seeds),
                candidate=candidate,
            )


def _fresh_seeds(count: int, taken: Sequence[int]) -> tuple[int, ...]:
    """That many seeds, none of which is taken; a taken one is passed over, so that it moves no other."""
    drawn = (integer(index, "tuning seed") for index in itertools.count())
    fresh = filter(lambda seed: seed not in taken, drawn)
    return tuple(dict.fromkeys(itertools.islice(fresh, count)))


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
        tune=config.tune,
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
