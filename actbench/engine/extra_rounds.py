"""The timing-only rounds after a training, until all time ratios are known well enough or time is up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from actbench.engine.rounds import alive
from actbench.rng import generator, permutation
from actbench.stats.bootstrap import degrees_of_freedom, median_standard_error

if TYPE_CHECKING:
    from actbench.engine.protocols import Engine
    from actbench.engine.rounds import Rounds, RunningCell
    from actbench.plan.models import Block

# A standard error from fewer samples says too little.
FEWEST_SAMPLES = 6

# Inference rounds of one batch size between two training rounds.
INFERENCE_ROUNDS = 10

# Computing the errors takes time, too: the next look comes after a quarter more passes.
_LOOK_GROWTH = 1.25

# A figure is a batch size, at least 1, or this for the training time.
_TRAINING = 0


class ExtraRounds:
    """Takes more samples of those ratios to the baseline that are not known well enough.

    The cells' weights and optimizers are put back before every round of slices, and at the end. So every
    slice continues the training as it ended, and no trained model is changed.

    Args:
        engine: Made for the block's setting.
        block: Says the target and the baseline.
        rounds: The block's cells, trained, with the samples so far.
        slices: Steps of each slice of an epoch; the extra slices repeat them in turn.
        training_rows: Examples in the training part.
        batches: Input of the inference calls, by batch size.
    """

    def __init__(
        self,
        engine: Engine,
        block: Block,
        rounds: Rounds,
        slices: Sequence[int],
        training_rows: int,
        batches: dict[int, Any],
    ) -> None:
        self._engine = engine
        self._block = block
        self._rounds = rounds
        self._slices = slices
        self._starts = [0, *accumulate(slices)]
        self._training_rows = training_rows
        self._batches = batches
        self._cells = alive(rounds.cells)
        self._baseline = next((cell for cell in self._cells if cell.plan.label == block.baseline), None)

    def run(self, budget_s: float) -> tuple[int, ...]:
        """Run the rounds.

        Args:
            budget_s: Seconds that the rounds may take.

        Returns:
            Training steps of each extra slice.
        """
        target, clock = self._block.target_ci, self._rounds.stopwatch.since_start_s
        if target is None or self._baseline is None or len(self._cells) < 2:
            return ()
        deadline_s = clock() + budget_s
        unknown = self._still_unknown([_TRAINING, *self._batches], target)
        if not self._affordable(unknown, deadline_s - clock()):
            return ()
        epoch = self._engine.place(permutation(self._training_rows, self._block.seed, "extra batches"))
        states = [cell.trainer.state() for cell in self._cells]
        passes = next_look = 0
        steps: list[int] = []
        while figures := self._affordable(unknown, deadline_s - clock()):
            if _TRAINING in figures:
                self._put_back(states)
                steps.append(self._train(epoch, len(steps)))
            for batch_size in figures:
                if batch_size != _TRAINING:
                    self._infer(batch_size)
            passes += 1
            if passes >= next_look:
                unknown = self._still_unknown(unknown, target)
                next_look = math.ceil(max(passes + 1, passes * _LOOK_GROWTH))
        self._put_back(states)
        return tuple(steps)

    def _put_back(self, states: Sequence[Any]) -> None:
        for cell, state in zip(self._cells, states, strict=True):
            cell.trainer.put_back(state)

    def _train(self, epoch: Any, index: int) -> int:
        position = index % len(self._slices)
        start, stop = self._starts[position], self._starts[position + 1]
        for cell, elapsed_s, _ in self._rounds.training(
            "extra training round", index, lambda trainer: trainer.train(epoch, start, stop)
        ):
            cell.extra_slice_s.append(elapsed_s)
        return stop - start

    def _infer(self, batch_size: int) -> None:
        self._rounds.untimed_inference(self._batches[batch_size])
        taken = len(self._cells[0].latency_s[batch_size])
        for index in range(taken, taken + INFERENCE_ROUNDS):
            self._rounds.inference(batch_size, self._batches[batch_size], index)

    def _affordable(self, figures: Sequence[int], left_s: float) -> list[int]:
        """Return the figures whose next round fits into the time left, going by the samples so far."""
        fitting = []
        for figure in figures:
            rounds = 1 if figure == _TRAINING else INFERENCE_ROUNDS + 1
            expected_s = rounds * sum(float(np.mean(_samples(cell, figure))) for cell in self._cells)
            if expected_s <= left_s:
                fitting.append(figure)
                left_s -= expected_s
        return fitting

    def _still_unknown(self, figures: Sequence[int], target: float) -> list[int]:
        return [figure for figure in figures if not self._known(figure, target)]

    def _known(self, figure: int, target: float) -> bool:
        """Return whether each ratio's interval, over all seeds of the run, would be as narrow as `target`.

        That interval is Student's t over the blocks' medians, or over the rounds of the only block. The seeds
        are expected to differ as much as the median of this block may be off.
        """
        from scipy.special import stdtrit  # only runs with a target need it

        assert self._baseline is not None
        ratios = [
            _log_ratios(cell, self._baseline, figure) for cell in self._cells if cell is not self._baseline
        ]
        fewest = min(map(len, ratios))
        if fewest < FEWEST_SAMPLES:
            return False
        seeds = self._block.seeds
        degrees = seeds - 1 if seeds > 1 else degrees_of_freedom(fewest)
        largest_error = math.log1p(target) * math.sqrt(seeds) / float(stdtrit(degrees, 0.975))
        rng = generator(self._block.seed, "extra rounds", fewest)
        return all(median_standard_error(ratio, rng) <= largest_error for ratio in ratios)


def _samples(cell: RunningCell, figure: int) -> list[float]:
    return cell.slice_s + cell.extra_slice_s if figure == _TRAINING else cell.latency_s[figure]


def _log_ratios(cell: RunningCell, base: RunningCell, figure: int) -> npt.NDArray[np.float64]:
    """Return the log ratio to the baseline in each round that both ran: one may have stopped early."""
    if figure != _TRAINING:
        return np.log(cell.latency_s[figure]) - np.log(base.latency_s[figure])
    both = min(len(cell.slice_s), len(base.slice_s))
    own, other = (some.slice_s[:both] + some.extra_slice_s for some in (cell, base))
    return np.log(own) - np.log(other)
