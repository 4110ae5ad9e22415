"""The element-wise activation functions of Keras, as data: names, formulas, parameters, defaults.

Parameters and defaults are those of the *functions* in `keras.activations`, which differ from the layers':
`leaky_relu` has slope 0.2, `LeakyReLU` 0.3. Functions that mix units or change the width (softmax, glu) and
those without a fixed formula (PReLU) do not belong here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ParameterValue = float | int | bool | None


@dataclass(frozen=True)
class Activation:
    """One function of the catalogue.

    Attributes:
        name: As in `keras.activations`.
        formula: For people, in plain text.
        params: Keyword arguments of the function with Keras's defaults. The default's type says what may be
            given: True or False takes a flag, a number a number, None a number or None.
        aliases: Other names that Keras has for the same function.
    """

    name: str
    formula: str
    params: Mapping[str, ParameterValue] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """The table is shared by all: nobody may change an entry."""
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))


_TABLE = (
    Activation("linear", "x"),
    Activation("sigmoid", "1 / (1 + exp(-x))"),
    Activation("hard_sigmoid", "clip(x / 6 + 0.5, 0, 1)"),
    Activation("tanh", "(exp(x) - exp(-x)) / (exp(x) + exp(-x))"),
    Activation("softsign", "x / (1 + |x|)"),
    Activation("softplus", "log(1 + exp(x))"),
    Activation(
        "relu",
        "max(x, 0)",
        params={"negative_slope": 0.0, "max_value": None, "threshold": 0.0},
    ),
    Activation("relu6", "min(max(x, 0), 6)"),
    Activation("leaky_relu", "x if x > 0 else negative_slope * x", params={"negative_slope": 0.2}),
    Activation("elu", "x if x > 0 else alpha * (exp(x) - 1)", params={"alpha": 1.0}),
    Activation("selu", "1.0507 * (x if x > 0 else 1.6733 * (exp(x) - 1))"),
    Activation("celu", "x if x > 0 else alpha * (exp(x / alpha) - 1)", params={"alpha": 1.0}),
    Activation("gelu", "x * P(X <= x), X ~ N(0, 1)", params={"approximate": False}),
    Activation("silu", "x / (1 + exp(-x))", aliases=("swish",)),
    Activation("hard_silu", "x * clip(x / 6 + 0.5, 0, 1)", aliases=("hard_swish",)),
    Activation("mish", "x * tanh(log(1 + exp(x)))"),
    Activation("exponential", "exp(x)"),
    Activation("hard_tanh", "clip(x, -1, 1)"),
    Activation("log_sigmoid", "-log(1 + exp(-x))"),
    Activation("hard_shrink", "x if |x| > threshold else 0", params={"threshold": 0.5}),
    Activation("soft_shrink", "sign(x) * max(|x| - threshold, 0)", params={"threshold": 0.5}),
    Activation("tanh_shrink", "x - tanh(x)"),
    Activation("squareplus", "(x + sqrt(x^2 + b)) / 2", params={"b": 4}),
    Activation("sparse_plus", "0 if x <= -1, x if x >= 1, else (x + 1)^2 / 4"),
)

ACTIVATIONS: dict[str, Activation] = {activation.name: activation for activation in _TABLE}

_BY_ANY_NAME = {name: entry for entry in _TABLE for name in (entry.name, *entry.aliases)}

NAMES: tuple[str, ...] = tuple(_BY_ANY_NAME)
"""Every name that `find` knows, aliases included."""


def find(name: str) -> Activation:
    """The activation of that name or alias.

    Raises:
        KeyError: There is none.
    """
    return _BY_ANY_NAME[name]
