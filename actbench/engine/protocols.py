"""The protocols of engines and trainers: what the runner asks of them, whichever engine it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from actbench.plan.cell import CellPlan
    from actbench.records.block import Probe

# Rows of one call of a model in an evaluation. Hidden layers of 1,000 units then take 40 MB each.
EVALUATION_BATCH = 10_000


@dataclass(frozen=True)
class Sums:
    """Sums over the examples of a training slice, so that slices can be added.

    Attributes:
        loss: Sum of the examples' losses.
        tallies: For each target, how many examples were classified right, or the sum of squared errors.
        examples: Number of examples.
    """

    loss: float
    tallies: tuple[float, ...]
    examples: int

    def __add__(self, other: Sums) -> Sums:
        tallies = tuple(a + b for a, b in zip(self.tallies, other.tallies, strict=True))
        return Sums(self.loss + other.loss, tallies, self.examples + other.examples)

    @property
    def mean_loss(self) -> float:
        """Mean loss per example."""
        return self.loss / self.examples


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The loss, the score and the metrics of a model on some examples.

    Attributes:
        loss: Mean loss over the examples; with several targets, the weighted sum of theirs.
        score: Accuracy or R²; with several targets, the mean of theirs.
        metrics: All metrics by the names of `metrics.registry.metric_name`.
        correct: Which examples were classified right, shape (n,); None unless the only target is classes.
    """

    loss: float
    score: float
    metrics: dict[str, float]
    correct: npt.NDArray[np.bool_] | None = None


def evaluation_pieces(examples: range) -> Iterator[range]:
    """Yield the examples in parts, so that the memory of an evaluation does not grow with the dataset."""
    for start in range(0, len(examples), EVALUATION_BATCH):
        yield examples[start : start + EVALUATION_BATCH]


class Trainer(Protocol):
    """One model of one activation, trained from a fresh start once per seed.

    Every method returns only when its work is done, so that a caller may read the clock around it.
    """

    parameters: int

    def compile(self) -> None:
        """Compile what training and evaluation need; weights are undefined until `reset`."""

    def reset(self, seed: int) -> None:
        """Go back to the seed's initial weights and an empty optimizer."""

    def train(self, epoch: Any, start: int, stop: int) -> Sums:
        """Run steps start..stop-1 of an epoch that `Engine.place` has prepared."""

    def train_score(self, sums: Sums) -> float | None:
        """Return the score over a whole epoch, as seen while training; None if it is not finite."""

    def evaluate(self, examples: range) -> Evaluation:
        """Return how well the model does on a range of the dataset's rows, without training."""

    def compile_inference(self, batch: Any) -> None:
        """Compile and warm up prediction for a batch of this size, made by `Engine.inference_batch`."""

    def infer(self, batch: Any) -> None:
        """Predict one batch."""

    def probe(self, epoch: int) -> Probe:
        """Return what the model looks like inside after that many epochs; no variable changes."""

    def state(self) -> Any:
        """Return a copy of the weights and the optimizer's state."""

    def put_back(self, state: Any) -> None:
        """Put the weights and the optimizer back to what `state` copied."""


class Engine(Protocol):
    """Makes trainers over one resident dataset."""

    def place(self, order: npt.NDArray[np.int32]) -> Any:
        """Prepare an epoch that visits the training rows in this order; untimed, for all trainers."""

    def inference_batch(self, batch_size: int) -> Any:
        """Place the first training rows anew, repeated where they are too few, for all trainers."""

    def trainer(self, cell: CellPlan) -> Trainer:
        """Return a new trainer, not yet compiled."""
