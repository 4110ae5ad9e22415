"""From a config to its plan, with ids that depend on nothing but their content."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from actbench.config.schema.activation import PLACEBO
from actbench.datasets.loading import sha256_of_own
from actbench.plan.cell import plan_cell
from actbench.plan.models import Block, Plan, Setting, differing
from actbench.rng import integer

if TYPE_CHECKING:
    from actbench.config.schema.bench import BenchConfig
    from actbench.plan.cell import CellPlan

_SETTING_DIGITS = 8

_RUN_DIGITS = 12


def make_plan(config: BenchConfig, settings: Sequence[Setting] | None = None) -> Plan:
    """Return the plan of a config. Equal configs have equal plans if the files that they name are equal, too.

    Args:
        config: A valid config.
        settings: The settings of its `variants`, in order, where they are planned already.

    Raises:
        DataError: An own file cannot be read.
    """
    if settings is None:
        settings = [plan_setting(variant, varied) for varied, variant in config.variants]
    cells_of = [plan_cells(variant) for _, variant in config.variants]
    planned = list(zip(settings, cells_of, strict=True))
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
        "cells": {setting.id: [differing(cell) for cell in cells] for setting, cells in planned},
        "baseline": config.baseline,
    }
    return Plan(
        run_id=_digest(content, _RUN_DIGITS),
        name=config.name,
        settings=tuple(settings),
        blocks=blocks,
        baseline=config.baseline,
        placebo=PLACEBO if config.placebo else None,
    )


def plan_cells(config: BenchConfig) -> tuple[CellPlan, ...]:
    """What its activations amount to, in their order, the placebo last."""
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
                setting=setting,
                seed=seed,
                cells=tried,
                baseline=config.baseline,
                seeds=len(seeds),
                training_only=True,
                candidate=candidate,
            )


def _fresh_seeds(count: int, taken: Sequence[int]) -> tuple[int, ...]:
    """That many seeds, none of which is taken; a taken one is passed over, so that it moves no other."""
    drawn = (integer(index, "tuning seed") for index in itertools.count())
    fresh = filter(lambda seed: seed not in taken, drawn)
    return tuple(dict.fromkeys(itertools.islice(fresh, count)))


def plan_setting(config: BenchConfig, varied: Mapping[str, Any]) -> Setting:
    """The setting of a config without a sweep.

    Args:
        config: One of the `variants` of a config.
        varied: The values by which it differs, by dotted key.

    Raises:
        DataError: An own file cannot be read.
    """
    unnamed = Setting(
        id="",
        dataset=config.dataset,
        model=config.model,
        train=config.train,
        timing=config.timing,
        probes=config.probes,
        data_sha256=sha256_of_own(config.dataset.wanted()),
        varied=dict(varied),
        targets=config.targets,
        tune=config.tune,
    )
    return unnamed.model_copy(update={"id": _digest(differing(unnamed), _SETTING_DIGITS)})


def _digest(content: dict[str, Any], digits: int) -> str:
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
