"""The summary over settings: each activation's mean rank, difference, time ratio, and its verdicts."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from actbench.analysis.figures import SummaryRow
from actbench.analysis.verdicts import VERDICTS
from actbench.stats.intervals import mean_interval

if TYPE_CHECKING:
    from actbench.analysis.figures import Row, SettingEstimates
    from actbench.analysis.verdicts import Comparison, Verdict
    from actbench.stats.intervals import Interval


def summarize_settings(
    settings: Sequence[SettingEstimates], labels: Sequence[str], baseline: str, placebo: str | None
) -> tuple[SummaryRow, ...]:
    """Return one row per activation, in the order of the labels.

    Args:
        settings: All settings of the run.
        labels: Labels of its activations, the placebo included.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None where there is none.

    Returns:
        Empty where fewer than two settings have any figures.
    """
    measured = [{row.activation: row for row in setting.rows} for setting in settings if setting.rows]
    if len(measured) < 2:
        return ()
    comparable = len({setting.score_name for setting in settings if setting.rows}) == 1
    rivals = [label for label in labels if label != placebo]
    ranks = [_ranks(rows, rivals) for rows in measured]

    def summarize(label: str) -> SummaryRow:
        own = [rows[label] for rows in measured]
        differences: list[Comparison] = []
        ratios: list[Comparison] = []
        if label != baseline:
            differences = [row.score_diff for row in own if row.score_diff is not None]
            ratios = [row.train_time_ratio for row in own if row.train_time_ratio is not None]
        means = [comparison.interval.estimate for comparison in differences] if comparable else []
        return SummaryRow(
            activation=label,
            settings=sum(row.seeds > 0 for row in own),
            mean_rank=sum(rank[label] for rank in ranks) / len(ranks) if label in rivals else None,
            score_diff=_mean(means),
            score_verdicts=_count(differences),
            train_time_ratio=_geometric_mean([comparison.interval.estimate for comparison in ratios]),
            time_verdicts=_count(ratios),
        )

    return tuple(map(summarize, labels))


def _ranks(rows: Mapping[str, Row], labels: Sequence[str]) -> dict[str, float]:
    """Return each activation's place by score in one setting; tied ones get the mean of their places."""
    losses = {
        label: math.inf if (score := rows[label].score) is None else -score.estimate for label in labels
    }
    ascending = sorted(losses.values())
    return {
        label: (bisect_left(ascending, loss) + 1 + bisect_right(ascending, loss)) / 2
        for label, loss in losses.items()
    }


def _mean(values: Sequence[float]) -> Interval | None:
    return mean_interval(values) if values else None


def _geometric_mean(ratios: Sequence[float]) -> Interval | None:
    mean = _mean([math.log(ratio) for ratio in ratios])
    return None if mean is None else mean.map(math.exp)


def _count(comparisons: Sequence[Comparison]) -> dict[Verdict, int]:
    found = Counter(comparison.verdict for comparison in comparisons)
    return {verdict: found[verdict] for verdict in VERDICTS}
