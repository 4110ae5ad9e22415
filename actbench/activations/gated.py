"""Gated linear units: a layer of twice the width, whose second half gates the first."""

import math

from actbench.activations.entry import Activation, Paper, Range, Recommended
from actbench.activations.papers import NEAREST_HE, NEAREST_LECUN, SHAZEER

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


def _unit(
    name: str,
    gate: str,
    formula: str,
    derivative: str,
    paper: Paper,
    recommended: Recommended,
    smooth: bool = True,
) -> Activation:
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
        note="x is what is in the gate, value what is gated; f' is with respect to x.",
    )


GATED = (
    _unit(
        "glu",
        "sigmoid",
        "value * sigmoid(x)",
        "value * sigmoid(x) * sigmoid(-x)",
        _DAUPHIN,
        NEAREST_HE,
    ),
    _unit("bilinear", "linear", "value * x", "value", _MNIH, NEAREST_LECUN),
    _unit(
        "reglu", "relu", "value * relu(x)", "value * where(x > 0, 1, 0)", SHAZEER, NEAREST_HE, smooth=False
    ),
    _unit(
        "geglu",
        "gelu",
        "value * x * (1 + erf(x / sqrt(2))) / 2",
        "value * ((1 + erf(x / sqrt(2))) / 2 + x * exp(-x**2 / 2) / sqrt(2 * pi))",
        SHAZEER,
        NEAREST_HE,
    ),
    _unit(
        "swiglu",
        "silu",
        "value * x * sigmoid(x)",
        "value * sigmoid(x) * (1 + x * sigmoid(-x))",
        SHAZEER,
        NEAREST_HE,
    ),
)
