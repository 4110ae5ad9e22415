"""One row per activation over all settings of a run.

Settings are chosen by whoever writes the config, not drawn at random: an interval over them tells how far
they agree, and nothing of settings that were not tried.
"""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import get_args

from actbench.analysis.comparisons import Comparison, Verdict
from actbench.analysis.figures import Row, SettingEstimates, SummaryRow
from actbench.analysis.intervals import Interval, mean_interval

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def summarise(
    settings: Sequence[SettingEstimates], labels: Sequence[str], baseline: str, placebo: str | None
) -> tuple[SummaryRow, ...]:
    """The rows in the order of the labels; none where fewer than two settings have any figures.

    Args:
        settings: All of the run.
        labels: Of its activations, the placebo included.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None where there is none.
    """
    measured = [{row.activation: row for row in setting.rows} for setting in settings if setting.rows]
    if len(measured) < 2:
        return ()
    comparable = len({setting.score_name for setting in settings if setting.rows}) == 1
    rivals = [label for label in labels if label != placebo]
    ranks = [_ranks(rows, rivals) for rows in measured]

    def row(label: str) -> SummaryRow:
        own = [rows[label] for rows in measured]
        differs = [row.score_diff for row in own if row.score_diff is not None]
        means = [comparison.interval.estimate for comparison in differs] if comparable else []
        ratios = [row.train_time_ratio for row in own if row.train_time_ratio is not None]
        if label == baseline:
            differs, means, ratios = [], [], []
        return SummaryRow(
            activation=label,
            settings=sum(row.seeds > 0 for row in own),
            mean_rank=sum(rank[label] for rank in ranks) / len(ranks) if label in rivals else None,
            score_diff=_mean(means),
            score_verdicts=_count(differs),
            train_time_ratio=_geometric_mean([comparison.interval.estimate for comparison in ratios]),
            time_verdicts=_count(ratios),
        )

    return tuple(row(label) for label in labels)


def _ranks(rows: dict[str, Row], labels: Sequence[str]) -> dict[str, float]:
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
