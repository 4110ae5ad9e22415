"""A row of the catalogue: the facts about one activation, and the sources that several rows cite."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ParameterValue = float | int | bool | None

ActivationKind = Literal["keras", "expression", "step", "layer", "gated", "mixing"]

Trainability = Literal["no", "optional", "default", "always"]

# Training keeps a parameter this far from a bound that it must not reach; in single precision 1 / a and
# 1 + a * x**2 are still accurate there.
_DISTANCE_FROM_BOUND = 1e-3


@dataclass(frozen=True)
class Parameter:
    """A keyword argument of an activation.

    Attributes:
        name: The name in the Keras function's signature, or in the formula.
        default: The default value. Its type tells what may be given: a bool stands for a flag, a number for a
            number, None for a number or None. For a required parameter, only plots and tests use the default.
        above: Excluded lower bound.
        at_least: Included lower bound.
        at_most: Included upper bound.
        required: Whether a config must give the parameter.
    """

    name: str
    default: ParameterValue
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    required: bool = False

    @property
    def trained_minimum(self) -> float | None:
        """Return the least value that training may reach: the bound, or 0.001 above an excluded bound."""
        return self.at_least if self.above is None else self.above + _DISTANCE_FROM_BOUND


@dataclass(frozen=True)
class Range:
    """The interval of the values that a function takes with its default parameters.

    Attributes:
        low: Infimum.
        high: Supremum.
        low_reached: Whether the function takes its infimum.
        high_reached: Whether the function takes its supremum.
    """

    low: float
    high: float
    low_reached: bool = False
    high_reached: bool = False

    @property
    def bounded(self) -> bool:
        """Return whether both ends are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def __str__(self) -> str:
        """Write the interval in mathematical notation, such as `[0, 1)`."""
        opening, closing = "[" if self.low_reached else "(", "]" if self.high_reached else ")"
        return f"{opening}{self.low:.6g}, {self.high:.6g}{closing}"


@dataclass(frozen=True)
class Paper:
    """The publication that a function or a recommendation comes from.

    Attributes:
        authors: Family names, such as "Hendrycks and Gimpel" or "Glorot et al.".
        year: Year of publication.
        title: Title as printed.
        where: Venue, or arXiv number.
    """

    authors: str
    year: int
    title: str
    where: str

    def __str__(self) -> str:
        """Write the reference on one line."""
        return f"{self.authors} ({self.year}), {self.title}, {self.where}"


@dataclass(frozen=True)
class Twin:
    """Another activation that computes the same function.

    Attributes:
        params: The parameters with which this activation equals the other; empty for its defaults.
        name: Name of the other activation.
        other_params: The parameters of the other activation; empty for its defaults.
        bitwise: Whether Keras computes both by the same operations, so that results are equal bit for bit.
    """

    params: Mapping[str, ParameterValue]
    name: str
    other_params: Mapping[str, ParameterValue] = field(default_factory=dict)
    bitwise: bool = False


@dataclass(frozen=True)
class RecommendedInitializer:
    """The initializer of the weights before an activation.

    Attributes:
        init: Name of a Keras initializer.
        source: The paper that recommends it, or the reason for choosing it.
    """

    init: str
    source: str


@dataclass(frozen=True)
class FlagVariant:
    """The formula that applies if a flag among the parameters is true.

    Attributes:
        flag: Name of the parameter.
        formula: Formula in the notation of `Activation.formula`.
        derivative: Derivative in the notation of `Activation.derivative`.
    """

    flag: str
    formula: str
    derivative: str


@dataclass(frozen=True)
class Activation:
    """A row of the catalogue.

    Attributes:
        name: Name, the same as in `keras.activations` if Keras has the function.
        kind: Way of computing the function. keras: an element-wise function of `keras.activations`.
            expression: the formula. step: the formula, with a surrogate gradient. layer: a Keras layer with
            weights. gated: a layer of twice the width, half of which gates the other. mixing: a function of
            `keras.activations` that mixes the units of a layer.
        formula: Formula in plain text. For all kinds but mixing it is an expression that
            `expression.parser.parse` reads: of x and the parameters; for gated ones of x, the input of the
            gate, and value, the gated half.
        derivative: Derivative with respect to x, in the same notation; for gated ones value is a constant.
        range: Range with default parameters; for gated ones, the range of the whole layer.
        monotonic: Whether the function never falls, with default parameters; gated layers are not monotonic.
        smooth: Whether the function is continuously differentiable, with default parameters.
        recommended: Initializer of the weights before the activation.
        paper: Paper that proposed the function or first used it in a network; None for functions older than
            any such paper.
        parameters: Keyword arguments beyond the input, except the axis.
        aliases: Other names of the same function.
        trainable: Whether the parameters can be weights: no; optional (with `trainable: true`); by default
            (unless `trainable: false`); always.
        twins: Activations that compute the same function.
        gate: For a gated layer, name of the element-wise activation in its gate.
        variant: Formula that a flag switches to.
        latex: Formula in LaTeX, if the one made from `formula` would read worse.
        layer_note: Sentence about the Keras layer of this name, if its defaults differ from the function's.
        note: Any other fact worth a sentence.
    """

    name: str
    kind: ActivationKind
    formula: str
    derivative: str
    range: Range
    monotonic: bool
    smooth: bool
    recommended: RecommendedInitializer
    paper: Paper | None = None
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    trainable: Trainability = "no"
    twins: tuple[Twin, ...] = ()
    gate: str | None = None
    variant: FlagVariant | None = None
    latex: str | None = None
    layer_note: str = ""
    note: str = ""

    @property
    def element_wise(self) -> bool:
        """Return whether every output depends on one input alone."""
        return self.kind not in ("gated", "mixing")

    @property
    def gated(self) -> bool:
        """Return whether the activation is a layer of twice the width, half of which gates the other half."""
        return self.kind == "gated"

    @property
    def trained_by_default(self) -> bool:
        """Return whether the parameters are weights unless the config says otherwise."""
        return self.trainable in ("default", "always")

    @property
    def params(self) -> dict[str, ParameterValue]:
        """Return the default of each parameter."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the parameters that a config must give."""
        return tuple(parameter.name for parameter in self.parameters if parameter.required)


GLOROT = Paper(
    "Glorot and Bengio",
    2010,
    "Understanding the difficulty of training deep feedforward neural networks",
    "AISTATS 2010",
)

HE = Paper(
    "He et al.",
    2015,
    "Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet Classification",
    "arXiv:1502.01852",
)

MARTINS = Paper(
    "Martins and Astudillo",
    2016,
    "From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label Classification",
    "arXiv:1602.02068",
)

HE_FOR_RECTIFIERS = RecommendedInitializer("he_normal", str(HE))

HE_AS_FOR_RELU = RecommendedInitializer("he_normal", f"as for relu: {HE}")

GLOROT_FOR_SYMMETRIC = RecommendedInitializer("glorot_uniform", str(GLOROT))

GLOROT_AS_FOR_TANH = RecommendedInitializer("glorot_uniform", f"as for tanh: {GLOROT}")

# The source of a choice without a paper; tests/activations/test_catalogue.py computes the gains.
CHOSEN_BY_GAIN = (
    "no paper recommends one; of lecun_normal and he_normal, the one whose gain is nearer to moment_matched"
)

HE_BY_GAIN = RecommendedInitializer("he_normal", CHOSEN_BY_GAIN)

LECUN_BY_GAIN = RecommendedInitializer("lecun_normal", CHOSEN_BY_GAIN)

DENSE_DEFAULT = RecommendedInitializer("glorot_uniform", "no paper recommends one; the default of Dense")
