"""Activations that mix the units of a layer.

A gated unit is a layer of twice the width, whose second half gates the first. Softmax and its relatives
normalize over all units.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from actbench.activations.entry import (
    DENSE_DEFAULT,
    HE_BY_GAIN,
    LECUN_BY_GAIN,
    MARTINS,
    Activation,
    Paper,
    Range,
)

if TYPE_CHECKING:
    from actbench.activations.entry import RecommendedInitializer

_DAUPHIN = Paper(
    "Dauphin et al.",
    2017,
    "Language Modeling with Gated Convolutional Networks",
    "ICML 2017, arXiv:1612.08083",
)

_MNIH = Paper(
    "Mnih and Hinton",
    2007,
    "Three New Graphical Models for Statistical Language Modelling",
    "ICML 2007",
)


_SHAZEER = Paper("Shazeer", 2020, "GLU Variants Improve Transformer", "arXiv:2002.05202")


def _gated_unit(
    name: str,
    gate: str,
    formula: str,
    derivative: str,
    paper: Paper,
    recommended: RecommendedInitializer,
    smooth: bool = True,
) -> Activation:
    """Build the row of a gated unit."""
    return Activation(
        name=name,
        kind="gated",
        formula=formula,
        derivative=derivative,
        range=Range(-math.inf, math.inf),
        monotonic=False,
        smooth=smooth,
        recommended=recommended,
        paper=paper,
        gate=gate,
        note="x is the input of the gate, value is the gated half; f' is with respect to x.",
    )


GATED = (
    _gated_unit(
        "glu",
        "sigmoid",
        "value * sigmoid(x)",
        "value * sigmoid(x) * sigmoid(-x)",
        _DAUPHIN,
        HE_BY_GAIN,
    ),
    _gated_unit("bilinear", "linear", "value * x", "value", _MNIH, LECUN_BY_GAIN),
    _gated_unit(
        "reglu", "relu", "value * relu(x)", "value * where(x > 0, 1, 0)", _SHAZEER, HE_BY_GAIN, smooth=False
    ),
    _gated_unit(
        "geglu",
        "gelu",
        "value * x * (1 + erf(x / sqrt(2))) / 2",
        "value * ((1 + erf(x / sqrt(2))) / 2 + x * exp(-x**2 / 2) / sqrt(2 * pi))",
        _SHAZEER,
        HE_BY_GAIN,
    ),
    _gated_unit(
        "swiglu",
        "silu",
        "value * x * sigmoid(x)",
        "value * sigmoid(x) * (1 + x * sigmoid(-x))",
        _SHAZEER,
        HE_BY_GAIN,
    ),
)

_COMMON: dict[str, Any] = {"kind": "mixing", "monotonic": False, "recommended": DENSE_DEFAULT}

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
