"""Figures as plain data for JSON and CSV: the names that scripts rely on, and null for a missing figure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from actbench.metrics.registry import is_metric_name

if TYPE_CHECKING:
    from actbench.analysis.figures import Estimates
    from actbench.analysis.micro import MicroEstimates
    from actbench.analysis.verdicts import Comparison
    from actbench.records.run import RunInfo
    from actbench.stats.intervals import Interval

# The key of an interval's estimate, by the name of the figure.
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

# Keys that a comparison has beside those of its interval.
_JUDGED = ("p", "p_adjusted", "verdict", "seeds_needed")


def run_object(info: RunInfo, estimates: Estimates | MicroEstimates) -> dict[str, Any]:
    """Return what was planned and measured in a run of either kind, as plain data."""
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


def interval_object(name: str, interval: Interval | None) -> dict[str, float | None] | None:
    """Return an interval as plain data: its estimate under the name that suits the figure, and its ends."""
    if interval is None:
        return None
    return {
        **dict.fromkeys(_estimate_keys(name) or ("estimate",), number_or_none(interval.estimate)),
        "ci_low": number_or_none(interval.ci_low),
        "ci_high": number_or_none(interval.ci_high),
    }


def interval_objects(figures: object, names: Iterable[str]) -> dict[str, Any]:
    """Return the intervals that an object has as attributes, as plain data under the attributes' names."""
    return {name: interval_object(name, getattr(figures, name)) for name in names}


def comparison_object(name: str, comparison: Comparison | None) -> dict[str, float | str | None] | None:
    """Return a comparison as plain data: its interval, the p values, the verdict, the seeds that it needs."""
    if comparison is None:
        return None
    judged = (
        number_or_none(comparison.p),
        number_or_none(comparison.p_adjusted),
        comparison.verdict,
        comparison.seeds_needed,
    )
    return {**(interval_object(name, comparison.interval) or {}), **dict(zip(_JUDGED, judged, strict=True))}


def number_or_none(value: float | None) -> float | None:
    """Return a number that JSON can hold; None for NaN and for infinities."""
    return value if value is not None and math.isfinite(value) else None


def flatten(value: Mapping[str, Any], *, judged: bool = True) -> dict[str, Any]:
    """Return nested mappings as one, with their keys joined by `_`; lists become JSON text.

    Args:
        value: Plain data. A figure that is None gets the columns that it would have, all None.
        judged: True if differences come with p values and verdicts.
    """
    flat: dict[str, Any] = {}
    for name, item in value.items():
        item = _missing(name, judged) if item is None else item
        if isinstance(item, Mapping):
            flat |= {f"{name}_{inner}": leaf for inner, leaf in flatten(item, judged=judged).items()}
        else:
            flat[name] = json.dumps(item) if isinstance(item, list | tuple) else item
    return flat


def _missing(name: str, judged: bool) -> dict[str, None] | None:
    estimates = _estimate_keys(name)
    if not estimates:
        return None
    verdict = _JUDGED if judged and name.endswith(("_diff", "_ratio")) else ()
    return dict.fromkeys((*estimates, "ci_low", "ci_high", *verdict))


def _estimate_keys(figure: str) -> tuple[str, ...]:
    """Return the keys of a figure's estimate, aliases last; empty if the figure has no interval."""
    figure = figure.removesuffix("_diff")
    name = _ESTIMATES.get(figure, "mean" if is_metric_name(figure) else None)
    return tuple(key for key in (name, _ALIASES.get(figure)) if key is not None)
