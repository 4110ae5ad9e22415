"""Smooth relatives of the rectifier, and the identity, against which the cost of others is measured."""

import math

from actbench.activations.catalogue.sources import GLOROT, HE_BY_GAIN, LECUN_BY_GAIN, MARTINS
from actbench.activations.entry import (
    Activation,
    FlagVariant,
    Paper,
    Parameter,
    Range,
    RecommendedInitializer,
    Twin,
)

_INF = math.inf

_TANH_ARGUMENT = "sqrt(2 / pi) * (x + 0.044715 * x**3)"

_TANH_SLOPE = "sqrt(2 / pi) * (1 + 0.134145 * x**2)"

SMOOTH = (
    Activation(
        name="linear",
        kind="keras",
        formula="x",
        derivative="1",
        range=Range(-_INF, _INF),
        monotonic=True,
        smooth=True,
        recommended=RecommendedInitializer("glorot_uniform", str(GLOROT)),
        note="No non-linearity at all: the cost of the others is measured against it.",
    ),
    Activation(
        name="softplus",
        kind="keras",
        formula="softplus(x)",
        derivative="sigmoid(x)",
        range=Range(0.0, _INF),
        monotonic=True,
        smooth=True,
        recommended=LECUN_BY_GAIN,
        paper=Paper(
            "Dugas et al.",
            2000,
            "Incorporating Second-Order Functional Knowledge for Better Option Pricing",
            "NIPS 2000",
        ),
        latex=r"\log\left(1 + e^{x}\right)",
    ),
    Activation(
        name="squareplus",
        kind="keras",
        formula="(x + sqrt(x**2 + b)) / 2",
        derivative="(1 + x / sqrt(x**2 + b)) / 2",
        range=Range(0.0, _INF),
        monotonic=True,
        smooth=True,
        recommended=LECUN_BY_GAIN,
        paper=Paper("Barron", 2021, "Squareplus: A Softplus-Like Algebraic Rectifier", "arXiv:2112.11687"),
        parameters=(Parameter("b", 4, above=0.0),),
        note="In single precision, large negative inputs lose the last digits, and the value at -1e4 is 0.",
    ),
    Activation(
        name="sparse_plus",
        kind="keras",
        formula="where(x <= -1, 0, where(x < 1, (x + 1)**2 / 4, x))",
        derivative="clip((x + 1) / 2, 0, 1)",
        range=Range(0.0, _INF, low_reached=True),
        monotonic=True,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=MARTINS,
        note="The integral of sparse_sigmoid, as softplus is of sigmoid.",
    ),
    Activation(
        name="gelu",
        kind="keras",
        formula="x * (1 + erf(x / sqrt(2))) / 2",
        derivative="(1 + erf(x / sqrt(2))) / 2 + x * exp(-x**2 / 2) / sqrt(2 * pi)",
        range=Range(-0.16997120747990367, _INF, low_reached=True),
        monotonic=False,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=Paper("Hendrycks and Gimpel", 2016, "Gaussian Error Linear Units (GELUs)", "arXiv:1606.08415"),
        parameters=(Parameter("approximate", False),),
        variant=FlagVariant(
            "approximate",
            formula=f"x * (1 + tanh({_TANH_ARGUMENT})) / 2",
            derivative=f"(1 + tanh({_TANH_ARGUMENT})) / 2"
            f" + x * (1 - tanh({_TANH_ARGUMENT})**2) / 2 * {_TANH_SLOPE}",
        ),
        note="With `approximate: true`, a tanh approximates erf.",
    ),
    Activation(
        name="silu",
        kind="keras",
        formula="x * sigmoid(x)",
        derivative="sigmoid(x) * (1 + x * sigmoid(-x))",
        range=Range(-0.2784645427610738, _INF, low_reached=True),
        monotonic=False,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=Paper(
            "Elfwing, Uchibe and Doya",
            2017,
            "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement "
            "Learning",
            "arXiv:1702.03118",
        ),
        aliases=("swish",),
    ),
    Activation(
        name="swish_beta",
        kind="expression",
        formula="x * sigmoid(beta * x)",
        derivative="sigmoid(beta * x) * (1 + beta * x * sigmoid(-beta * x))",
        range=Range(-0.2784645427610738, _INF, low_reached=True),
        monotonic=False,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=Paper(
            "Ramachandran, Zoph and Le", 2017, "Searching for Activation Functions", "arXiv:1710.05941"
        ),
        parameters=(Parameter("beta", 1.0),),
        trainable="default",
        twins=(Twin({"beta": 1.0}, "silu"),),
        note="Swish as in its paper, with beta as a weight; the swish of Keras is silu.",
    ),
    Activation(
        name="hard_silu",
        kind="keras",
        formula="x * clip(x / 6 + 0.5, 0, 1)",
        derivative="where(x > -3, where(x < 3, x / 3 + 0.5, 1), 0)",
        range=Range(-0.375, _INF, low_reached=True),
        monotonic=False,
        smooth=False,
        recommended=HE_BY_GAIN,
        paper=Paper("Howard et al.", 2019, "Searching for MobileNetV3", "arXiv:1905.02244"),
        aliases=("hard_swish",),
    ),
    Activation(
        name="mish",
        kind="keras",
        formula="x * tanh(softplus(x))",
        derivative="tanh(softplus(x)) + x * sigmoid(x) * (1 - tanh(softplus(x))**2)",
        range=Range(-0.3088434130172504, _INF, low_reached=True),
        monotonic=False,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=Paper(
            "Misra", 2019, "Mish: A Self Regularized Non-Monotonic Activation Function", "arXiv:1908.08681"
        ),
    ),
    Activation(
        name="serf",
        kind="expression",
        formula="x * erf(softplus(x))",
        derivative="erf(softplus(x)) + x * sigmoid(x) * 2 / sqrt(pi) * exp(-softplus(x)**2)",
        range=Range(-0.3484374587596064, _INF, low_reached=True),
        monotonic=False,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=Paper(
            "Nag and Bhattacharyya",
            2021,
            "SERF: Towards better training of deep neural networks using log-Softplus ERror activation "
            "Function",
            "arXiv:2108.09598",
        ),
    ),
    Activation(
        name="logish",
        kind="expression",
        formula="x * log1p(sigmoid(x))",
        derivative="log1p(sigmoid(x)) + x * sigmoid(x) * sigmoid(-x) / (1 + sigmoid(x))",
        range=Range(-0.25276881678944035, _INF, low_reached=True),
        monotonic=False,
        smooth=True,
        recommended=HE_BY_GAIN,
        paper=Paper(
            "Zhu et al.",
            2021,
            "Logish: A new nonlinear nonmonotonic activation function for convolutional neural network",
            "Neurocomputing 458",
        ),
    ),
    Activation(
        name="exponential",
        kind="keras",
        formula="exp(x)",
        derivative="exp(x)",
        range=Range(0.0, _INF),
        monotonic=True,
        smooth=True,
        recommended=LECUN_BY_GAIN,
        note="Inputs above 88.7 overflow in single precision.",
    ),
)
