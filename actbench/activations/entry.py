"""What the catalogue says of one activation."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ParameterValue = float | int | bool | None

_DISTANCE = 1e-3  # in single precision 1 / a and 1 + a * x**2 are sound there

Kind = Literal["keras", "expression", "step", "layer", "gated", "mixing"]

Trainability = Literal["no", "optional", "default", "always"]


@dataclass(frozen=True)
class Parameter:
    """A keyword argument of an activation.

    Attributes:
        name: As in the function's signature, or as in the formula.
        default: Its type says what may be given: True or False takes a flag, a number a number, None a number
            or None. Of a required parameter it is not used, except for plots and tests.
        above: Excluded lower bound.
        at_least: Included lower bound.
        at_most: Included upper bound.
        required: Whether it must be given.
    """

    name: str
    default: ParameterValue
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    required: bool = False

    @property
    def least_trained(self) -> float | None:
        """Below what training keeps it from falling: its bound, and 0.001 above one that is excluded."""
        return self.at_least if self.above is None else self.above + _DISTANCE


@dataclass(frozen=True)
class Range:
    """The values that a function takes, with its default parameters.

    Attributes:
        low: Infimum.
        high: Supremum.
        low_reached: Whether the infimum is taken.
        high_reached: Whether the supremum is taken.
    """

    low: float
    high: float
    low_reached: bool = False
    high_reached: bool = False

    @property
    def bounded(self) -> bool:
        """Whether both ends are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def __str__(self) -> str:
        opening, closing = "[" if self.low_reached else "(", "]" if self.high_reached else ")"
        return f"{opening}{self.low:.6g}, {self.high:.6g}{closing}"


@dataclass(frozen=True)
class Paper:
    """Where a function, or a recommendation, comes from.

    Attributes:
        authors: Family names, such as "Hendrycks and Gimpel" or "Glorot et al.".
        year: Of the publication that is named.
        title: As printed.
        where: Venue, or arXiv number.
    """

    authors: str
    year: int
    title: str
    where: str

    def __str__(self) -> str:
        return f"{self.authors} ({self.year}), {self.title}, {self.where}"


@dataclass(frozen=True)
class Twin:
    """Another entry that computes the same function.

    Attributes:
        params: With which parameters of this entry; empty for its defaults.
        name: The other entry.
        other_params: With which parameters of the other; empty for its defaults.
        bitwise: Whether Keras computes both by the same operations, so that results are equal bit for bit.
    """

    params: Mapping[str, ParameterValue]
    name: str
    other_params: Mapping[str, ParameterValue] = field(default_factory=dict)
    bitwise: bool = False


@dataclass(frozen=True)
class Recommended:
    """The initial weights that suit an activation.

    Attributes:
        init: A Keras initialiser.
        source: Who recommends it, in words.
    """

    init: str
    source: str


@dataclass(frozen=True)
class Variant:
    """The formula where a flag among the parameters is true.

    Attributes:
        flag: The parameter.
        formula: As `Activation.formula`.
        derivative: As `Activation.derivative`.
    """

    flag: str
    formula: str
    derivative: str


@dataclass(frozen=True)
class Activation:
    """One row of the catalogue.

    Attributes:
        name: As in `keras.activations` where it has the function.
        kind: keras: taken from `keras.activations`. expression: its formula is what is computed. step: the
            formula, with a surrogate gradient. layer: a Keras layer with weights. gated: a layer of twice the
            width, half of which gates the other. mixing: from `keras.activations`, not element-wise.
        formula: In plain text. Of element-wise functions it is an expression in x and the parameters, as
            `expression.parse` reads it; of gated ones in x, what is in the gate, and value, what is gated.
        derivative: With respect to x, likewise; of gated ones with value for a constant.
        range: With default parameters; of gated ones, the whole layer's.
        monotonic: Whether it never falls, with default parameters; gated ones are not.
        smooth: Whether it is continuously differentiable, with default parameters.
        recommended: Initialiser of the weights before it.
        paper: Where it was proposed, or first used in a network; None where it is older than all papers.
        parameters: Keyword arguments beyond the input, the axis excepted.
        aliases: Other names for the same function.
        trainable: Whether parameters can be weights: no; optional (with `trainable: true`); by default (not
            with `trainable: false`); always.
        twins: Entries that are the same function.
        gate: Of gated ones, the element-wise entry that the gate applies.
        variant: Where a flag changes the formula.
        latex: Of the formula, where it cannot be made from it.
        layer: Where the Keras layer's defaults differ from the function's, a sentence about that.
        note: Anything else worth a sentence.
    """

    name: str
    kind: Kind
    formula: str
    derivative: str
    range: Range
    monotonic: bool
    smooth: bool
    recommended: Recommended
    paper: Paper | None = None
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    trainable: Trainability = "no"
    twins: tuple[Twin, ...] = ()
    gate: str | None = None
    variant: Variant | None = None
    latex: str | None = None
    layer: str = ""
    note: str = ""

    @property
    def element_wise(self) -> bool:
        """Whether every output depends on one input alone."""
        return self.kind not in ("gated", "mixing")

    @property
    def gated(self) -> bool:
        """Whether it takes a layer of twice its width."""
        return self.kind == "gated"

    @property
    def trained(self) -> bool:
        """Whether its parameters are weights unless the config says otherwise."""
        return self.trainable in ("default", "always")

    @property
    def params(self) -> dict[str, ParameterValue]:
        """Default of each parameter."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that must be given."""
        return tuple(parameter.name for parameter in self.parameters if parameter.required)


RUMELHART = Paper(
    "Rumelhart, Hinton and Williams",
    1986,
    "Learning representations by back-propagating errors",
    "Nature 323",
)

LECUN = Paper("LeCun et al.", 1998, "Efficient BackProp", "Neural Networks: Tricks of the Trade")

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

KLAMBAUER = Paper("Klambauer et al.", 2017, "Self-Normalizing Neural Networks", "arXiv:1706.02515")

RAMACHANDRAN = Paper(
    "Ramachandran, Zoph and Le", 2017, "Searching for Activation Functions", "arXiv:1710.05941"
)

MARTINS = Paper(
    "Martins and Astudillo",
    2016,
    "From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label Classification",
    "arXiv:1602.02068",
)

SHAZEER = Paper("Shazeer", 2020, "GLU Variants Improve Transformer", "arXiv:2002.05202")

RECTIFIER = Recommended("he_normal", str(HE))

LIKE_A_RECTIFIER = Recommended("he_normal", f"as for relu: {HE}")

SYMMETRIC = Recommended("glorot_uniform", str(GLOROT))

LIKE_TANH = Recommended("glorot_uniform", f"as for tanh: {GLOROT}")

NEAREST = "no paper recommends one; of lecun_normal and he_normal that with the gain nearer to moment_matched"

NEAREST_HE = Recommended("he_normal", NEAREST)

NEAREST_LECUN = Recommended("lecun_normal", NEAREST)

MIXING = Recommended("glorot_uniform", "no paper recommends one; the default of Dense")
