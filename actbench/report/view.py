"""One setting as its tables show it: which rows, in which order, with which words beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from actbench.analysis.comparisons import Comparison
from actbench.analysis.figures import Row, SettingEstimates
from actbench.report.activation_facts import marked
from actbench.report.model import Report
from actbench.report.numbers import Value, verdict_in_words
from actbench.report.ordering import placebo_first
from actbench.report.scored import Shown, shown_score


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
    def score(self) -> Shown:
        """How its score is shown."""
        return shown_score(self.estimates.score_name)

    def name(self, row: Row) -> str:
        """What the row is called in a table."""
        return marked(self.report.info, row.activation)

    def is_baseline(self, row: Row) -> bool:
        """Whether it is what the others are compared with."""
        return row.activation == self.report.compared_with

    def compared(self, row: Row, comparison: Comparison | None) -> tuple[Value, Value]:
        """The difference and its verdict; of the baseline itself there is none."""
        if self.is_baseline(row):
            return "baseline", ""
        if comparison is None:
            return None, None
        return comparison.interval, verdict_in_words(comparison)


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
