"""Every function and its derivative, computed by Keras in float32, agree with formulas in mpmath."""

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from actbench.activations.catalogue import ACTIVATIONS
from actbench.activations.curves import activation_curve
from actbench.activations.expression.float64 import compute_values
from actbench.activations.expression.parser import parse

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

mpmath.mp.dps = 40

GRID = np.array(
    [
        *(-1e4, -100.0, -20.0, -6.5, -3.25, -2.0, -1.5, -1.0009765625, -0.75, -0.3, -1e-3),
        *(-1e-40, -1e-45, 0.0, 1e-45, 1e-40),
        *(1e-3, 0.3, 0.75, 1.0009765625, 1.5, 2.0, 3.25, 6.5, 20.0, 100.0, 1e4),
    ],
    dtype=np.float32,
)


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def softplus(x):
    return mpmath.log(1 + mpmath.exp(x))


def phi(x):
    return (1 + mpmath.erf(x / mpmath.sqrt(2))) / 2


def clip(x, low, high):
    return min(max(x, mpf(low)), mpf(high))


def tanh_gelu(x):
    return x * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpf("0.044715") * x**3))) / 2


SCALE, ALPHA = mpf("1.05070098735548049341933498529"), mpf("1.67326324235437728481704296")

# Name, parameters, formula. The formulas are from the papers and Keras's documentation, not from the
# catalogue.
CASES = [
    ("linear", {}, lambda x: x),
    ("relu", {}, lambda x: max(x, mpf(0))),
    ("relu", {"negative_slope": 0.25, "max_value": 2.5, "threshold": 0.5},
     lambda x: mpf("2.5") if x >= 2.5 else x if x >= 0.5 else (x - mpf("0.5")) / 4),
    ("relu6", {}, lambda x: clip(x, 0, 6)),
    ("leaky_relu", {}, lambda x: x if x > 0 else x * mpf("0.2")),
    ("leaky_relu", {"negative_slope": 0.125}, lambda x: x if x > 0 else x / 8),
    ("prelu", {"alpha": 0.25}, lambda x: x if x > 0 else x / 4),
    ("elu", {}, lambda x: x if x > 0 else mpmath.expm1(x)),
    ("elu", {"alpha": 0.5}, lambda x: x if x > 0 else mpmath.expm1(x) / 2),
    ("selu", {}, lambda x: SCALE * (x if x > 0 else ALPHA * mpmath.expm1(x))),
    ("celu", {}, lambda x: x if x > 0 else mpmath.expm1(x)),
    ("celu", {"alpha": 2.0}, lambda x: x if x > 0 else 2 * mpmath.expm1(x / 2)),
    ("squared_relu", {}, lambda x: max(x, mpf(0)) ** 2),
    ("threshold", {"threshold": 0.5, "default_value": -1.0}, lambda x: x if x > 0.5 else mpf(-1)),
    ("softplus", {}, softplus),
    ("squareplus", {}, lambda x: (x + mpmath.sqrt(x**2 + 4)) / 2),
    ("squareplus", {"b": 0.25}, lambda x: (x + mpmath.sqrt(x**2 + mpf("0.25"))) / 2),
    ("sparse_plus", {}, lambda x: mpf(0) if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4),
    ("gelu", {}, lambda x: x * phi(x)),
    ("gelu", {"approximate": True}, tanh_gelu),
    ("silu", {}, lambda x: x * sigmoid(x)),
    ("swish_beta", {"beta": 1.5}, lambda x: x * sigmoid(mpf("1.5") * x)),
    ("hard_silu", {}, lambda x: x * clip(x / 6 + mpf("0.5"), 0, 1)),
    ("mish", {}, lambda x: x * mpmath.tanh(softplus(x))),
    ("serf", {}, lambda x: x * mpmath.erf(softplus(x))),
    ("logish", {}, lambda x: x * mpmath.log(1 + sigmoid(x))),
    ("sigmoid", {}, sigmoid),
    ("hard_sigmoid", {}, lambda x: clip(x / 6 + mpf("0.5"), 0, 1)),
    ("sparse_sigmoid", {}, lambda x: clip((x + 1) / 2, 0, 1)),
    ("log_sigmoid", {}, lambda x: -softplus(-x)),
    ("tanh", {}, mpmath.tanh),
    ("hard_tanh", {}, lambda x: clip(x, -1, 1)),
    ("softsign", {}, lambda x: x / (1 + abs(x))),
    ("isru", {"alpha": 2.0}, lambda x: x / mpmath.sqrt(1 + 2 * x**2)),
    ("step", {}, lambda x: mpf(1) if x >= 0 else mpf(0)),
    ("hard_shrink", {}, lambda x: x if abs(x) > 0.5 else mpf(0)),
    ("hard_shrink", {"threshold": 1.25}, lambda x: x if abs(x) > 1.25 else mpf(0)),
    ("soft_shrink", {}, lambda x: mpmath.sign(x) * max(abs(x) - mpf("0.5"), mpf(0))),
    ("soft_shrink", {"threshold": 1.25}, lambda x: mpmath.sign(x) * max(abs(x) - mpf("1.25"), mpf(0))),
    ("tanh_shrink", {}, lambda x: x - mpmath.tanh(x)),
    ("pelu", {"a": 0.5, "b": 2.0}, lambda x: x / 4 if x >= 0 else mpmath.expm1(x / 2) / 2),
    ("aria2", {}, lambda x: x * (1 + mpmath.exp(-2 * x)) ** mpf("-1.5")),
    ("snake", {"a": 0.5}, lambda x: x + 2 * mpmath.sin(x / 2) ** 2),
    ("exponential", {}, mpmath.exp),
    ("glu", {}, sigmoid),
    ("bilinear", {}, lambda x: x),
    ("reglu", {}, lambda x: max(x, mpf(0))),
    ("geglu", {}, lambda x: x * phi(x)),
    ("swiglu", {}, lambda x: x * sigmoid(x)),
]  # fmt: skip
IDS = [f"{name} {params}" if params else name for name, params, _ in CASES]

