"""Random valid expressions agree with NumPy; random junk is refused, and nothing else happens."""

import math
import string
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.activations.expression.float64 import (
    DUAL_OPERATIONS,
    NUMPY_OPERATIONS,
    compute_values,
    compute_values_and_slopes,
    fold_constants,
)
from actbench.activations.expression.parser import ExpressionError, parse
from actbench.activations.expression.tree import FUNCTIONS, OPERATIONS, evaluate

# NumPy warns where a random tree overflows; the compared values show that, too.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

X = np.array([-1e4, -30.0, -3.0, -1.0, -0.3, -1e-310, 0.0, 1e-310, 0.7, 1.0, 2.5, 30.0, 1e4])
BETA = 0.8

# The meaning of each function in NumPy, independent of the tables under test.
ONE = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "abs": np.fabs,
    "sign": lambda x: np.where(x > 0, 1.0, np.where(x < 0, -1.0, x)),
    "relu": lambda x: np.where(x > 0, x, np.where(np.isnan(x), np.nan, 0.0)),
    "sigmoid": lambda x: np.exp(-np.logaddexp(0, -x)),
    "tanh": lambda x: np.where(
        np.abs(x) > 20, np.sign(x), np.sinh(np.clip(x, -20, 20)) / np.cosh(np.clip(x, -20, 20))
    ),
    "softplus": lambda x: np.where(x > 40, x, np.log1p(np.exp(np.minimum(x, 40)))),
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    "sin": np.sin,
    "cos": np.cos,
    "atan": lambda x: np.arctan2(x, 1.0),
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
}


def divided(a, b):
    """Divide; NaN, which is not compared, for a divisor of 0: min, max and clip promise no sign of zero."""
    return np.where(b == 0, np.nan, np.divide(a, b))


TWO = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": divided}
COMPARE = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}

numbers = st.floats(0.125, 8, allow_nan=False).map(lambda number: (repr(number), np.float64(number)))
leaves = st.one_of(st.just(("x", X)), st.just(("beta", np.float64(BETA))), numbers)


def grow(children):
    def one(name, child):
        return f"{name}({child[0]})", ONE[name](child[1])

    def two(sign, a, b):
        return f"({a[0]} {sign} {b[0]})", TWO[sign](a[1], b[1])

    def negative(a):
        return f"(-{a[0]})", -a[1]

    def power(a, n):
        return f"({a[0]})**{n}", np.power(a[1], float(n))

    def extreme(name, parts):
        function = np.minimum if name == "min" else np.maximum
        values = parts[0][1]
        for _, other in parts[1:]:
            values = function(values, other)
        return f"{name}({', '.join(text for text, _ in parts)})", values

    def clip(a, low, high):
        return f"clip({a[0]}, {low[0]}, {high[0]})", np.minimum(np.maximum(a[1], low[1]), high[1])

    def where(sign, a, b, then, otherwise):
        condition = COMPARE[sign](a[1], b[1])
        told = np.where(np.isnan(a[1]) | np.isnan(b[1]), np.nan, np.where(condition, then[1], otherwise[1]))
        return f"where({a[0]} {sign} {b[0]}, {then[0]}, {otherwise[0]})", told

    return st.one_of(
        st.builds(one, st.sampled_from(sorted(ONE)), children),
        st.builds(two, st.sampled_from(sorted(TWO)), children, children),
        st.builds(negative, children),
        st.builds(power, children, st.integers(0, 5)),
        st.builds(extreme, st.sampled_from(["min", "max"]), st.lists(children, min_size=2, max_size=3)),
        st.builds(clip, children, children, children),
        st.builds(where, st.sampled_from(sorted(COMPARE)), children, children, children, children),
    )


trees = st.recursive(leaves, grow, max_leaves=12)


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_random_trees_agree_with_numpy(data):
    text, expected = data.draw(trees)
    try:
        expression = parse(text, ["beta"], all_used=False)
    except ExpressionError as error:
        # The generator may make constants that are not finite, and texts that are too long or too deep.
        assert any(word in error.message for word in ("finite", "longer", "nested"))  # noqa: PT017
        return
    found = compute_values(expression, X, {"beta": BETA})
    expected = np.broadcast_to(expected, X.shape)
    told = ~np.isnan(expected)
    np.testing.assert_allclose(found[told], expected[told], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(compute_values_and_slopes(expression, X, {"beta": BETA})[0], found)
    assert parse(expression.text, ["beta"], all_used=False).root == expression.root
    same = evaluate(fold_constants(expression), NUMPY_OPERATIONS, {"x": X, "beta": BETA})
    np.testing.assert_allclose(np.broadcast_to(same, X.shape), found, rtol=1e-12)


def test_every_operation_has_its_value_and_its_slope():
    assert set(NUMPY_OPERATIONS) == set(DUAL_OPERATIONS) == set(OPERATIONS)


junk = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=string.ascii_letters + string.digits + "+-*/().,<>=!_ \t[]{}'\":@&|^~%", max_size=80),
    st.lists(
        st.sampled_from(
            [
                *FUNCTIONS,
                "x",
                "beta",
                "(",
                ")",
                ",",
                "+",
                "-",
                "*",
                "/",
                "**",
                ".",
                "1",
                "1e9",
                "<",
                "lambda",
                "import",
                "if",
                "else",
                "[",
                "]",
                " ",
            ]
        ),
        max_size=40,
    ).map("".join),
    st.binary(max_size=60).map(lambda content: content.decode("utf-8", "surrogateescape")),
)


@settings(deadline=None, max_examples=1500)
@given(junk)
def test_junk_is_refused_and_nothing_else(text):
    try:
        expression = parse(text, ["beta"], all_used=False)
    except ExpressionError as error:
        assert 1 <= error.column <= max(len(text), 1) + 1  # noqa: PT017
        assert error.message  # noqa: PT017
    else:
        assert compute_values(expression, X, {"beta": BETA}).shape == X.shape


@settings(deadline=None, max_examples=300)
@given(
    trees.map(lambda tree: tree[0]),
    st.integers(0, 200),
    st.sampled_from([".", "(", ")", "y", "**", "'", ";", "\x00", "__", "é"]),
)
def test_a_damaged_expression_is_refused_or_read(text, position, damage):
    position = min(position, len(text))
    try:
        parse(text[:position] + damage + text[position:], ["beta"], all_used=False)
    except ExpressionError as error:
        assert error.column >= 1  # noqa: PT017


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "-" * 10_000,
        "x**" * 150 + "x",
        "exp(" * 120 + "x" + ")" * 120,
        "9**9**9**9**9*x",
        "[" * 499,
        "x" * 500,
    ],
)
def test_nothing_takes_long(text):
    start = time.process_time()
    with pytest.raises(ExpressionError):
        parse(text)
    assert time.process_time() - start < 5  # it takes milliseconds; computing the power tower would never end
