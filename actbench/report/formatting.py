"""The formats of figures, the only place that rounds, and the formats of scores and metrics."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from actbench.metrics.registry import parse_metric_name, score_title, score_unit
from actbench.stats.intervals import Interval

if TYPE_CHECKING:
    from actbench.analysis.verdicts import Comparison
    from actbench.metrics.metric import Unit
    from actbench.metrics.registry import ScoreName
    from actbench.records.run import DatasetInfo

FigureKind = Literal[
    "text", "words", "count", "thousands", "percent", "points", "ratio", "probability", "decimal",
    "signed decimal", "thousandths", "signed thousandths", "seconds", "milliseconds", "microseconds",
    "signed microseconds", "three digits", "two digits", "whole percent", "one percent",
    "score", "signed score", "significant", "signed significant",
]  # fmt: skip

Value = str | int | float | Interval | None

_MISSING = "-"

_EXPONENT = re.compile(r"e\+?(-?)0*")

_FIXED: dict[FigureKind, tuple[float, str]] = {  # scale and format
    "percent": (100, ".2f"),
    "whole percent": (100, ".0f"),
    "one percent": (100, ".1f"),
    "points": (100, "+.2f"),
    "probability": (1, ".2f"),
    "decimal": (1, ".2f"),
    "signed decimal": (1, "+.2f"),
    "thousandths": (1e3, ".1f"),
    "signed thousandths": (1e3, "+.1f"),
    "signed microseconds": (1e6, "+.1f"),
}

UNITS: dict[FigureKind, str] = {"seconds": "s", "milliseconds": "ms", "microseconds": "µs"}

_THREE_DIGITS: dict[FigureKind, float] = {
    "three digits": 1,
    "seconds": 1,
    "milliseconds": 1e3,
    "microseconds": 1e6,
    "thousands": 1e-3,
}

# Sign, and decimals: a fixed number for coefficients; for amounts as many as their size needs.
_SIGNED: dict[FigureKind, tuple[str, int | None]] = {
    "score": ("", 3),
    "signed score": ("+", 3),
    "significant": ("", None),
    "signed significant": ("+", None),
}

_DIGITS = 4  # significant digits of a number without a fixed number of decimals

_SMALLEST, _LARGEST = -4, 5  # powers of ten between which such a number is written without an exponent

_LARGEST_RATIO = 1000  # a larger ratio gets two significant digits

_TOO_LONG = 1e6  # a figure of fixed decimals gets an exponent from here on

_BY_FARTHEST_BOUND: tuple[FigureKind, ...] = ("score", "signed score", "signed significant")


def format_value(value: Value, kind: FigureKind) -> str:
    """Return the text of a cell.

    Args:
        value: A figure in its own unit (fractions, seconds, ratios), or words, which stay as they are.
        kind: How to show the figure.

    Returns:
        The figure, followed by its interval in brackets if it has one; "-" for None.
    """
    if value is None:
        return _MISSING
    if isinstance(value, str):
        return value
    if isinstance(value, Interval):
        number = _formatter(kind, _size(value, kind))
        if value.ci_low is None or value.ci_high is None:
            return number(value.estimate)
        return f"{number(value.estimate)} [{number(value.ci_low)}, {number(value.ci_high)}]"
    return _formatter(kind, value)(value)


def latency_kind(seconds: float) -> FigureKind:
    """Return the unit that shows latencies of about this size without leading zeros."""
    if seconds < 1e-3:
        return "microseconds"
    return "milliseconds" if seconds < 1 else "seconds"


def format_verdict(comparison: Comparison) -> str:
    """Return the verdict, followed by the number of seeds that would likely decide it."""
    seeds = f" ~{_round_up_count(comparison.seeds_needed)}" if comparison.seeds_needed else ""
    return f"{comparison.verdict}{seeds}"


def _round_up_count(count: int) -> str:
    """Return an estimated count to two digits, rounded up: 1,234 is "1.3k"."""
    unit = 10 ** max(0, len(str(count)) - 2)
    rounded = -(-count // unit) * unit
    return f"{rounded / 1000:g}k" if rounded >= 1000 else str(rounded)


def format_duration(seconds: float) -> str:
    """Return whole minutes and seconds, such as "4:05", with hours in front if there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_two_digits(value: float) -> str:
    """Return two significant digits, for figures that differ by powers of ten: 0.53, 8.1e-6."""
    return _EXPONENT.sub(r"e\1", f"{value:.2g}")


def _formatter(kind: FigureKind, estimate: float) -> Callable[[float], str]:
    if kind == "two digits":
        return format_two_digits
    if kind in _SIGNED:
        sign, decimals = _SIGNED[kind]
        return _plain(estimate, sign, decimals)
    if kind == "ratio":
        return _ratio
    if kind in _FIXED:
        scale, form = _FIXED[kind]
        return lambda value: _fixed(scale * value, form)
    if kind in _THREE_DIGITS:
        return _three_digits(estimate, _THREE_DIGITS[kind])
    return lambda value: f"{value:,}"