# Values beyond single precision are not compared.
LARGEST = 3.4e38
# At 1e4 the argument of the sine is 5e3, which single precision knows to 2e-4, so the sine is no better
# known. At -1e4 squareplus is a difference of numbers that are known to 1e-3.
TOLERANCE = {"snake": 1e-3, "squareplus": 1e-3}
# Keras adds max(x, 0) and a function of min(x, 0); at 0, TensorFlow adds the slopes of both.
SLOPE_AT_ZERO = {"celu": 2.0}
SUBNORMAL = np.abs(GRID) < 1.2e-38  # TensorFlow treats these as 0


def reference(formula, x):
    """Return f(x) and f'(x), NaN at kinks, at single-precision numbers."""
    values, slopes = [], []
    for number in map(mpf, x.astype(np.float64)):
        values.append(formula(number))
        h = max(abs(number), mpf(1)) * mpf("1e-15")
        left, right = (
            (formula(number) - formula(number - h)) / h,
            (formula(number + h) - formula(number)) / h,
        )
        smooth = abs(left - right) <= mpf("1e-9") * (1 + abs(left))
        slopes.append((left + right) / 2 if smooth else mpf("nan"))
    return np.array(values, dtype=object), np.array([float(slope) for slope in slopes])


def assert_close(found, expected, tolerance, what):
    expected = np.array([float(number) for number in expected])
    known = np.isfinite(expected) & (np.abs(expected) < LARGEST)
    error = np.abs(found[known] - expected[known]) / (1 + np.abs(expected[known]))
    assert not np.isnan(found).any(), what
    assert (error <= tolerance).all(), f"{what} at {GRID[known][error > tolerance]}: {error.max()}"


def test_every_function_of_one_number_is_among_the_cases():
    single = {name for name, entry in ACTIVATIONS.items() if entry.kind != "mixing"}
    assert {name for name, _, _ in CASES} == single


@pytest.mark.parametrize(("name", "params", "formula"), CASES, ids=IDS)
def test_keras_computes_function_and_derivative(name, params, formula):
    import tensorflow as tf

    from actbench.engine.activation_layers import activation_layer
    from tests.engine.tiny import cell

    layer = activation_layer(cell({"name": name, "params": params}))
    gated = ACTIVATIONS[name].gated
    x = tf.constant(np.stack([np.ones_like(GRID), GRID], axis=1) if gated else GRID[:, None])
    if name == "prelu":
        layer.build(x.shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    slopes = tape.gradient(y, x).numpy()[:, -1].astype(np.float64)
    flushed = np.where(SUBNORMAL, np.float32(0), GRID) if name == "step" else GRID
    values, expected = reference(formula, flushed)
    tolerance = TOLERANCE.get(name, 2e-6)
    assert_close(y.numpy()[:, 0].astype(np.float64), values, tolerance, "f")
    if name == "step":
        assert not slopes.any()
        return
    if name in SLOPE_AT_ZERO:
        assert (slopes[SUBNORMAL] == SLOPE_AT_ZERO[name]).all()
        slopes[SUBNORMAL] = expected[SUBNORMAL]
    overflowed = np.abs(np.array([float(v) for v in values])) >= LARGEST
    assert np.isfinite(slopes[~overflowed]).all()
    assert_close(slopes[~overflowed], expected[~overflowed], 2 * tolerance, "f'")


@pytest.mark.parametrize(("name", "params", "formula"), CASES, ids=IDS)
def test_the_catalogues_formulas_are_those_functions(name, params, formula):
    entry = ACTIVATIONS[name]
    curve = activation_curve(entry, params)
    values, expected = reference(formula, GRID)
    x = GRID.astype(np.float64)
    assert_close(curve(x), values, 1e-12, "f")
    approximate = entry.variant is not None and params.get(entry.variant.flag)
    text = entry.variant.derivative if approximate else entry.derivative
    derivative = compute_values(parse(text, curve.params, all_used=False), x, curve.params)
    if name == "step":
        assert not derivative.any()
        return
    for found, what in ((derivative, "f', as written"), (curve.slope(x), "f', differentiated")):
        overflowed = ~np.isfinite(np.array([float(v) for v in values]))
        assert_close(found[~overflowed], expected[~overflowed], 1e-8, what)


def test_the_catalogue_knows_where_keras_has_one_sided_slopes():
    """At a kink, the derivative of the formula is what TensorFlow gives."""
    import tensorflow as tf

    from actbench.engine.activation_layers import activation_layer
    from tests.engine.tiny import cell

    kinks = {
        "relu": 0.0,
        "relu6": 0.0,
        "leaky_relu": 0.0,
        "elu": 0.0,
        "selu": 0.0,
        "squared_relu": 0.0,
    }
    for name, kink in kinks.items():
        x = tf.constant([[kink]])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = activation_layer(cell(name))(x)
        theirs = float(tape.gradient(y, x)[0, 0])
        assert activation_curve(ACTIVATIONS[name]).slope(kink) == pytest.approx(theirs, rel=1e-6), name
