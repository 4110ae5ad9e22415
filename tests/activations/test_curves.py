"""Moments of a standard normal signal agree with closed forms and the integrals of mpmath."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actbench.activations.catalogue import ACTIVATIONS
from actbench.activations.curves import activation_curve, compute_moments, expression_curve, normal_quadrature
from actbench.activations.expression.parser import parse

CLOSED = [
    # E[f(z)], E[f(z)^2]
    ("linear", {}, 0, 1),
    ("relu", {}, 1 / mpmath.sqrt(2 * mpmath.pi), mpmath.mpf(1) / 2),
    (
        "leaky_relu",
        {"negative_slope": 0.5},
        mpmath.mpf("0.5") / mpmath.sqrt(2 * mpmath.pi),
        mpmath.mpf(5) / 8,
    ),
    ("squared_relu", {}, mpmath.mpf(1) / 2, mpmath.mpf(3) / 2),
    ("exponential", {}, mpmath.exp(mpmath.mpf(1) / 2), mpmath.exp(2)),
    ("step", {}, mpmath.mpf(1) / 2, mpmath.mpf(1) / 2),
    ("selu", {}, 0, 1),  # its constants were chosen for these
    ("gelu", {}, 1 / (2 * mpmath.sqrt(mpmath.pi)), None),
    ("sigmoid", {}, mpmath.mpf(1) / 2, None),
    ("tanh", {}, 0, None),
]


@pytest.mark.parametrize(("name", "params", "mean", "second"), CLOSED)
def test_closed_forms(name, params, mean, second):
    found = activation_curve(ACTIVATIONS[name], params).moments()
    assert found.mean == pytest.approx(float(mean), abs=1e-12)
    if second is not None:
        assert found.second_moment == pytest.approx(float(second), rel=1e-9)
        assert found.gain == pytest.approx(float(second) ** -0.5, rel=1e-9)


@pytest.mark.parametrize(
    "name",
    [
        *("tanh", "gelu", "hard_sigmoid", "snake"),
        *(pytest.param(name, marks=pytest.mark.heavy) for name in ("sigmoid", "mish", "softplus", "elu")),
    ],
)
def test_second_moments_are_mpmaths_integrals(name):
    curve = activation_curve(ACTIVATIONS[name])

    def integrand(z):
        return float(curve(float(z))) ** 2 * mpmath.npdf(z)

    expected = mpmath.quad(integrand, [-12, -3, -1, 0, 1, 3, 12])
    assert curve.moments().second_moment == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("threshold", [0.1, 1 / 3, 1.7])
def test_a_jump_at_a_parameter_costs_no_accuracy(threshold):
    found = activation_curve(ACTIVATIONS["hard_shrink"], {"threshold": threshold}).moments().second_moment
    tail = 2 * (threshold * mpmath.npdf(threshold) + mpmath.ncdf(-threshold))
    assert found == pytest.approx(float(tail), rel=1e-10)


def test_expressions_have_moments_too():
    curve = expression_curve(parse("a * x", ["a"]), {"a": 3.0})
    assert curve.moments().gain == pytest.approx(1 / 3, rel=1e-12)


@pytest.mark.parametrize("scale", ["1", "1e-2", "1e-6", "1e6"])
@pytest.mark.parametrize(
    "text", ["0 * x", "1 / x", "exp(x * x)", "log(x)", "1 / x**2", "exp(x**2 / 4)", "1 / sqrt(abs(x))"]
)
def test_what_has_no_second_moment_has_no_gain(text, scale):
    assert expression_curve(parse(f"{scale} * ({text})"), {}).moments().gain is None


@given(st.floats(0.1, 10), st.integers(0, 6))
def test_polynomials(scale, power):
    """E[z^n] of a standard normal is (n - 1)!! for even n."""
    found = compute_moments(lambda z: scale * z**power)
    even = float(mpmath.fac2(power - 1)) if power % 2 == 0 else 0.0
    assert found.mean == pytest.approx(scale * even, rel=1e-9, abs=1e-9)
    assert found.second_moment == pytest.approx(scale**2 * float(mpmath.fac2(2 * power - 1)), rel=1e-8)


def test_the_weights_are_a_probability():
    z, weights = normal_quadrature()
    assert z.shape == weights.shape
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert (np.diff(z) > 0).all()
