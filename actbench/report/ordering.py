"""In which order the activations stand in a report."""

from collections.abc import Callable
from typing import Literal, get_args

from actbench.analysis.comparisons import interval_of
from actbench.analysis.figures import Row, SummaryRow
from actbench.analysis.intervals import Interval
from actbench.analysis.tuning import Tuning

Sort = Literal["accuracy", "time", "activation", "config"]
SORTS: tuple[Sort, ...] = get_args(Sort)

DESCRIPTIONS: dict[Sort, str] = {
    "accuracy": "test {score}, best first",
    "time": "training time, fastest first",
    "activation": "name",
    "config": "order in the config",
}

_KEYS: dict[Sort, Callable[[Row], tuple[bool, float] | str | int]] = {
    "accuracy": lambda row: (row.score is None, -_figure(row.score)),
    "time": lambda row: (
        row.train_time_ratio is None,
        _figure(interval_of(row.train_time_ratio)),
    ),
    "activation": lambda row: row.activation.casefold(),
    "config": lambda _: 0,
}


def sort_rows(rows: tuple[Row, ...], sort: Sort) -> tuple[Row, ...]:
    """The rows by that key; equal rows, and those without the figure (last), keep the order of the config."""
    return tuple(sorted(rows, key=_KEYS[sort]))


def sort_summary(rows: tuple[SummaryRow, ...], sort: Sort, baseline: str) -> tuple[SummaryRow, ...]:
    """Likewise over settings: the mean rank stands for the score, and the baseline's time ratio is 1."""
    keys: dict[Sort, Callable[[SummaryRow], tuple[bool, float] | str | int]] = {
        "accuracy": lambda row: (row.mean_rank is None, row.mean_rank or 0.0),
        "time": lambda row: (
            row.train_time_ratio is None and row.activation != baseline,
            1.0 if row.train_time_ratio is None else row.train_time_ratio.estimate,
        ),
        "activation": lambda row: row.activation.casefold(),
        "config": lambda _: 0,
    }
    return tuple(sorted(rows, key=keys[sort]))


def sort_tuning(tunings: tuple[Tuning, ...], rows: tuple[Row, ...], sort: Sort) -> tuple[Tuning, ...]:
    """Likewise what was tuned, in the order of the sorted rows; a setting may have none yet."""
    if not rows and sort == "activation":
        return tuple(sorted(tunings, key=lambda own: own.activation.casefold()))
    places = {row.activation: place for place, row in enumerate(rows)}
    return tuple(sorted(tunings, key=lambda own: places.get(own.activation, len(places))))


def placebo_first(rows: tuple[Row, ...], placebo: str | None) -> tuple[Row, ...]:
    """The placebo at the head, the others as they stand."""
    return tuple(sorted(rows, key=lambda row: row.activation != placebo))


def _figure(interval: Interval | None) -> float:
    return 0.0 if interval is None else interval.estimate
