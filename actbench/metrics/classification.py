"""The metrics of targets that are classes: accuracy and top-5 accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actbench.metrics.metric import Metric

if TYPE_CHECKING:
    from actbench.metrics.metric import Predictions

TOP = 5


def classified_right(seen: Predictions) -> Any:
    """Return which examples got their own class, shape (n,), Booleans."""
    return seen.predicted == seen.y


def _accuracy(ops: Any, seen: Predictions) -> Any:
    return ops.mean(classified_right(seen))


def _top5_accuracy(ops: Any, seen: Predictions) -> Any:
    """Return the share of examples with fewer than five logits above that of their own class; ties count."""
    own = ops.take_along_axis(seen.logits, seen.y[:, None], axis=1)
    return ops.mean(ops.count_nonzero(seen.logits > own, axis=1) < TOP)


ACCURACY = Metric(
    name="accuracy",
    title="accuracy",
    target="classes",
    unit="share",
    larger_is_better=True,
    range=(0.0, 1.0),
    measure=_accuracy,
)

TOP5_ACCURACY = Metric(
    name="top5_accuracy",
    title="top-5 accuracy",
    target="classes",
    unit="share",
    larger_is_better=True,
    range=(0.0, 1.0),
    measure=_top5_accuracy,
    fewest_classes=TOP + 1,  # of five classes, all are among the best five
)
