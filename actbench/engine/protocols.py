"""What a block asks of an engine, whichever one it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from actbench.plan.cell import CellPlan
    from actbench.records.block import Probe

EVALUATION_BATCH = 10_000


@dataclass(frozen=True)
class Sums:
    """Of a training, over examples, so that parts can be added.

    Attributes:
        loss: Of the examples' losses.
        tallies: For each target how many examples were classified right, or the sum of squared errors.
        examples: How many there were.
    """

    loss: float
    tallies: tuple[float, ...]
    examples: int

    def __add__(self, other: Sums) -> Sums:
        tallies = tuple(a + b for a, b in zip(self.tallies, other.tallies, strict=True))
        return Sums(self.loss + other.loss, tallies, self.examples + other.examples)

    @property
    def mean_loss(self) -> float:
        """Per example."""
        return self.loss / self.examples


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a model does on some examples.

    Attributes:
        loss: Mean over the examples, of several targets the weighted sum.
        score: Accuracy or R², of several targets the mean.
        metrics: By name, with several targets behind the target's.
        correct: Which examples were classified right, shape (n,); None but for a single target of classes.
    """

    loss: float
    score: float
    metrics: dict[str, float]
    correct: npt.NDArray[np.bool_] | None = None


def evaluation_pieces(examples: range) -> Iterator[range]:
    """The examples in parts, so that the memory of an evaluation does not grow with the dataset."""
    for start in range(0, len(examples), EVALUATION_BATCH):
        yield examples[start : start + EVALUATION_BATCH]


class Trainer(Protocol):
    """One model of one activation, trained from a fresh start once per seed.

    Every method returns only when its work is done, so that a caller may read the clock around it.
    """

    parameters: int

    def compile(self) -> None:
        """Compiles what training and evaluation need; weights are undefined until `reset`."""

    def reset(self, seed: int) -> None:
        """Back to the seed's initial weights and an empty optimizer."""

    def train(self, epoch: Any, start: int, stop: int) -> Sums:
        """Runs steps start..stop-1 of an epoch that `Engine.place` has prepared."""

    def train_score(self, sums: Sums) -> float | None:
        """Accuracy or R² over a whole epoch, as seen while training; None where it is not finite."""

    def evaluate(self, examples: range) -> Evaluation:
        """How well the model does on a range of the dataset's rows, without training."""

    def compile_inference(self, batch: Any) -> None:
        """Compiles and warms up prediction for a batch of this size, made by `Engine.inference_batch`."""

    def infer(self, batch: Any) -> None:
        """Predicts one batch."""

    def probe(self, epoch: int) -> Probe:
        """What the model looks like inside after that many epochs; nothing of it or of the training moves."""

    def state(self) -> Any:
        """A copy of the weights and the optimizer."""

    def put_back(self, state: Any) -> None:
        """Back to what `state` copied."""


class Engine(Protocol):
    """Makes trainers over one resident dataset."""

    def place(self, order: npt.NDArray[np.int32]) -> Any:
        """Prepares an epoch that visits the training rows in this order; shared by all trainers, untimed."""

    def inference_batch(self, batch_size: int) -> Any:
        """Places the first training rows anew, repeated where they are too few; shared by all trainers."""

    def trainer(self, cell: CellPlan) -> Trainer:
        """A new trainer, not yet compiled."""
