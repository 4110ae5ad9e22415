"""How much one training is: steps, slices, operations."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from actbench.config.schema.layers import network_size

if TYPE_CHECKING:
    from actbench.plan.models import Setting


def steps_per_epoch(setting: Setting, train_size: int) -> int:
    """Batches that it takes to see every training example once, the short last one included."""
    return -(-train_size // setting.train.batch_size)


def slice_steps(steps: int, slices: int) -> tuple[int, ...]:
    """How one epoch is cut into slices.

    Args:
        steps: Steps of the epoch, at least 1.
        slices: Slices asked for, at least 1; with fewer steps than that there are as many as steps.

    Returns:
        The steps of each slice, in order; they differ by at most 1, and none is empty. The epoch's short
        batch, if there is one, is the last step of the last.
    """
    slices = min(slices, steps)
    bounds = [steps * index // slices for index in range(slices + 1)]
    return tuple(stop - start for start, stop in itertools.pairwise(bounds))


def training_flops(setting: Setting, features: int, classes: int, train_size: int) -> int:
    """Floating-point operations of the matrix products in one cell's training, roughly.

    A product of the forward pass takes two operations for each weight and example; the backward pass takes
    twice that.

    Args:
        setting: Says the hidden layers and the epochs, all of which are taken to be run.
        features: Width of the input.
        classes: Width of the output.
        train_size: Training examples.
    """
    weights = network_size(setting.model.network, features, classes).products
    return 3 * 2 * weights * train_size * setting.train.epochs
