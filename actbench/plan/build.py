"""The plan of a config: its settings and blocks, with ids that depend only on their content."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from actbench.config.schema.activation import PLACEBO
from actbench.datasets.loading import own_files_sha256
from actbench.plan.models import Block, Plan, Setting, id_content, plan_cells
from actbench.records.base import hash_content
from actbench.rng import integer

if TYPE_CHECKING:
    from actbench.config.schema.bench import BenchConfig
    from actbench.plan.cell import CellPlan

_RUN_ID_DIGITS = 12


def make_plan(config: BenchConfig, settings: Sequence[Setting] | None = None) -> Plan:
    """Return the plan of a config.

    Equal configs have equal plans if the files that they name have equal content.

    Args:
        config: A valid config.
        settings: The settings of its `variants`, in order, as `check_data` returns them. By default they are
            made here.

    Raises:
        DataError: One of the user's own files cannot be read.
    """
    if settings is None:
        settings = [
            Setting.from_config(variant, varied, own_files_sha256(variant.dataset.spec()))
            for varied, variant in config.variants
        ]
    planned = [
        (setting, plan_cells(variant))
        for setting, (_, variant) in zip(settings, config.variants, strict=True)
    ]
    timed_blocks = sum(setting.timing.budget_s is not None for setting in settings) * len(config.seeds)
    blocks = tuple(
        block
        for setting, cells in planned
        for block in (
            *_tuning_blocks(config, setting, cells),
            *_final_blocks(config, setting, cells, (setting.timing.budget_s or 0.0) / max(1, timed_blocks)),
        )
    )
    content = {
        "blocks": [block.id for block in blocks],
        "cells": {setting.id: [id_content(cell) for cell in cells] for setting, cells in planned},
        "baseline": config.baseline,
    }
    return Plan(
        run_id=hash_content(content, _RUN_ID_DIGITS),
        name=config.name,
        settings=tuple(settings),
        blocks=blocks,
        baseline=config.baseline,
        placebo=PLACEBO if config.placebo else None,
    )


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
    """Yield the tuning blocks candidate by candidate, so that a worker compiles each candidate once."""
    seeds = _tuning_seeds(config.tuning_seeds, config.seeds)
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


def _tuning_seeds(count: int, final_seeds: Sequence[int]) -> tuple[int, ...]:
    """Return seeds of which no final block has one.

    A drawn seed that a final block has is skipped, so that the other tuning seeds stay the same.
    """
    drawn = (integer(index, "tuning seed") for index in itertools.count())
    fresh = filter(lambda seed: seed not in final_seeds, drawn)
    return tuple(dict.fromkeys(itertools.islice(fresh, count)))
