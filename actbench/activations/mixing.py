"""Functions that mix the units of a layer: every output depends on all inputs."""

import math
from typing import Any

from actbench.activations.entry import Activation, Paper, Range
from actbench.activations.papers import MARTINS
from actbench.activations.papers import MIXING as DEFAULT

_COMMON: dict[str, Any] = {"kind": "mixing", "monotonic": False, "recommended": DEFAULT}

MIXING = (
    Activation(
        name="softmax",
        formula="exp(x_i) / sum_j exp(x_j)",
        derivative="d f_i / d x_j = f_i * ([i = j] - f_j)",
        range=Range(0.0, 1.0),
        smooth=True,
        paper=Paper(
            "Bridle",
            1990,
            "Probabilistic Interpretation of Feedforward Classification Network Outputs, with Relationships "
            "to Statistical Pattern Recognition",
            "Neurocomputing: Algorithms, Architectures and Applications",
        ),
        latex=r"\frac{e^{x_i}}{\sum_j e^{x_j}}",
        **_COMMON,
    ),
    Activation(
        name="log_softmax",
        formula="x_i - log(sum_j exp(x_j))",
        derivative="d f_i / d x_j = [i = j] - exp(f_j)",
        range=Range(-math.inf, 0.0),
        smooth=True,
        latex=r"x_i - \log \sum_j e^{x_j}",
        **_COMMON,
    ),
    Activation(
        name="sparsemax",
        formula="max(x_i - tau(x), 0), tau such that the outputs sum to 1",
        derivative="d f_i / d x_j = [i = j] - 1 / s for i and j among the s outputs above 0, else 0",
        range=Range(0.0, 1.0, low_reached=True, high_reached=True),
        smooth=False,
        paper=MARTINS,
        latex=r"\max(x_i - \tau(x), 0), \quad \sum_i \max(x_i - \tau(x), 0) = 1",
        **_COMMON,
    ),
)
