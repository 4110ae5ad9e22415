"""The initialisers that a config can name, by the names that `keras.initializers.get` knows.

The seed is not among their parameters: it is the run's. `stft` is left out, since it makes no weights of a
dense layer.
"""

from collections.abc import Mapping

Choices = tuple[str, ...]

INITIALIZERS: Mapping[str, Mapping[str, float | Choices]] = {
    "glorot_uniform": {},
    "glorot_normal": {},
    "he_uniform": {},
    "he_normal": {},
    "lecun_uniform": {},
    "lecun_normal": {},
    "variance_scaling": {
        "scale": 1.0,
        "mode": ("fan_in", "fan_out", "fan_avg"),
        "distribution": ("truncated_normal", "untruncated_normal", "uniform"),
    },
    "random_normal": {"mean": 0.0, "stddev": 0.05},
    "random_uniform": {"minval": -0.05, "maxval": 0.05},
    "truncated_normal": {"mean": 0.0, "stddev": 0.05},
    "orthogonal": {"gain": 1.0},
    "identity": {"gain": 1.0},
    "constant": {"value": 0.0},
    "ones": {},
    "zeros": {},
}
"""Parameters of each: Keras's default of a number, the choices of a word, Keras's default first."""

POSITIVE = ("scale", "stddev")
"""Parameters that are above 0."""

KERAS, RECOMMENDED, MOMENT_MATCHED = "keras", "recommended", "moment_matched"

INIT_NAMES: tuple[str, ...] = (KERAS, RECOMMENDED, MOMENT_MATCHED, *INITIALIZERS)
"""What `init` may be: the default of Dense, the catalogue's choice, a matched gain, or an initialiser."""
