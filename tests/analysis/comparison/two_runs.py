"""Pairs of synthetic runs whose difference is known."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from actbench.analysis.comparison.changes import Changes
from actbench.analysis.comparison.runs import compare_runs
from actbench.records.block import BlockRecord
from actbench.records.run import Environment, RunInfo, SettingInfo
from tests.factories import SyntheticRun, make_block, make_cell, make_info

LABELS = ("relu", "tanh", "placebo")
# A little noise, the same in every run, so that intervals exist and are narrow.
WOBBLE = (0.999, 1.001, 1.0, 0.9995, 1.0005, 1.0)


def small_run(
    labels: Sequence[str] = LABELS,
    *,
    seeds: Iterable[int] = range(6),
    accuracy: Callable[[str, int], float | None] = lambda _, seed: 0.9 + 0.001 * seed,
    slowdown: Mapping[str, float] | None = None,
    drift: float = 1.0,
    latency_s: Mapping[int, float] | None = None,
    setting: str = "11111111",
    environment: Environment | None = None,
    placebo: str | None = "placebo",
    **info: Any,
) -> SyntheticRun:
    """Each cell trains 20 steps in 2 slices, 10 ms a step times slowdown, drift and a wobble."""
    blocks = []
    for seed in seeds:
        cells = []
        for label in labels:
            factor = (slowdown or {}).get(label, 1.0) * drift * WOBBLE[seed % len(WOBBLE)]
            cells.append(
                make_cell(
                    label,
                    accuracy=accuracy(label, seed),
                    slice_s=(0.1 * factor, 0.1 * factor),
                    latency_s={size: [value * factor] * 4 for size, value in (latency_s or {}).items()},
                )
            )
        blocks.append(make_block(cells, seed=seed, setting=setting, environment=environment))
    made = make_info(labels, settings=(setting,), placebo=placebo, **info)
    ids = tuple(block.block for block in blocks)
    return SyntheticRun(made.model_copy(update={"blocks": ids}), blocks)


def with_timing(run: SyntheticRun, setting: str, **timing: Any) -> SyntheticRun:
    """The same run under another setting id, with other timing."""
    description = dict(run.info.settings[0].description)
    description["timing"] = {**description["timing"], **timing}
    info = run.info.model_copy(
        update={
            "settings": (SettingInfo(id=setting, description=description),),
            "dataset": {setting: next(iter(run.info.dataset.values()))},
            "blocks": tuple(f"{setting}-{record.seed}" for record in run.records),
        }
    )
    return SyntheticRun(info, [_moved(record, setting) for record in run.records])


def with_training(run: SyntheticRun, setting: str, **train: Any) -> SyntheticRun:
    """The same run under another setting id, as another training."""
    moved = with_timing(run, setting)
    description = dict(moved.info.settings[0].description)
    description["train"] = {**description["train"], **train}
    settings = (SettingInfo(id=setting, description=description),)
    return SyntheticRun(moved.info.model_copy(update={"settings": settings}), moved.records)


def joined(*runs: SyntheticRun) -> SyntheticRun:
    """One run with the settings of several."""
    info: RunInfo = runs[0].info.model_copy(
        update={
            "settings": tuple(setting for run in runs for setting in run.info.settings),
            "dataset": {name: data for run in runs for name, data in run.info.dataset.items()},
            "blocks": tuple(block for run in runs for block in run.info.blocks),
        }
    )
    return SyntheticRun(info, [record for run in runs for record in run.records])


def compared(old: SyntheticRun, new: SyntheticRun, **options: Any) -> Changes:
    return compare_runs(old.info, old.records, new.info, new.records, **options)


def _moved(record: BlockRecord, setting: str) -> BlockRecord:
    return record.model_copy(update={"setting": setting, "block": f"{setting}-{record.seed}"})
