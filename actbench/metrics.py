"""What a model is trained for: each target with its loss, and what is measured of how well it is met."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from actbench.errors import DataError, Fault, did_you_mean

if TYPE_CHECKING:
    from actbench.errors import Key

Loss = Literal["sparse_categorical_crossentropy", "binary_crossentropy", "mse", "mae", "huber"]

TargetKind = Literal["classes", "number"]

MetricName = Literal["accuracy", "top5_accuracy", "mae", "rmse", "r2"]

LOSSES: dict[Loss, TargetKind] = {
    "sparse_categorical_crossentropy": "classes",
    "binary_crossentropy": "classes",
    "mse": "number",
    "mae": "number",
    "huber": "number",
}
"""By Keras's names, with what each is for; the first of a kind is its default."""

TOP = 5

LOWER_IS_BETTER: frozenset[MetricName] = frozenset({"rmse", "mae"})


class Predicted(Protocol):
    """What there is to predict, as a dataset or its description has it."""

    @property
    def name(self) -> str:
        """As in the data."""

    @property
    def classes(self) -> int | None:
        """How many; None of a number."""


class Asked(Protocol):
    """What a config says of one of several targets."""

    @property
    def loss(self) -> Loss | None:
        """None for the default of what the target is."""

    @property
    def weight(self) -> float:
        """Of the loss, in the sum of all."""


@dataclass(frozen=True)
class Objective:
    """One head of a model, and what it is trained for.

    Attributes:
        target: What it predicts.
        classes: How many there are; None where it is a number.
        loss: What is minimised.
        weight: Of this loss in the sum of all.
    """

    target: str
    classes: int | None
    loss: Loss
    weight: float = 1.0

    @property
    def units(self) -> int:
        """Width of the head: one for each class, or a single one for a number or the logit of two classes."""
        return self.classes if self.classes and self.loss == "sparse_categorical_crossentropy" else 1

    @property
    def metrics(self) -> tuple[MetricName, ...]:
        """What is measured of it on the test set, the score first."""
        return metrics_of(self.classes)


def metrics_of(classes: int | None) -> tuple[MetricName, ...]:
    """What is measured of a target on the test set, the score first.

    Args:
        classes: How many there are; None of a number.
    """
    if classes is None:
        return ("r2", "rmse", "mae")
    return ("accuracy", "top5_accuracy") if classes > TOP else ("accuracy",)


def objectives_of(
    targets: Sequence[Predicted], loss: Loss | None, asked: Mapping[str, Asked]
) -> tuple[Objective, ...]:
    """What a config asks for, of what there is in the data.

    Args:
        targets: What the data has, at least one.
        loss: `train.loss` of the config.
        asked: `targets` of the config; a target that is not named there has its default loss and weight 1.

    Raises:
        DataError: It has no such target, a loss does not fit it, or the only target has a weight.
    """
    names = [target.name for target in targets]
    wrong = [
        Fault(
            f"the data has no target {name!r}; allowed: {', '.join(names)}{did_you_mean(name, names)}",
            ("targets", name),
        )
        for name in asked
        if name not in names
    ]
    if loss is not None and len(targets) > 1:
        wrong.append(
            Fault(
                f"{loss} cannot be the loss of {len(targets)} targets; allowed: one for each under targets, "
                f"such as targets: {{{names[0]}: {{loss: {default_loss(targets[0].classes)}}}}}",
                ("train", "loss"),
            )
        )
    found = []
    for target in targets:
        own = asked.get(target.name)
        chosen = (own.loss if own else loss) or default_loss(target.classes)
        where: Key = ("targets", target.name, "loss") if own else ("train", "loss")
        problem = unfit(chosen, target.classes)
        if problem and (own or len(targets) == 1):
            wrong.append(Fault(f"{problem} ({target.name})", where))
        if own and own.weight != 1.0 and len(targets) == 1:
            wrong.append(Fault(_weight_alone(own.weight), ("targets", target.name, "weight")))
        found.append(Objective(target.name, target.classes, chosen, own.weight if own else 1.0))
    if wrong:
        raise DataError(*wrong)
    return tuple(found)


def _weight_alone(weight: float) -> str:
    """Scaled, a cross-entropy is not in nats any more, and no margin fits it."""
    return f"{weight:g} of the only target would do no more than scale its loss; allowed: 1, or no weight"


def default_loss(classes: int | None) -> Loss:
    """What is minimised unless the config says otherwise."""
    return "mse" if classes is None else "sparse_categorical_crossentropy"


def unfit(loss: Loss, classes: int | None) -> str:
    """Why a loss is none for this target; empty where it is one.

    Args:
        loss: One of `LOSSES`.
        classes: How many there are; None of a number.
    """
    kind: TargetKind = "number" if classes is None else "classes"
    fitting = [name for name, of in LOSSES.items() if of == kind and (classes == 2 or name != _TWO_CLASSES)]
    if loss in fitting:
        return ""
    what = "a number" if classes is None else f"{classes} classes"
    needs = (
        "two classes" if loss == _TWO_CLASSES else {"number": "a number", "classes": "classes"}[LOSSES[loss]]
    )
    return f"{loss} is for {needs}, and the target is {what}; allowed: {', '.join(fitting)}"


_TWO_CLASSES: Loss = "binary_crossentropy"

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
