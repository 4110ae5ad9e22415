"""Figures as plain data, for JSON and CSV: their names, and null for what does not exist."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from actbench.metrics import is_metric

if TYPE_CHECKING:
    from actbench.analysis.figures import Estimates
    from actbench.analysis.micro import MicroEstimates
    from actbench.analysis.verdicts import Comparison
    from actbench.records.run import RunInfo
    from actbench.stats.intervals import Interval

# What an interval's estimate is called, by the name of the figure.
_ESTIMATES = {
    "accuracy_new_data": "mean",
    "accuracy_diff_new_data": "mean",
    "epoch_s": "geometric_mean",
    "train_time_ratio": "estimate",
    "marginal_step_s": "mean",
    "time_ratio": "estimate",
    "score": "mean",
    "test_loss": "mean",
    "epochs_trained": "mean",
    "train_score": "mean",
    "epochs_to_target": "mean",
    "seconds_to_target": "mean",
    "seconds_to_target_ratio": "estimate",
    "ns_per_element": "median",
    "copy_ratio": "estimate",
    "dead": "mean",
    "saturated": "mean",
    "zeros": "mean",
    "preactivation_mean": "mean",
    "preactivation_variance": "mean",
    "gradient_norm": "geometric_mean",
    "output_gradient_norm": "geometric_mean",
    "gradient_first_to_last": "geometric_mean",
}

# Names that said of a mean over seeds that it was a median; they stay in 0.1 and go with 0.2.
_ALIASES = {"epoch_s": "median", "marginal_step_s": "median"}

JUDGED = ("p", "p_adjusted", "verdict", "seeds_needed")


def run_object(info: RunInfo, estimates: Estimates | MicroEstimates) -> dict[str, Any]:
    """What a run of either kind is, as plain data."""
    return {
        "run_id": info.run_id,
        "name": info.name,
        "kind": info.kind,
        "created_at": info.created_at,
        "baseline": info.baseline,
        "blocks": {
            "planned": len(info.final_blocks),
            "finished": estimates.finished,
            "failed": [{"block": block.block, "error": block.error} for block in estimates.failed],
        },
        "activations": [entry.model_dump(mode="json") for entry in info.described],
        "environment": estimates.environment.model_dump(mode="json"),
    }


def estimate_names(figure: str) -> tuple[str, ...]:
    """Return the names under which the estimate of a figure stands, aliases last.

    Returns:
        Empty if the figure has no interval.
    """
    figure = figure.removesuffix("_diff")
    name = _ESTIMATES.get(figure, "mean" if is_metric(figure) else None)
    return tuple(key for key in (name, _ALIASES.get(figure)) if key is not None)


def interval_object(name: str, interval: Interval | None) -> dict[str, float | None] | None:
    """Return an interval as plain data; `estimate_names` gives the keys of its estimate."""
    if interval is None:
        return None
    return {
        **dict.fromkeys(estimate_names(name) or ("estimate",), number_or_none(interval.estimate)),
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
