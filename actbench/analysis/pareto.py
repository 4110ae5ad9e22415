"""Score against training time: the probability that an activation lies on the Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.cells import common_slices, test_score

if TYPE_CHECKING:
    from actbench.analysis.cells import SettingCells

_DRAWS = 4000  # the standard error of a share is at most 0.8 points


def non_dominated(cells: SettingCells, rng: np.random.Generator) -> dict[str, float]:
    """Return the probability that each activation lies on the Pareto front of score and training time.

    An activation is dominated by one that is at least as good and as fast, and better in one of the two.
    Blocks are drawn anew, with all their activations together, so that the front keeps what they share.

    Args:
        cells: The cells of one setting.
        rng: Draws the blocks.

    Returns:
        By label, the share of the draws in which nothing dominates the activation. The placebo and
        activations that diverged in any block are left out. Empty with fewer than two blocks, which show no
        spread.
    """
    contenders = [
        label
        for label in cells.activations
        if label != cells.placebo and all(cell.status == "ok" for cell in cells.of(label))
    ]
    blocks = len(cells.blocks)
    if blocks < 2 or not contenders:
        return {}
    scores = np.array([[test_score(cell) for cell in cells.of(label)] for label in contenders])
    times = [
        np.log(common_slices([cells.of(label)[block] for label in contenders])) for block in range(blocks)
    ]
    # Less the round's mean over the contenders, which takes the machine's drift out of a block's medians.
    speed = np.array([np.median(log - log.mean(axis=0), axis=1) for log in times]).T
    weights = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=_DRAWS) / blocks
    # Accuracies move in steps, so means tie; in floats they do only when rounded.
    drawn_score, drawn_time = np.round(scores @ weights.T, 12), speed @ weights.T
    share = {}
    for index, label in enumerate(contenders):
        as_good = (drawn_score >= drawn_score[index]) & (drawn_time <= drawn_time[index])
        better = (drawn_score > drawn_score[index]) | (drawn_time < drawn_time[index])
        share[label] = float(np.mean(~np.any(as_good & better, axis=0)))
    return share