def _size(interval: Interval, kind: FigureKind) -> float:
    """Return the figure that the digits are chosen for.

    It is the estimate. For kinds that may be near 0 it is the bound farthest from 0, because an estimate of
    0.001 would give bounds of -20 and 20 too many digits.
    """
    if kind not in _BY_FARTHEST_BOUND or interval.ci_low is None or interval.ci_high is None:
        return interval.estimate
    return max(abs(interval.ci_low), abs(interval.ci_high))


def _fixed(value: float, form: str) -> str:
    """Return a number with fixed decimals; a huge one, as a nearly diverged loss is, with an exponent."""
    if abs(value) < _TOO_LONG:
        return format(_no_negative_zero(value, form), form)
    return _EXPONENT.sub(r"e\1", format(value, f"{form[: form.index('.')]}.2e"))


def _no_negative_zero(value: float, form: str) -> float:
    """Return the value; 0 for one that is shown as 0, which would keep its minus sign."""
    return 0.0 if float(format(value, form).replace(",", "")) == 0 else value


def _three_digits(estimate: float, scale: float) -> Callable[[float], str]:
    """Return a format with three significant digits of the estimate, and as many decimals for its bounds."""
    decimals = max(0, 2 - _magnitude(scale * estimate))
    return lambda value: f"{scale * value:,.{decimals}f}"


def _ratio(value: float) -> str:
    return format_two_digits(value) if value > _LARGEST_RATIO else f"{value:.3f}"


def _plain(estimate: float, sign: str, decimals: int | None) -> Callable[[float], str]:
    """Return a format for a number of any size: in full if that is short, else with an exponent."""
    magnitude = _magnitude(estimate)
    digits, largest = _DIGITS - len(sign), _LARGEST if decimals is None else _LARGEST - 1
    if decimals is None or magnitude > 0:
        decimals = max(0, digits - 1 - magnitude)
    form = f"{sign}.{digits - 1}e" if not _SMALLEST <= magnitude <= largest else f"{sign},.{decimals}f"
    return lambda value: format(_no_negative_zero(value, form), form)


def _magnitude(value: float) -> int:
    """Return the power of ten of the leading digit after rounding to three: 0.9996 counts as 1.00."""
    return int(f"{value:.2e}".partition("e")[2]) if value and math.isfinite(value) else 0


@dataclass(frozen=True)
class MetricFormat:
    """The name of a score or a metric, and how its figures are shown.

    Attributes:
        name: The name in words.
        kind: How figures are shown.
        difference: How differences of two figures are shown.
    """

    name: str
    kind: FigureKind
    difference: FigureKind

    @property
    def percent(self) -> bool:
        """Return True if figures are in percent, and differences in points."""
        return self.kind == "percent"

    def value(self, figure: float) -> str:
        """Return a figure for a sentence, with its unit."""
        return f"{format_value(figure, self.kind)}{' %' if self.percent else ''}"

    @property
    def title(self) -> str:
        """Return the title of a column of figures: the name with the unit."""
        return f"{self.name} %" if self.percent else self.name

    @property
    def difference_title(self) -> str:
        """Return the title of a column of differences."""
        return "difference, points" if self.percent else "difference"

    @property
    def unit(self) -> str:
        """Return the unit behind a difference in a sentence, such as " points"."""
        return " points" if self.percent else ""


def score_format(name: ScoreName) -> MetricFormat:
    """Return how the score of a setting is shown."""
    return MetricFormat(score_title(name), *_KINDS[score_unit(name)])


def metric_format(name: str, dataset: DatasetInfo) -> MetricFormat:
    """Return how a quantity beside the score is shown.

    Args:
        name: A name as in `figures.MetricEstimate`.
        dataset: The data, with the targets that the quantity may belong to.
    """
    if name == "test_loss" and dataset.in_nats:
        return MetricFormat("test loss, 0.001 nats", "thousandths", "signed thousandths")
    if name in _OTHERS:
        return _OTHERS[name]
    if name == f"train_{dataset.score_name}":
        return _named(score_format(dataset.score_name), "train")
    target, metric = parse_metric_name(name, dataset.targets)
    shown = MetricFormat(metric.title, *_KINDS[metric.unit])
    return _named(shown, f"{target}: test" if target else "test")


def _named(shown: MetricFormat, before: str) -> MetricFormat:
    return MetricFormat(f"{before} {shown.name}", shown.kind, shown.difference)


# By the unit of a metric: how its figures are shown, and how their differences are.
_KINDS: dict[Unit, tuple[FigureKind, FigureKind]] = {
    "share": ("percent", "points"),
    "coefficient": ("score", "signed score"),
    "amount": ("significant", "signed significant"),
}

_OTHERS: dict[str, MetricFormat] = {
    "test_loss": MetricFormat("test loss", "significant", "signed significant"),
    "epochs_trained": MetricFormat("epochs trained", "decimal", "signed decimal"),
    "epochs_to_target": MetricFormat("epochs to target", "decimal", "signed decimal"),
    "seconds_to_target": MetricFormat("seconds to target", "seconds", "ratio"),
}
