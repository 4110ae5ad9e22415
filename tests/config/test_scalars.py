import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actbench.config.scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL"),
        ("true", True), ("True", True), ("FALSE", False), ("tRUE", "tRUE"),
        ("yes", "yes"), ("on", "on"), ("off", "off"), ("n", "n"),
        ("0", 0), ("-12", -12), ("+3", 3), ("010", 10), ("0o17", 15), ("0xfF", 255), ("0b1", "0b1"),
        ("1_000", "1_000"), ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("1" * 401, "1" * 401),
        ("1e-3", 0.001), ("1E3", 1000.0), ("1.", 1.0), (".5", 0.5), ("-1.5e+2", -150.0), ("+.5", 0.5),
        (".", "."), ("e3", "e3"), ("1e", "1e"), ("1.2.3", "1.2.3"), ("١", "١"),  # noqa: RUF001 # Arabic digit
        (".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf), ("inf", "inf"), ("nan", "nan"),
        ("2024-01-31", "2024-01-31"), ("1 ", "1 "), ("1\n", "1\n"), ("<<", "<<"), ("relu", "relu"),
    ],
)  # fmt: skip
def test_plain_scalars_are_yaml_1_2(text, value):
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_nan(text):
    assert math.isnan(resolve(text))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_survive(number):
    resolved = resolve(repr(number))
    assert resolved == number
    assert isinstance(resolved, float)


@given(st.integers(min_value=-(10**300), max_value=10**300))
def test_whole_numbers_survive(number):
    assert resolve(str(number)) == number


@given(st.text())
def test_any_text_means_something(text):
    assert isinstance(resolve(text), str | int | float | bool | None)
