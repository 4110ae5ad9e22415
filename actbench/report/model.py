"""In which order the activations stand in a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from actbench.analysis.verdicts import interval_of
from actbench.report.activation_facts import marked_label
from actbench.report.formatting import format_verdict, score_format

if TYPE_CHECKING:
    from actbench.analysis.figures import Estimates, Row, SettingEstimates, SummaryRow
    from actbench.analysis.tuning import Tuning
    from actbench.analysis.verdicts import Comparison
    from actbench.records.run import RunInfo
    from actbench.report.formatting import MetricFormat, Value
    from actbench.stats.intervals import Interval

Sort = Literal["accuracy", "time", "activation", "config"]

SORTS: tuple[Sort, ...] = get_args(Sort)

SORT_DESCRIPTIONS: dict[Sort, str] = {
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


@dataclass(frozen=True)
class Report:
    """What a report is made of.

    Attributes:
        info: What was planned.
        estimates: What came out, the rows and the tunings of each setting sorted.
        sort: By which key.
        generalised: Whether there are intervals for new test data.
    """

    info: RunInfo
    estimates: Estimates
    sort: Sort
    generalised: bool = False

    @property
    def compared_with(self) -> str:
        """Label of the activation that the others are compared with."""
        return self.estimates.baseline


def sort_report(info: RunInfo, estimates: Estimates, sort: Sort, generalised: bool = False) -> Report:
    """Put the rows and the tunings of every setting into that order."""
    settings = tuple(_sorted_setting(entry, sort) for entry in estimates.settings)
    summary = sort_summary(estimates.summary, sort, estimates.baseline)
    return Report(info, replace(estimates, settings=settings, summary=summary), sort, generalised)


def _sorted_setting(entry: SettingEstimates, sort: Sort) -> SettingEstimates:
    rows = sort_rows(entry.rows, sort)
    return replace(entry, rows=rows, tuning=sort_tuning(entry.tuning, rows, sort))


@dataclass(frozen=True)
class SettingView:
    """What the builders of tables share.

    Attributes:
        report: Which the setting is part of.
        estimates: Of the setting.
    """

    report: Report
    estimates: SettingEstimates

    @property
    def rows(self) -> tuple[Row, ...]:
        """One per activation, sorted."""
        return self.estimates.rows

    @property
    def timed(self) -> tuple[Row, ...]:
        """The same for times: what noise alone does stands above what is measured in it."""
        return placebo_first(self.rows, self.report.info.placebo)

    @property
    def indifferent_score(self) -> tuple[float, float]:
        """Differences of the score that count as none."""
        margin = self.report.estimates.verdict.margin
        return -margin, margin

    @property
    def indifferent_ratio(self) -> tuple[float, float]:
        """Ratios of times that count as none."""
        margin = self.report.estimates.verdict.time_margin
        return 1 / (1 + margin), 1 + margin

    @property
    def score(self) -> MetricFormat:
        """How its score is shown."""
        return score_format(self.estimates.score_name)

    def name(self, row: Row) -> str:
        """What the row is called in a table."""
        return marked_label(self.report.info, row.activation)

    def is_baseline(self, row: Row) -> bool:
        """Whether it is what the others are compared with."""
        return row.activation == self.report.compared_with

    def compared(self, row: Row, comparison: Comparison | None) -> tuple[Value, Value]:
        """The difference and its verdict; of the baseline itself there is none."""
        if self.is_baseline(row):
            return "baseline", ""
        if comparison is None:
            return None, None
        return comparison.interval, format_verdict(comparison)


def row_notes(rows: Sequence[Row], counts: Sequence[tuple[int, int]] | None = None) -> tuple[str, ...]:
    """Who diverged, and whose difference is over fewer seeds than its mean.

    Args:
        rows: Those of the table.
        counts: Seeds and pairs of what is tabulated, row by row; those of the trainings by default.
    """
    counts = counts or [(row.seeds, row.pairs) for row in rows]
    fewer = [
        (row.activation, pairs) for row, (seeds, pairs) in zip(rows, counts, strict=True) if pairs != seeds
    ]
    notes = [f"{row.activation}: {row.status}" for row in rows if row.diverged]
    for pairs in dict.fromkeys(pairs for _, pairs in fewer):
        labels = ", ".join(label for label, own in fewer if own == pairs)
        notes.append(f"{labels}: differences and ratios over {pairs} {'pair' if pairs == 1 else 'pairs'}")
    return tuple(notes)
