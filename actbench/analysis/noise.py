"""How noisy the times of a setting are: its placebo, and whether timing-only rounds met their target.

Both are about the config's baseline, whatever the others are compared with: the placebo is a copy of it, and
the rounds were for the ratios to it.
"""

import math

from actbench.analysis.checks import PlaceboCheck, TimingTarget
from actbench.analysis.comparisons import interval_of
from actbench.analysis.intervals import Interval
from actbench.analysis.setting_cells import SettingCells, scores_equal
from actbench.analysis.times import inference_estimates, training_ratios
from actbench.config.schema import VerdictConfig
from actbench.records import BlockRecord, RunInfo, SettingInfo


def check_placebo(
    info: RunInfo, blocks: tuple[BlockRecord, ...], verdict: VerdictConfig
) -> PlaceboCheck | None:
    """The placebo against what it is a copy of; None without one.

    Args:
        info: Of the run.
        blocks: Finished ones of one setting, at least one.
        verdict: Of the run.
    """
    if info.placebo is None:
        return None
    copies = SettingCells(blocks, (info.baseline, info.placebo), info.baseline, info.placebo)
    ratio = training_ratios(copies, verdict).get(info.placebo)
    every_seed = list(zip(copies.of(info.placebo), copies.of(info.baseline), strict=True))
    diverged = sum(all(cell.status == "diverged" for cell in pair) for pair in every_seed)
    return PlaceboCheck(
        score_equal=None if diverged == len(every_seed) else scores_equal(every_seed),
        diverged=diverged,
        train_time_ratio=interval_of(ratio),
        inference={
            entry.batch_size: interval_of(entry.time_ratio)
            for entry in inference_estimates(copies, verdict)[info.placebo]
        },
    )


def timing_target(
    info: RunInfo, setting: SettingInfo, blocks: tuple[BlockRecord, ...], verdict: VerdictConfig
) -> TimingTarget | None:
    """Counts the ratios whose interval is as narrow as the config's target; None without a target.

    Args:
        info: Of the run.
        setting: One of its settings.
        blocks: The setting's finished ones, at least one.
        verdict: Of the run.
    """
    target_ci = setting.description.get("timing", {}).get("target_ci")
    if target_ci is None:
        return None
    cells = SettingCells(blocks, info.activations, info.baseline, info.placebo)
    training, inference = training_ratios(cells, verdict), inference_estimates(cells, verdict)
    ratios = [
        ratio.interval
        for label in cells.activations
        if label != cells.baseline
        for ratio in (training.get(label), *(entry.time_ratio for entry in inference[label]))
        if ratio is not None
    ]
    widths = [width for ratio in ratios if (width := _half_width(ratio)) is not None]
    return TimingTarget(
        target_ci=target_ci,
        met=sum(width <= target_ci for width in widths),
        ratios=len(ratios),
        unknown=len(ratios) - len(widths),
        widest=max(widths, default=None),
    )


def _half_width(ratio: Interval) -> float | None:
    """Relative, from half the width on the log scale; None without an interval."""
    if ratio.ci_low is None or ratio.ci_high is None or not ratio.ci_low > 0:
        return None
    width = math.sqrt(ratio.ci_high / ratio.ci_low) - 1.0
    return width if math.isfinite(width) else None
