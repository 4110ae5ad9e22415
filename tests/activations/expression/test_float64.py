"""Values and slopes agree with mpmath, which has any precision, also where formulas tend to break."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.activations.expression.float64 import compute_values, compute_values_and_slopes
from actbench.activations.expression.parser import parse

EXTREMES = [-1e4, -800.0, -88.8, -30.0, -1.0, -1e-9, -5e-324, 0.0, 5e-324, 1e-9, 1.0, 30.0, 88.8, 800.0, 1e4]
RIGHT = [x for x in EXTREMES if x > 0]

# The mathematical f and f' of each function.
MEANINGS = {
    "exp": (mpmath.exp, mpmath.exp),
    "expm1": (mpmath.expm1, mpmath.exp),
    "sigmoid": (lambda x: 1 / (1 + mpmath.exp(-x)), lambda x: mpmath.sech(x / 2) ** 2 / 4),
    "tanh": (mpmath.tanh, lambda x: mpmath.sech(x) ** 2),
    "softplus": (lambda x: mpmath.log1p(mpmath.exp(x)), lambda x: 1 / (1 + mpmath.exp(-x))),
    "erf": (mpmath.erf, lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-(x**2))),
    "relu": (lambda x: max(x, mpmath.mpf(0)), lambda x: mpmath.mpf(x > 0)),
    "abs": (abs, mpmath.sign),
    "sign": (mpmath.sign, lambda _: mpmath.mpf(0)),
    "sin": (mpmath.sin, mpmath.cos),
    "cos": (mpmath.cos, lambda x: -mpmath.sin(x)),
    "atan": (mpmath.atan, lambda x: 1 / (1 + x**2)),
    "asinh": (mpmath.asinh, lambda x: 1 / mpmath.sqrt(1 + x**2)),
    "sinh": (mpmath.sinh, mpmath.cosh),
    "cosh": (mpmath.cosh, mpmath.sinh),
}
MEANINGS_RIGHT = {
    "log": (mpmath.log, lambda x: 1 / x),
    "log1p": (mpmath.log1p, lambda x: 1 / (1 + x)),
    "sqrt": (mpmath.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x))),
}


def as_float64(number):
    """Convert a number of mpmath; beyond the range of float64 it becomes infinite."""
    return float(number) if abs(number) < 1.8e308 else math.copysign(math.inf, number)


@pytest.mark.parametrize(
    ("name", "meaning", "places"),
    [
        *((name, meaning, EXTREMES) for name, meaning in MEANINGS.items()),
        *((name, meaning, RIGHT) for name, meaning in MEANINGS_RIGHT.items()),
    ],
)
def test_functions_and_their_slopes_at_extremes(name, meaning, places):
    expression = parse(f"{name}(x)")
    found, slopes = compute_values_and_slopes(expression, places)
    np.testing.assert_array_equal(found, compute_values(expression, places))
    with mpmath.workprec(400):
        for x, y, slope in zip(places, found, slopes, strict=True):
            exact, exact_slope = (as_float64(function(mpmath.mpf(x))) for function in meaning)
            # numbers next to 0 may become 0
            assert y == pytest.approx(exact, rel=1e-14, abs=1e-300), x
            assert slope == pytest.approx(exact_slope, rel=1e-12, abs=1e-300), x


@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [
        # kinks, where the slope is that of automatic differentiation
        ("abs(x)", 0, 0),
        ("relu(x)", 0, 0),
        ("sign(x)", 0, 0),
        ("max(x, 0)", 0, 1),
        ("max(0, x)", 0, 0),
        ("min(x, 0)", 0, 1),
        ("min(2 * x, x, 3 * x)", 0, 2),
        ("clip(x, 0, 6)", 0, 1),
        ("clip(x, 0, 6)", 6, 1),
        ("clip(x, 0, 6)", 7, 0),
        ("clip(x, 0, 6)", -1, 0),
        ("where(x >= 0, x, 2 * x)", 0, 1),
        # the branch not taken contributes nothing
        ("where(x > 0, x, exp(x) - 1)", 1e4, 1),
        ("where(x > 0, log(x), x)", -1, 1),
        ("where(x > 0, sqrt(x), 0)", 0, 0),
        # infinity inside, a number outside
        ("1 / (1 + exp(-x))", -1e4, 0),
        ("x / (1 + exp(-x))", -1e4, 0),
        ("x / (1 + exp(-x))", 1e4, 1),
        ("tanh(exp(x))", 1e4, 0),
        ("x * tanh(log(1 + exp(x)))", 1e4, 1),
        ("x * sigmoid(exp(x))", 1e4, 1),
        ("exp(-exp(-x))", -1e4, 0),
        ("x / (1 + x**4)**50", 1e4, 0),
        # a vertical tangent inside, a finite slope outside
        ("x * sqrt(x)", 0, 0),
        ("x * sqrt(abs(x))", 0, 0),
        ("sqrt(x) * 0 + x", 0, 1),
        ("sqrt(relu(x)) + x", -1, 1),
        # small denominators
        ("x / (x**2 + 1e-30)", 0, 1e30),
        ("x * 0.1**100 / (x**2 + 0.1**100 * 0.1**100)", 0, 1e100),
        # powers
        ("x**0 + x", 0, 1),
        ("x**1", 0, 1),
        ("x**2", 0, 0),
        ("x**-1", -2, -0.25),
        ("x**0.5", 4, 0.25),
        ("(-x)**3", 2, -12),
    ],
)
def test_slopes_at_special_places(text, at, slope):
    assert compute_values_and_slopes(parse(text), float(at))[1] == pytest.approx(slope, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    "text", ["log(x)", "sqrt(x)", "log1p(x)", "x**0.5", "max(log(x), 0)", "min(1, log(x))"]
)
def test_where_there_is_no_value_there_is_no_slope(text):
    expression = parse(text)
    assert np.isnan(compute_values(expression, -2.0))
    assert np.isnan(compute_values_and_slopes(expression, -2.0)).all()


@pytest.mark.parametrize("text", ["2", "pi * 3", "beta", "where(beta > 0, 1, 2)"])
def test_what_does_not_depend_on_x_is_flat(text):
    expression = parse(text, ["beta"], all_used=False)
    values, slopes = compute_values_and_slopes(expression, [[1.0, 2.0]], {"beta": 0.5})
    assert values.shape == slopes.shape == (1, 2)
    assert (slopes == 0).all()


def test_shapes_and_dtypes_are_those_of_x():
    for x in (0.5, [1, 2], np.zeros((2, 3), np.float32), np.empty(0)):
        for array in (compute_values(parse("x + 1"), x), *compute_values_and_slopes(parse("x + 1"), x)):
            assert array.shape == np.shape(x)
            assert array.dtype == np.float64


# Texts that NumPy and mpmath understand alike, and that are smooth wherever they have a value.
smooth = st.recursive(
    st.sampled_from(["x", "0.5", "3", "b"]),
    lambda child: st.one_of(
        st.builds(
            "{0}({1})".format,
            st.sampled_from(["tanh", "sigmoid", "softplus", "erf", "sin", "cos", "atan", "asinh", "expm1"]),
            child,
        ),
        st.builds("({0} {1} {2})".format, child, st.sampled_from("+-*"), child),
        st.builds("({0})**{1}".format, child, st.integers(0, 3)),
        st.builds("({0} / (1 + {1} * {1}))".format, child, child),
        st.builds("sqrt(1 + ({0})**2)".format, child),
        st.builds("log1p(({0})**2)".format, child),
        st.builds("exp(-({0})**2)".format, child),
    ),
    max_leaves=8,
)
IN_MPMATH = {name: functions[0] for name, functions in (MEANINGS | MEANINGS_RIGHT).items()}


@settings(deadline=None, max_examples=150)
@given(smooth, st.floats(-3, 3), st.floats(0.1, 2))
def test_slopes_of_random_formulas_are_mpmaths(text, x, b):
    """The reference is mpmath, which takes difference quotients with 200 bits."""
    expression = parse(text, ["b"], all_used=False)
    found, slope = compute_values_and_slopes(expression, x, {"b": b})
    with mpmath.workprec(200):

        def exact(x):
            return eval(text, {**IN_MPMATH, "x": x, "b": mpmath.mpf(b)})  # the text is from `smooth`

        y, dy = exact(mpmath.mpf(x)), mpmath.diff(exact, mpmath.mpf(x))
    # Large intermediate results cost digits, so large results are not compared.
    if max(abs(y), abs(dy)) < 1e6:
        assert found == pytest.approx(float(y), rel=1e-6, abs=1e-9)
        assert slope == pytest.approx(float(dy), rel=1e-6, abs=1e-7)
