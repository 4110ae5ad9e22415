"""Whether a setting's time ratios are known as well as its timing-only rounds were to make them."""

import math

from actbench.analysis.figures import TimingTarget
from actbench.analysis.intervals import Interval
from actbench.analysis.setting_cells import SettingCells
from actbench.analysis.times import inference_estimates, training_ratios
from actbench.config.schema import VerdictConfig


def timing_target(cells: SettingCells, verdict: VerdictConfig, target_ci: float) -> TimingTarget:
    """Counts the ratios whose interval is as narrow as the target.

    Args:
        cells: Of all activations, the placebo included, and the baseline that the rounds were for.
        verdict: Of the run.
        target_ci: The half-width asked for, relative.
    """
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
