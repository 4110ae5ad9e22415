"""Rectifiers, linear for positive inputs and small or zero for negative ones; and shrinkage functions."""

import math

from actbench.activations.entry import (
    HE,
    HE_AS_FOR_RELU,
    HE_BY_GAIN,
    HE_FOR_RECTIFIERS,
    LECUN_BY_GAIN,
    Activation,
    Paper,
    Parameter,
    Range,
    RecommendedInitializer,
    Twin,
)

_INF = math.inf

# Klambauer et al. chose the constants so that a standard normal signal keeps its mean of 0 and variance of 1.
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

_KLAMBAUER = Paper("Klambauer et al.", 2017, "Self-Normalizing Neural Networks", "arXiv:1706.02515")

RECTIFIERS = (
    Activation(
        name="relu",
        kind="keras",
        formula="where(x > threshold, min(x, max_value), negative_slope * (x - threshold))",
        derivative="where(x > threshold, where(x < max_value, 1, 0), negative_slope)",
        range=Range(0.0, _INF, low_reached=True),
        monotonic=True,
        smooth=False,
        recommended=HE_FOR_RECTIFIERS,
        paper=Paper(
            "Nair and Hinton",
            2010,
            "Rectified Linear Units Improve Restricted Boltzmann Machines",
            "ICML 2010",
        ),
        parameters=(
            Parameter("negative_slope", 0.0, at_least=0.0),
            Parameter("max_value", None, above=0.0),
            Parameter("threshold", 0.0, at_least=0.0),
        ),
        twins=(
            Twin({"max_value": 6.0}, "relu6", bitwise=True),
            Twin({"negative_slope": 0.2}, "leaky_relu", bitwise=True),
        ),
        note="A max_value of null means no limit. With the defaults, the function is max(x, 0).",
    ),
    Activation(
        name="relu6",
        kind="keras",
        formula="clip(x, 0, 6)",
        derivative="where(x > 0, where(x < 6, 1, 0), 0)",
        range=Range(0.0, 6.0, low_reached=True, high_reached=True),
        monotonic=True,
        smooth=False,
        recommended=HE_AS_FOR_RELU,
        paper=Paper(
            "Krizhevsky", 2010, "Convolutional Deep Belief Networks on CIFAR-10", "University of Toronto"
        ),
    ),
    Activation(
        name="leaky_relu",
        kind="keras",
        formula="where(x > 0, x, negative_slope * x)",
        derivative="where(x > 0, 1, negative_slope)",
        range=Range(-_INF, _INF),
        monotonic=True,
        smooth=False,
        recommended=HE_FOR_RECTIFIERS,
        paper=Paper(
            "Maas, Hannun and Ng",
            2013,
            "Rectifier Nonlinearities Improve Neural Network Acoustic Models",
            "ICML 2013 workshop",
        ),
        parameters=(Parameter("negative_slope", 0.2, at_least=0.0),),
        twins=(Twin({"negative_slope": 0.0}, "relu"), Twin({"negative_slope": 1.0}, "linear")),
        layer_note="keras.layers.LeakyReLU has negative_slope 0.3",
    ),
    Activation(
        name="prelu",
        kind="layer",
        formula="where(x > 0, x, alpha * x)",
        derivative="where(x > 0, 1, alpha)",
        range=Range(0.0, _INF, low_reached=True),
        monotonic=True,
        smooth=False,
        recommended=HE_FOR_RECTIFIERS,
        paper=HE,
        parameters=(Parameter("alpha", 0.0),),
        trainable="always",
        note="keras.layers.PReLU with one alpha per unit. The parameter alpha is their start value, 0 in "
        "Keras and 0.25 in the paper. The properties are those at the start.",
    ),
    Activation(
        name="elu",
        kind="keras",
        formula="where(x > 0, x, alpha * expm1(x))",
        derivative="where(x > 0, 1, alpha * exp(x))",
        range=Range(-1.0, _INF),
        monotonic=True,
        smooth=True,
        recommended=HE_AS_FOR_RELU,
        paper=Paper(
            "Clevert, Unterthiner and Hochreiter",
            2015,
            "Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)",
            "arXiv:1511.07289",
        ),
        parameters=(Parameter("alpha", 1.0, at_least=0.0),),
        twins=(Twin({"alpha": 0.0}, "relu"), Twin({}, "celu")),
    ),
    Activation(
        name="selu",
        kind="keras",
        formula=f"{_SELU_SCALE} * where(x > 0, x, {_SELU_ALPHA} * expm1(x))",
        derivative=f"{_SELU_SCALE} * where(x >= 0, 1, {_SELU_ALPHA} * exp(x))",
        range=Range(-_SELU_SCALE * _SELU_ALPHA, _INF),
        monotonic=True,
        smooth=False,
        recommended=RecommendedInitializer("lecun_normal", str(_KLAMBAUER)),
        paper=_KLAMBAUER,
        latex=r"\lambda \begin{cases} x & x > 0 \\ \alpha (e^{x} - 1) & \text{otherwise} \end{cases}, "
        r"\quad \lambda \approx 1.0507, \alpha \approx 1.6733",
    ),
    Activation(
        name="celu",
        kind="keras",
        formula="max(x, 0) + alpha * expm1(min(x, 0) / alpha)",
        derivative="where(x > 0, 1, exp(min(x, 0) / alpha))",
        range=Range(-1.0, _INF),
        monotonic=True,
        smooth=True,
        recommended=HE_AS_FOR_RELU,
        paper=Paper(
            "Barron", 2017, "Continuously Differentiable Exponential Linear Units", "arXiv:1704.07483"
        ),
        parameters=(Parameter("alpha", 1.0, above=0.0),),
        twins=(Twin({}, "elu"),),
        note="Keras's gradient at exactly 0 is 2, the sum of the slopes of both sides.",
    ),
    Activation(
        name="squared_relu",
        kind="expression",
        formula="relu(x)**2",
        derivative="2 * relu(x)",
        range=Range(0.0, _INF, low_reached=True),
        monotonic=True,
        smooth=True,
        recommended=LECUN_BY_GAIN,
        paper=Paper(
            "So et al.",
            2021,
            "Primer: Searching for Efficient Transformers for Language Modeling",
            "arXiv:2109.08668",
        ),
    ),
    Activation(
        name="threshold",
        kind="keras",
        formula="where(x > threshold, x, default_value)",
        derivative="where(x > threshold, 1, 0)",
        range=Range(0.0, _INF, low_reached=True),
        monotonic=True,
        smooth=False,
        recommended=HE_AS_FOR_RELU,
        parameters=(
            Parameter("threshold", 0.0, required=True),
            Parameter("default_value", 0.0, required=True),
        ),
        twins=(Twin({"threshold": 0.0, "default_value": 0.0}, "relu"),),
        note="Both parameters are required. The properties are those with both at 0.",
    ),
)

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
        recommended=LECUN_BY_GAIN,
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
        recommended=HE_BY_GAIN,
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
        recommended=HE_BY_GAIN,
    ),
)
