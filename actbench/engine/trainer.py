"""What a block asks of an engine, whichever one it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from actbench.plan import CellPlan
from actbench.records import Probe

EVALUATION_BATCH = 10_000


@dataclass(frozen=True)
class Sums:
    """Loss and correct predictions, summed over examples so that parts can be added.

    Attributes:
        loss: Sum of the examples' cross-entropies, in nats.
        correct: How many examples were classified right.
        examples: How many there were.
    """

    loss: float
    correct: int
    examples: int

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.loss + other.loss, self.correct + other.correct, self.examples + other.examples)

    @property
    def mean_loss(self) -> float:
        """Cross-entropy per example, in nats."""
        return self.loss / self.examples

    @property
    def accuracy(self) -> float:
        """Fraction classified right, 0 to 1."""
        return self.correct / self.examples


def pieces(examples: range) -> Iterator[range]:
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

    def evaluate(self, examples: range) -> Sums:
        """Loss and accuracy on a range of the dataset's rows, without training."""

    def evaluate_each(self, examples: range) -> tuple[Sums, npt.NDArray[np.bool_]]:
        """As `evaluate`, and which of the examples were classified right, shape (len(examples),)."""

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
