"""An engine and a clock without TensorFlow, for everything that is not the engine's own arithmetic."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from actbench.engine.protocols import Evaluation, Sums
from actbench.records.block import Probe
from tests.factories import make_probe


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeTrainer:
    """A trainer that takes a known time for everything and records the order of the calls."""

    parameters = 42

    def __init__(self, label: str, engine: "FakeEngine") -> None:
        self.label = label
        self.engine = engine
        self.trained_steps = 0

    def compile(self) -> None:
        self.engine.calls.append(("compile", self.label))
        self.engine.clock.now += 2.0

    def reset(self, seed: int) -> None:
        self.engine.calls.append(("reset", self.label, seed))

    def train(self, epoch: Any, start: int, stop: int) -> Sums:
        self.engine.calls.append(("train", self.label, start, stop))
        self.trained_steps += stop - start
        step_s = self.engine.step_s.get(self.label, 0.01) * self.engine.noise(("train", self.label))
        self.engine.clock.now += step_s * (stop - start)
        loss = float("nan") if (self.label, start) in self.engine.diverges_at else 1.0
        return Sums(loss, (stop - start,), stop - start)

    def train_score(self, sums: Sums) -> float:
        return sums.tallies[0] / sums.examples

    def evaluate(self, examples: range) -> Evaluation:
        self.engine.calls.append(("evaluate", self.label, examples))
        self.engine.clock.now += 0.5
        seen = sum(call[:2] == ("evaluate", self.label) for call in self.engine.calls)
        losses = self.engine.losses.get(self.label, [0.25])
        loss = losses[min(seen, len(losses)) - 1]
        score = 0.5 if math.isfinite(loss) else math.nan
        return Evaluation(loss, score, {"accuracy": score}, np.arange(len(examples)) % 2 == 1)

    def evaluate_each(self, examples: range) -> tuple[Sums, Any]:
        return self.evaluate(examples), np.arange(len(examples)) % 2 == 1

    def compile_inference(self, batch: range) -> None:
        self.engine.calls.append(("compile inference", self.label, len(batch)))
        self.engine.clock.now += 1.0

    def infer(self, batch: range) -> None:
        self.engine.calls.append(("infer", self.label, len(batch)))
        self.engine.clock.now += 0.001 * len(batch) * self.engine.noise(("infer", self.label))

    def probe(self, epoch: int) -> Probe:
        self.engine.calls.append(("probe", self.label, epoch, self.trained_steps))
        self.engine.clock.now += 0.25
        return make_probe(epoch)

    def state(self) -> int:
        return self.trained_steps

    def put_back(self, state: int) -> None:
        self.engine.calls.append(("put back", self.label))
        self.trained_steps = state


class FakeEngine:
    """An engine whose fake trainers share one clock and one list of calls."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.calls: list[tuple[Any, ...]] = []
        self.step_s: dict[str, float] = {}
        self.losses: dict[str, list[float]] = {}  # by label, of one evaluation after the other
        self.diverges_at: set[tuple[str, int]] = set()
        self.trainers: dict[str, FakeTrainer] = {}
        self.noise: Callable[[tuple[str, str]], float] = lambda _: 1.0

    def place(self, order: Any) -> Any:
        self.calls.append(("place", tuple(order.tolist())))
        return order

    def inference_batch(self, batch_size: int) -> range:
        self.calls.append(("inference batch", batch_size))
        return range(batch_size)

    def trainer(self, cell: Any) -> FakeTrainer:
        self.trainers[cell.label] = FakeTrainer(cell.label, self)
        return self.trainers[cell.label]
