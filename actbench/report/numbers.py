"""How figures look to a reader: the only place that rounds."""

import math
from collections.abc import Callable
from typing import Literal

from actbench.analysis.intervals import Interval

Kind = Literal[
    "text", "count", "percent", "points", "ratio", "seconds", "milliseconds", "microseconds", "rate"
]
Value = str | int | float | Interval | None

_MISSING = "-"


def format_value(value: Value, kind: Kind) -> str:
    """One cell of a table.

    Args:
        value: A figure in its own unit (fractions, seconds, ratios), or words, which stay as they are.
        kind: How to show it.

    Returns:
        The figure, followed by its interval in brackets where it has one; "-" for None.
    """
    if value is None:
        return _MISSING
    if isinstance(value, str):
        return value
    if isinstance(value, Interval):
        number = _formatter(kind, value.estimate)
        if value.ci_low is None or value.ci_high is None:
            return number(value.estimate)
        return f"{number(value.estimate)} [{number(value.ci_low)}, {number(value.ci_high)}]"
    return _formatter(kind, value)(value)


def latency_kind(seconds: float) -> Kind:
    """The unit that shows latencies of about this size without leading zeros."""
    if seconds < 1e-3:
        return "microseconds"
    return "milliseconds" if seconds < 1 else "seconds"


def _formatter(kind: Kind, estimate: float) -> Callable[[float], str]:
    match kind:
        case "text" | "count":
            return lambda value: f"{value:,}"
        case "percent":
            return lambda value: f"{100 * value:.2f}"
        case "points":
            return lambda value: f"{_no_negative_zero(100 * value, 2):+.2f}"
        case "ratio":
            return lambda value: f"{value:.3f}"
        case "seconds":
            return _three_digits(estimate, 1)
        case "milliseconds":
            return _three_digits(estimate, 1e3)
        case "microseconds":
            return _three_digits(estimate, 1e6)
        case "rate":
            return lambda value: f"{_round_to_three_digits(value):,.0f}" if value >= 100 else f"{value:.3g}"


def _three_digits(estimate: float, scale: float) -> Callable[[float], str]:
    """Three significant digits of the estimate; its bounds get as many decimals, so that they line up."""
    decimals = max(0, 2 - _magnitude(scale * estimate))
    return lambda value: f"{scale * value:,.{decimals}f}"


def _round_to_three_digits(value: float) -> float:
    return round(value, 2 - _magnitude(value))


def _magnitude(value: float) -> int:
    """Power of ten of the leading digit after rounding to three digits, so that 0.9996 counts as 1.00."""
    return int(f"{value:.2e}".partition("e")[2]) if value and math.isfinite(value) else 0


def _no_negative_zero(value: float, decimals: int) -> float:
    return round(value, decimals) + 0.0
