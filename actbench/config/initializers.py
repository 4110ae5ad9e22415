"""The initialisers that a config can name, by the names that `keras.initializers.get` knows.

The seed is not among their parameters: it is the run's. `stft` is left out, since it makes no weights of a
dense layer.
"""

from collections.abc import Mapping

from actbench.config.fields import Number, OneOf
from actbench.config.known import Known


def _number(default: float) -> Known:
    return Known(default, Number())


def _positive(default: float) -> Known:
    return Known(default, Number(above=0))


def _word(*words: str) -> Known:
    return Known(words[0], OneOf("word", words))


INITIALIZERS: Mapping[str, Mapping[str, Known]] = {
    "glorot_uniform": {},
    "glorot_normal": {},
    "he_uniform": {},
    "he_normal": {},
    "lecun_uniform": {},
    "lecun_normal": {},
    "variance_scaling": {
        "scale": _positive(1.0),
        "mode": _word("fan_in", "fan_out", "fan_avg"),
        "distribution": _word("truncated_normal", "untruncated_normal", "uniform"),
    },
    "random_normal": {"mean": _number(0.0), "stddev": _positive(0.05)},
    "random_uniform": {"minval": _number(-0.05), "maxval": _number(0.05)},
    "truncated_normal": {"mean": _number(0.0), "stddev": _positive(0.05)},
    "orthogonal": {"gain": _number(1.0)},
    "identity": {"gain": _number(1.0)},
    "constant": {"value": _number(0.0)},
    "ones": {},
    "zeros": {},
}
"""Parameters of each, with Keras's defaults."""

KERAS, RECOMMENDED, MOMENT_MATCHED = "keras", "recommended", "moment_matched"

INIT_NAMES: tuple[str, ...] = (KERAS, RECOMMENDED, MOMENT_MATCHED, *INITIALIZERS)
"""What `init` may be: the default of Dense, the catalogue's choice, a matched gain, or an initialiser."""
