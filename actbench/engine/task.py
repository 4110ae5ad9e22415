"""How well a model does what it is trained for: loss, score and metrics, accumulated in double precision."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from actbench.datasets import Dataset
from actbench.engine.trainer import Evaluation, Sums
from actbench.metric_names import metric_name
from actbench.objectives import TOP, MetricName, Objective
from actbench.planned import Setting

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Judged:
    """One head on some examples.

    Attributes:
        metrics: By name, the score first.
        correct: Which examples were classified right, shape (n,); None of a number.
    """

    metrics: dict[MetricName, float]
    correct: npt.NDArray[np.bool_] | None = None

    @property
    def score(self) -> float:
        """Accuracy or R²."""
        return next(iter(self.metrics.values()))


class Task:
    """What the models of a setting are trained for on a dataset.

    Args:
        setting: Says the losses.
        dataset: Says what there is to predict.

    Raises:
        DataError: They do not fit.
    """

    def __init__(self, setting: Setting, dataset: Dataset) -> None:
        self.objectives = setting.objectives(dataset.targets)
        self._values = [target.y for target in dataset.targets]
        self._train_squares = [
            total_squares(y) if objective.classes is None else math.nan
            for objective, y in zip(self.objectives, self.values(dataset.train), strict=True)
        ]

    def values(self, rows: range) -> list[npt.NDArray[Any]]:
        """The targets of some rows, one array each."""
        return [y[rows.start : rows.stop] for y in self._values]

    def train_score(self, sums: Sums) -> float | None:
        """The score over a whole epoch, as seen while training; None where it is not finite."""
        scores = [
            1.0 - tally / squares if objective.classes is None else tally / sums.examples
            for objective, tally, squares in zip(
                self.objectives, sums.tallies, self._train_squares, strict=True
            )
        ]
        score = mean(scores)
        return score if math.isfinite(score) else None

    def evaluate(self, rows: range, loss: float, outputs: Sequence[Floats]) -> Evaluation:
        """What a model has made of some rows.

        Args:
            rows: Of the dataset.
            loss: Mean over the rows.
            outputs: Of each head, shape (len(rows), units).
        """
        judged = [
            judge(objective, y, output)
            for objective, y, output in zip(self.objectives, self.values(rows), outputs, strict=True)
        ]
        several = len(judged) > 1
        return Evaluation(
            loss=loss,
            score=mean([head.score for head in judged]),
            metrics={
                metric_name(objective.target, name, several=several): value
                for objective, head in zip(self.objectives, judged, strict=True)
                for name, value in head.metrics.items()
            },
            correct=None if several else judged[0].correct,
        )


def judge(objective: Objective, y: npt.NDArray[Any], output: Floats) -> Judged:
    """The metrics of one head.

    Args:
        objective: What it is for.
        y: Shape (n,).
        output: Shape (n, units).
    """
    if objective.classes is None:
        errors = output[:, 0].astype(np.float64) - y
        squares = float(np.square(errors).sum())
        return Judged(
            {
                "r2": 1.0 - squares / total_squares(y),
                "rmse": math.sqrt(squares / len(y)),
                "mae": float(np.abs(errors).mean()),
            }
        )
    predicted = output[:, 0] > 0 if objective.units == 1 else output.argmax(axis=-1)
    correct = predicted == y
    metrics: dict[MetricName, float] = {"accuracy": share(correct)}
    if objective.classes > TOP:
        own = np.take_along_axis(output, y[:, np.newaxis], axis=1)
        metrics["top5_accuracy"] = share(np.count_nonzero(output > own, axis=1) < TOP)
    return Judged(metrics, correct)


def total_squares(y: npt.NDArray[Any]) -> float:
    """Squared distances from the mean, summed: what a model has to explain."""
    values = y.astype(np.float64)
    return float(np.square(values - values.mean()).sum())


def share(right: npt.NDArray[np.bool_]) -> float:
    """How many of them are, as a fraction."""
    return int(np.count_nonzero(right)) / len(right)


def mean(scores: Sequence[float]) -> float:
    """Over the targets; of a single one just its own."""
    return scores[0] if len(scores) == 1 else math.fsum(scores) / len(scores)
