"""The declaration of a metric: its name, how it is shown, and how it is computed from predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

TargetKind = Literal["classes", "number"]

Unit = Literal["share", "coefficient", "amount"]


class Predictions(Protocol):
    """The predictions of a model for one target, beside the right answers, for all examples of a test.

    All are arrays of the namespace that a metric gets as `ops`.
    """

    @property
    def y(self) -> Any:
        """The true values, shape (n,): class numbers from 0 as integers, or numbers in double precision."""

    @property
    def predicted(self) -> Any:
        """The predicted values, shape (n,): of classes the one with the largest logit; types as in `y`."""

    @property
    def logits(self) -> Any:
        """The logit of each class, shape (n, classes), in single precision; of a number, its prediction."""


@dataclass(frozen=True)
class Metric:
    """A figure that says how well the predictions of one target meet its true values.

    It is computed once per training, on the test set; `registry.register` adds it to records and reports.

    Attributes:
        name: What records, JSON and CSV call it, such as "top5_accuracy".
        title: What reports call it, such as "top-5 accuracy".
        target: The kind of target that has it.
        unit: How reports show it, and what a difference has to exceed to matter. A "share" is shown in
            percent, its differences in points. A "coefficient" has no unit and is about 1 at most. Both are
            judged by `verdict.margin`. An "amount" has the unit of the target, which only its own size gives
            a scale: its margin is `verdict.loss_margin` times the baseline's mean.
        larger_is_better: Whether BETTER means a larger figure.
        range: The lowest and the highest value that it can take; intervals end there.
        measure: Computes it from a namespace of array functions, called as NumPy's are, and the predictions.
            The namespace is an argument because commands that need no NumPy load declarations, too.
        fewest_classes: Targets of fewer classes do not have it.
    """

    name: str
    title: str
    target: TargetKind
    unit: Unit
    larger_is_better: bool
    range: tuple[float, float]
    measure: Callable[[Any, Predictions], Any]
    fewest_classes: int = 2

    def applies_to(self, classes: int | None) -> bool:
        """Return whether a target of so many classes, or None for a number, has this metric."""
        if classes is None:
            return self.target == "number"
        return self.target == "classes" and classes >= self.fewest_classes
