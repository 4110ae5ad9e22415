"""What records and reports call what is measured of targets, and the score of all of them."""

import math
from collections.abc import Sequence
from typing import Literal

from actbench.objectives import MetricName, Predicted, metrics_of

ScoreName = Literal["accuracy", "r2", "score"]

RANGES: dict[MetricName | ScoreName, tuple[float, float]] = {
    "accuracy": (0.0, 1.0),
    "top5_accuracy": (0.0, 1.0),
    "r2": (-math.inf, 1.0),
    "score": (-math.inf, 1.0),
}
"""Where each can lie that is no error; none of those is below 0."""

METRICS: tuple[MetricName, ...] = ("top5_accuracy", "accuracy", "rmse", "mae", "r2")
_TAKEN = {*METRICS, *(f"train_{metric}" for metric in METRICS)}


def is_metric(name: str) -> bool:
    """Whether it may be a metric of some target."""
    return any(name == metric or name.endswith(f"_{metric}") for metric in METRICS)


def metric_name(target: str, metric: MetricName, *, several: bool) -> str:
    """What records and reports call it: such as `rmse`, or `bmi_rmse` of one of several targets."""
    return f"{target}_{metric}" if several else metric


def measured(name: str, targets: Sequence[Predicted]) -> tuple[str, MetricName]:
    """Of which target a metric is, empty for the only one, and what it measures.

    Args:
        name: As `metric_name` has it.
        targets: Of the dataset; none for a run from before there was anything but one target of classes.

    Raises:
        ValueError: It is a metric of none of them.
    """
    if len(targets) > 1:
        found = [(target, metric) for called, target, metric in _named_metrics(targets) if called == name]
    else:
        found = [("", metric) for metric in METRICS if metric == name]
    if not found:
        raise ValueError(f"{name} is no metric")
    return found[0]


def clash(targets: Sequence[Predicted]) -> str:
    """Why the names of these targets do not tell their metrics apart; empty where they do."""
    taken: dict[str, str] = {}
    for name, target, _ in _named_metrics(targets) if len(targets) > 1 else ():
        if name in _TAKEN:
            return (
                f"beside another target, {target} would have a metric called {name}, which is the name of "
                "another; allowed: another name for this column"
            )
        if name in taken:
            return (
                f"the targets {taken[name]} and {target} would both have a metric called {name}; allowed: "
                "another name for one of these columns"
            )
        taken[name] = target
    return ""


def _named_metrics(targets: Sequence[Predicted]) -> list[tuple[str, str, MetricName]]:
    return [
        (metric_name(target.name, metric, several=True), target.name, metric)
        for target in targets
        for metric in metrics_of(target.classes)
    ]


def score_name(targets: Sequence[Predicted]) -> ScoreName:
    """What verdicts are about: accuracy, R², or the mean of these over several targets.

    Args:
        targets: Of a dataset; none for a run from before there was anything but one target of classes.
    """
    if len(targets) > 1:
        return "score"
    return "r2" if targets and targets[0].classes is None else "accuracy"


def score_in_words(name: ScoreName) -> str:
    """As a report has it."""
    return {"accuracy": "accuracy", "r2": "R²", "score": "score"}[name]


def score_in_a_sentence(name: ScoreName) -> str:
    """What it is, where a reader may not know that there are others."""
    return "the mean over several targets" if name == "score" else score_in_words(name)
