"""Functions with parameters that are, or can be, weights."""

import math

from actbench.activations.entry import (
    HE_BY_GAIN,
    Activation,
    Paper,
    Parameter,
    Range,
    RecommendedInitializer,
    Twin,
)

_INF = math.inf

_ZIYIN = Paper(
    "Ziyin, Hartwig and Ueda",
    2020,
    "Neural Networks Fail to Learn Periodic Functions and How to Fix It",
    "arXiv:2006.08195",
)

PARAMETRIC = (
    Activation(
        name="pelu",
        kind="expression",
        formula="where(x >= 0, a / b * x, a * expm1(min(x, 0) / b))",
        derivative="where(x >= 0, a / b, a / b * exp(min(x, 0) / b))",
        range=Range(-1.0, _INF),
        monotonic=True,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=Paper(
            "Trottier, Giguère and Chaib-draa",
            2016,
            "Parametric Exponential Linear Unit for Deep Convolutional Neural Networks",
            "arXiv:1605.09332",
        ),
        parameters=(Parameter("a", 1.0, at_least=0.1), Parameter("b", 1.0, at_least=0.1)),
        trainable="default",
        twins=(Twin({}, "elu"),),
        note="As in the paper, training keeps a and b at 0.1 or above.",
    ),
    Activation(
        name="aria2",
        kind="expression",
        formula="x * exp(-alpha * softplus(-beta * x))",
        derivative="exp(-alpha * softplus(-beta * x)) * (1 + alpha * beta * x * sigmoid(-beta * x))",
        range=Range(-0.06997764131970143, _INF, low_reached=True),
        monotonic=False,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=Paper(
            "Patwardhan, Ingalhalikar and Walambe",
            2018,
            "ARiA: Utilizing Richard's Curve for Controlling the Non-monotonicity of the Activation Function "
            "in Deep Neural Nets",
            "arXiv:1805.08878",
        ),
        parameters=(Parameter("alpha", 1.5, at_least=0.0), Parameter("beta", 2.0, at_least=0.0)),
        trainable="default",
        twins=(Twin({"alpha": 1.0, "beta": 1.0}, "silu"),),
        latex=r"x \left(1 + e^{-\beta x}\right)^{-\alpha}",
    ),
    Activation(
        name="snake",
        kind="expression",
        formula="x + sin(a * x)**2 / a",
        derivative="1 + sin(2 * a * x)",
        range=Range(-_INF, _INF),
        monotonic=True,
        smooth=True,
        recommended=RecommendedInitializer("lecun_uniform", str(_ZIYIN)),
        paper=_ZIYIN,
        parameters=(Parameter("a", 1.0, above=0.0),),
        trainable="optional",
    ),
)
