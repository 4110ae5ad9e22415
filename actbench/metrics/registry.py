"""The registry of metrics, the names that they have in a run, and the score that verdicts are about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from actbench.errors import DataError
from actbench.metrics.classification import ACCURACY, TOP5_ACCURACY
from actbench.metrics.regression import MAE, R2, RMSE

if TYPE_CHECKING:
    from actbench.metrics.metric import Metric, Unit

METRICS: dict[str, Metric] = {}
"""Every metric by its name, in the order of `register`, which is the order of records and reports."""


def register(metric: Metric) -> None:
    """Have all tests of targets of the metric's kind measured by it, and all reports show it.

    Raises:
        ValueError: There is a metric of that name, or the name is that of the mean over several targets.
    """
    if metric.name in METRICS or metric.name == "score":
        raise ValueError(f"the name {metric.name} is taken; use another name for the metric")
    METRICS[metric.name] = metric


def unregister(name: str) -> None:
    """Remove a metric; a run that has recorded it cannot be reported before it is registered again."""
    del METRICS[name]


# The score of each kind of target stands first: accuracy of classes, R² of numbers.
for _metric in (ACCURACY, TOP5_ACCURACY, R2, RMSE, MAE):
    register(_metric)


class TargetLike(Protocol):
    """A target that models predict, as a dataset or its description has it."""

    @property
    def name(self) -> str:
        """Its name in the data."""

    @property
    def classes(self) -> int | None:
        """The number of classes; None for a target that is a number."""


def metrics_for(classes: int | None) -> tuple[Metric, ...]:
    """Return the metrics of a target, its score first.

    Args:
        classes: The target's number of classes; None for a number.
    """
    return tuple(metric for metric in METRICS.values() if metric.applies_to(classes))


def metric_name(target: str, metric: Metric, *, several: bool) -> str:
    """Return the name of a target's metric in records and reports.

    Args:
        target: The target's name.
        metric: One of its metrics.
        several: Whether the run predicts several targets.

    Returns:
        Such as "rmse", or "bmi_rmse" of one of several targets.
    """
    return f"{target}_{metric.name}" if several else metric.name


def is_metric_name(name: str) -> bool:
    """Return whether `metric_name` can have made this name, whatever the targets are."""
    return any(name == metric or name.endswith(f"_{metric}") for metric in METRICS)


def parse_metric_name(name: str, targets: Sequence[TargetLike]) -> tuple[str, Metric]:
    """Return the target and the metric that `metric_name` made this name of.

    Args:
        name: As in records.
        targets: The dataset's; none for a run of an early version, which had one target of classes.

    Returns:
        The target's name, empty for the only one, and the metric.

    Raises:
        DataError: No target has such a metric, such as one that was registered when the run was measured.
    """
    if len(targets) > 1:
        found = [(target, metric) for own, target, metric in _named_metrics(targets) if own == name]
    else:
        found = [("", METRICS[name])] if name in METRICS else []
    if not found:
        raise DataError(
            f"the run has recorded {name}, which is no metric of this actbench; register the metric"
        )
    return found[0]


def metric_name_clash(targets: Sequence[TargetLike]) -> str:
    """Explain why two metrics of these targets would have the same name; empty if all names differ."""
    reserved = {*METRICS, *(f"train_{metric}" for metric in METRICS)}
    owners: dict[str, str] = {}
    for name, target, _ in _named_metrics(targets) if len(targets) > 1 else ():
        if name in reserved:
            return (
                f"beside another target, {target} would have a metric called {name}, which is the name of "
                "another; use another name for this column"
            )
        if name in owners:
            return (
                f"the targets {owners[name]} and {target} would both have a metric called {name}; use "
                "another name for one of these columns"
            )
        owners[name] = target
    return ""


def _named_metrics(targets: Sequence[TargetLike]) -> list[tuple[str, str, Metric]]:
    """Return name, target and metric of everything that several targets are measured by."""
    return [
        (metric_name(target.name, metric, several=True), target.name, metric)
        for target in targets
        for metric in metrics_for(target.classes)
    ]


ScoreName = Literal["accuracy", "r2", "score"]


def score_name(targets: Sequence[TargetLike]) -> ScoreName:
    """Return the name of the score that verdicts are about: "score" is the mean over several targets.

    Args:
        targets: The dataset's; none for a run of an early version, which had one target of classes.
    """
    if len(targets) > 1:
        return "score"
    return "r2" if targets and targets[0].classes is None else "accuracy"


def score_title(name: ScoreName) -> str:
    """Return what reports call a score."""
    return name if name == "score" else METRICS[name].title


def describe_score(name: ScoreName) -> str:
    """Return what a score is, for a sentence whose reader may not know of several targets."""
    return "the mean over several targets" if name == "score" else score_title(name)


def score_unit(name: ScoreName) -> Unit:
    """Return how reports show a score."""
    return "coefficient" if name == "score" else METRICS[name].unit


def score_range(name: ScoreName) -> tuple[float, float]:
    """Return the lowest and the highest value that a score can take."""
    return (-math.inf, 1.0) if name == "score" else METRICS[name].range
