"""Activations that custom.yaml imports: functions of a tensor and of numbers that a config can set."""

from typing import Any

from keras import ops


def tanhexp(x: Any) -> Any:
    """TanhExp: x * tanh(exp(x)) (Liu and Di 2020, arXiv:2003.09855)."""
    return x * ops.tanh(ops.exp(ops.minimum(x, 5.0)))  # as good as exp(x), and its gradient cannot overflow


def smooth_relu(x: Any, width: float = 1.0) -> Any:
    """SmeLU: relu with a parabola from -width to width (Shamir et al. 2020, arXiv:2010.09931)."""
    parabola = (x + width) ** 2 / (4 * width)
    return ops.where(x <= -width, ops.zeros_like(x), ops.where(x < width, parabola, x))
