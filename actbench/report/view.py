"""A report before it is laid out: the figures in the order that was asked for, as the tables read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from actbench.analysis.verdicts import interval_of
from actbench.metrics.registry import score_title
from actbench.report.activation_facts import marked_label
from actbench.report.formatting import format_verdict, score_format

if TYPE_CHECKING:
    from actbench.analysis.figures import Estimates, Row, SettingEstimates, SummaryRow, Tuning
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


@dataclass(frozen=True)
class Report:
    """The figures of a run, sorted.

    Attributes:
        info: What was planned.
        estimates: What came out, with the rows and the tunings of each setting in the order of `sort`.
        sort: The order of the activations.
        generalised: True if there are intervals for new test data.
    """

    info: RunInfo
    estimates: Estimates
    sort: Sort
    generalised: bool = False

    @property
    def compared_with(self) -> str:
        """Return the label of the activation that the others are compared with."""
        return self.estimates.baseline

    @property
    def settings(self) -> tuple[SettingView, ...]:
        """Return the settings, in the order of the plan."""
        return tuple(SettingView(self, estimates) for estimates in self.estimates.settings)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Return the rows of all settings."""
        return tuple(row for setting in self.estimates.settings for row in setting.rows)

    @property
    def only_accuracies(self) -> bool:
        """Return True if the score of every setting is an accuracy, and none an R² or a mean of several."""
        return all(setting.score_name == "accuracy" for setting in self.estimates.settings)

    @property
    def score_in_words(self) -> str:
        """Return what the scores of the settings are, such as "accuracy" or "accuracy or R²"."""
        names = dict.fromkeys(setting.score_name for setting in self.estimates.settings)
        return " or ".join(map(score_title, names))


@dataclass(frozen=True)
class SettingView:
    """One setting of a report, as the builders of tables see it.

    Attributes:
        report: The report of which the setting is a part.
        estimates: The figures of the setting.
    """

    report: Report
    estimates: SettingEstimates

    @property
    def rows(self) -> tuple[Row, ...]:
        """Return one row per activation, sorted."""
        return self.estimates.rows

    @property
    def timed(self) -> tuple[Row, ...]:
        """Return the rows of a table of times: the placebo first, so that its noise stands above the rest."""
        return tuple(sorted(self.rows, key=lambda row: row.activation != self.report.info.placebo))

    @property
    def indifferent_score(self) -> tuple[float, float]:
        """Return the range in which a difference of scores does not matter."""
        margin = self.report.estimates.verdict.margin
        return -margin, margin

    @property
    def indifferent_ratio(self) -> tuple[float, float]:
        """Return the range in which a ratio of times does not matter."""
        margin = self.report.estimates.verdict.time_margin
        return 1 / (1 + margin), 1 + margin

    @property
    def score(self) -> MetricFormat:
        """Return how the score is shown."""
        return score_format(self.estimates.score_name)

    @property
    def placebo_ratio_note(self) -> tuple[str, ...]:
        """Return a note if the placebo is not compared with the activation that it is a copy of."""
        info, compared_with = self.report.info, self.report.compared_with
        if info.placebo is None or compared_with == info.baseline:
            return ()
        return (
            f"ratios to {compared_with}; the placebo's own ratio, to {info.baseline}, is in the setting's "
            "line on the placebo",
        )

    def name(self, row: Row) -> str:
        """Return the label of a row, marked if the activation is not element-wise."""
        return marked_label(self.report.info, row.activation)

    def is_baseline(self, row: Row) -> bool:
        """Return True for the activation that the others are compared with."""
        return row.activation == self.report.compared_with

    def compared(self, row: Row, comparison: Comparison | None) -> tuple[Value, Value]:
        """Return the cells of a difference and of its verdict; the baseline has neither."""
        if self.is_baseline(row):
            return "baseline", ""
        if comparison is None:
            return None, None
        return comparison.interval, format_verdict(comparison)


def row_notes(rows: Sequence[Row], counts: Sequence[tuple[int, int]] | None = None) -> tuple[str, ...]:
    """Say which activations diverged, and whose difference is over fewer seeds than its mean.

    Args:
        rows: The rows of the table.
        counts: Seeds and pairs of the quantity in the table, row by row; those of the trainings by default.
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


def sort_report(info: RunInfo, estimates: Estimates, sort: Sort, generalised: bool = False) -> Report:
    """Return the report of a run with the rows and the tunings of every setting in that order.

    Equal rows, and rows without the figure, which come last, keep the order of the config.
    """
    settings = tuple(_sort_setting(entry, sort) for entry in estimates.settings)
    summary = _sort_summary(estimates.summary, sort, estimates.baseline)
    return Report(info, replace(estimates, settings=settings, summary=summary), sort, generalised)


_KEYS: dict[Sort, Callable[[Row], tuple[bool, float] | str | int]] = {
    "accuracy": lambda row: (row.score is None, -_figure(row.score)),
    "time": lambda row: (row.train_time_ratio is None, _figure(interval_of(row.train_time_ratio))),
    "activation": lambda row: row.activation.casefold(),
    "config": lambda _: 0,
}


def _figure(interval: Interval | None) -> float:
    return 0.0 if interval is None else interval.estimate


def _sort_setting(entry: SettingEstimates, sort: Sort) -> SettingEstimates:
    rows = tuple(sorted(entry.rows, key=_KEYS[sort]))
    return replace(entry, rows=rows, tuning=_sort_tuning(entry.tuning, rows, sort))


def _sort_tuning(tunings: tuple[Tuning, ...], rows: tuple[Row, ...], sort: Sort) -> tuple[Tuning, ...]:
    """Return the tunings in the order of the sorted rows, of which an unfinished setting may have none."""
    if not rows and sort == "activation":
        return tuple(sorted(tunings, key=lambda own: own.activation.casefold()))
    places = {row.activation: place for place, row in enumerate(rows)}
    return tuple(sorted(tunings, key=lambda own: places.get(own.activation, len(places))))


def _sort_summary(rows: tuple[SummaryRow, ...], sort: Sort, baseline: str) -> tuple[SummaryRow, ...]:
    """Return the rows over settings sorted; the mean rank stands for the score, the baseline's ratio is 1."""
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
