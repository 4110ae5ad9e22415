"""Shrinkage functions: what is near zero becomes zero."""

import math

from actbench.activations.entry import Activation, Paper, Parameter, Range, Twin
from actbench.activations.papers import NEAREST_HE, NEAREST_LECUN

_INF = math.inf
_DONOHO = Paper(
    "Donoho and Johnstone", 1994, "Ideal spatial adaptation by wavelet shrinkage", "Biometrika 81"
)

SHRINKAGE = (
    Activation(
        name="hard_shrink",
        kind="keras",
        formula="where(abs(x) > threshold, x, 0)",
        derivative="where(abs(x) > threshold, 1, 0)",
        range=Range(-_INF, _INF),
        monotonic=True,
        smooth=False,
        recommended=NEAREST_LECUN,
        paper=_DONOHO,
        parameters=(Parameter("threshold", 0.5, at_least=0.0),),
        twins=(Twin({"threshold": 0.0}, "linear"),),
    ),
    Activation(
        name="soft_shrink",
        kind="keras",
        formula="sign(x) * max(abs(x) - threshold, 0)",
        derivative="where(abs(x) > threshold, 1, 0)",
        range=Range(-_INF, _INF),
        monotonic=True,
        smooth=False,
        recommended=NEAREST_HE,
        paper=_DONOHO,
        parameters=(Parameter("threshold", 0.5, at_least=0.0),),
        twins=(Twin({"threshold": 0.0}, "linear"),),
    ),
    Activation(
        name="tanh_shrink",
        kind="keras",
        formula="x - tanh(x)",
        derivative="tanh(x)**2",
        range=Range(-_INF, _INF),
        monotonic=True,
        smooth=True,
        recommended=NEAREST_HE,
    ),
)
