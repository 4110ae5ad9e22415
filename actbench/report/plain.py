"""Figures as plain data, for JSON and CSV: their names, and null for what does not exist."""

import math

from actbench.analysis.comparisons import Comparison
from actbench.analysis.intervals import Interval

# What an interval's estimate is called, by the name of the figure.
ESTIMATES = {
    "accuracy": "mean",
    "accuracy_diff": "mean",
    "accuracy_new_data": "mean",
    "accuracy_diff_new_data": "mean",
    "epoch_s": "median",
    "train_time_ratio": "estimate",
    "marginal_step_s": "median",
    "time_ratio": "estimate",
    "test_loss": "mean",
    "test_loss_diff": "mean",
    "train_accuracy": "mean",
    "train_accuracy_diff": "mean",
    "epochs_to_target": "mean",
    "epochs_to_target_diff": "mean",
    "seconds_to_target": "mean",
    "seconds_to_target_ratio": "estimate",
    "ns_per_element": "median",
    "copy_ratio": "estimate",
}
JUDGED = ("p", "p_adjusted", "verdict", "seeds_needed")


def interval_object(name: str, interval: Interval | None) -> dict[str, float | None] | None:
    """An interval as plain data; `ESTIMATES` says what its estimate is called."""
    if interval is None:
        return None
    return {
        ESTIMATES[name]: number_or_none(interval.estimate),
        "ci_low": number_or_none(interval.ci_low),
        "ci_high": number_or_none(interval.ci_high),
    }


def comparison_object(name: str, comparison: Comparison | None) -> dict[str, float | str | None] | None:
    """The same, with what follows from it."""
    if comparison is None:
        return None
    judged = (
        number_or_none(comparison.p),
        number_or_none(comparison.p_adjusted),
        comparison.verdict,
        comparison.seeds_needed,
    )
    return {**(interval_object(name, comparison.interval) or {}), **dict(zip(JUDGED, judged, strict=True))}


def number_or_none(value: float | None) -> float | None:
    """What JSON can hold: no NaN, no infinity."""
    return value if value is not None and math.isfinite(value) else None
