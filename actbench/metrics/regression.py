"""The metrics of targets that are numbers: R², and errors in the unit of the target."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from actbench.metrics.metric import Metric

if TYPE_CHECKING:
    from actbench.metrics.metric import Predictions


def total_squares(ops: Any, y: Any) -> Any:
    """Return the sum of the squared distances from the mean, which a model has to explain.

    Args:
        ops: The namespace of array functions.
        y: Values in double precision, shape (n,). In single precision, or by a difference of sums of
            squares, a large offset would leave no digits.
    """
    return ops.sum(ops.square(y - ops.mean(y)))


def _errors(seen: Predictions) -> Any:
    return seen.predicted - seen.y


def _r2(ops: Any, seen: Predictions) -> Any:
    return 1.0 - ops.sum(ops.square(_errors(seen))) / total_squares(ops, seen.y)


def _rmse(ops: Any, seen: Predictions) -> Any:
    return ops.sqrt(ops.mean(ops.square(_errors(seen))))


def _mae(ops: Any, seen: Predictions) -> Any:
    return ops.mean(ops.abs(_errors(seen)))


R2 = Metric(
    name="r2",
    title="R²",
    target="number",
    unit="coefficient",
    larger_is_better=True,
    range=(-math.inf, 1.0),
    measure=_r2,
)

RMSE = Metric(
    name="rmse",
    title="RMSE",
    target="number",
    unit="amount",
    larger_is_better=False,
    range=(0.0, math.inf),
    measure=_rmse,
)

MAE = Metric(
    name="mae",
    title="MAE",
    target="number",
    unit="amount",
    larger_is_better=False,
    range=(0.0, math.inf),
    measure=_mae,
)
