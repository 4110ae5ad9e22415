"""The amount of work in one training: its steps, slices and floating-point operations."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from actbench.config.schema.network_size import network_size

if TYPE_CHECKING:
    from actbench.plan.models import Setting


def steps_per_epoch(setting: Setting, train_size: int) -> int:
    """Return the number of batches that hold every training example once; the last may be short."""
    return -(-train_size // setting.train.batch_size)


def slice_steps(steps: int, slices: int) -> tuple[int, ...]:
    """Cut one epoch into slices, which are timed one by one.

    Args:
        steps: Steps of the epoch, at least 1.
        slices: Requested slices, at least 1. An epoch of fewer steps has one slice for each step.

    Returns:
        The steps of each slice, in order. They differ by at most 1. A short batch is the last step of the
        last slice.
    """
    slices = min(slices, steps)
    bounds = [steps * index // slices for index in range(slices + 1)]
    return tuple(stop - start for start, stop in itertools.pairwise(bounds))


def training_flops(setting: Setting, features: int, outputs: int, train_size: int) -> int:
    """Estimate the floating-point operations of the matrix products in one training.

    The forward pass takes two operations for each weight and example, and the backward pass takes twice that.

    Args:
        setting: The hidden layers and the epochs. Early stopping is ignored.
        features: Width of the input.
        outputs: Width of the output.
        train_size: Number of training examples.
    """
    weights = network_size(setting.model.network, features, outputs).products
    return 3 * 2 * weights * train_size * setting.train.epochs
