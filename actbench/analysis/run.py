"""Score against time: which activations no other one beats in both."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.cells import (
    SettingCells,
    common_environment,
    failed_blocks,
    finished_blocks,
    require_cells,
    test_score,
    verdict_of,
)
from actbench.analysis.diagnosis import explained
from actbench.analysis.figures import Estimates, Row, SettingEstimates, SummaryRow
from actbench.analysis.scores import NewData, mean_score, metrics, score_differences
from actbench.analysis.times import (
    check_placebo,
    common_slices,
    epoch_seconds,
    inference_estimates,
    marginal_step_seconds,
    timing_target,
    training_ratios,
)
from actbench.analysis.tuning import tunings
from actbench.analysis.verdicts import VERDICTS
from actbench.errors import ArgumentError, did_you_mean
from actbench.metrics import score_in_a_sentence
from actbench.rng import generator
from actbench.stats.intervals import mean_interval

if TYPE_CHECKING:
    from actbench.analysis.tuning import Tuning
    from actbench.analysis.verdicts import Comparison, Verdict
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.records.block import BlockRecord
    from actbench.records.run import DatasetInfo, RunInfo, SettingInfo
    from actbench.stats.intervals import Interval

_DRAWS = 4000


def non_dominated(cells: SettingCells, rng: np.random.Generator) -> dict[str, float]:
    """The probability that each activation lies on the Pareto front of score and training time.

    An activation is dominated by one that is at least as good and as fast, and better in one of the two.
    Blocks are drawn anew, with all their activations together, so that the front keeps what they share.

    Args:
        cells: Of one setting.
        rng: For the draws.

    Returns:
        By label: the share of the draws in which nothing dominates it. The placebo and activations that
        diverged in a block are left out; empty with fewer than two blocks, which show no spread.
    """
    contenders = [
        label
        for label in cells.activations
        if label != cells.placebo and all(cell.status == "ok" for cell in cells.of(label))
    ]
    blocks = len(cells.blocks)
    if blocks < 2 or not contenders:
        return {}
    scores = np.array([[test_score(cell) for cell in cells.of(label)] for label in contenders])
    times = [
        np.log(common_slices([cells.of(label)[block] for label in contenders])) for block in range(blocks)
    ]
    # Less the round's mean over the contenders, which takes the machine's drift out of a block's medians.
    speed = np.array([np.median(log - log.mean(axis=0), axis=1) for log in times]).T
    weights = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=_DRAWS) / blocks
    # Accuracies move in steps, so means tie; in floats they do only when rounded.
    drawn_score, drawn_time = np.round(scores @ weights.T, 12), speed @ weights.T
    share = {}
    for index, label in enumerate(contenders):
        as_good = (drawn_score >= drawn_score[index]) & (drawn_time <= drawn_time[index])
        better = (drawn_score > drawn_score[index]) | (drawn_time < drawn_time[index])
        share[label] = float(np.mean(~np.any(as_good & better, axis=0)))
    return share


def estimate(
    info: RunInfo, records: Iterable[BlockRecord], *, against: str | None = None, generalise: bool = False
) -> Estimates:
    """Tabulate a run, finished or not.

    Args:
        info: What was planned.
        records: What the ledger holds, in any order.
        against: Label to compare with instead of the config's baseline.
        generalise: Whether to add intervals for new test data.

    Raises:
        ArgumentError: If no activation of the run has the label `against`, or `generalise` is asked for where
            no single example is right or wrong.
        StoreError: As `verdict_of`.
        NothingMeasuredError: If no training of the run ended well.
        EnvironmentMismatchError: If the blocks were measured on different machines.
    """
    if against is not None and against not in info.activations:
        allowed = ", ".join(info.activations)
        raise ArgumentError(
            "against",
            f"{against!r} is no activation of the run; allowed: {allowed}"
            f"{did_you_mean(against, info.activations)}",
        )
    if generalise:
        _require_accuracies(info)
    records = list(records)
    finished = finished_blocks(records)
    require_cells(info, finished)
    environment = common_environment(finished)
    verdict = verdict_of(info)
    baseline = against or info.baseline
    settings = tuple(
        replace(
            _estimate_setting(info, setting, finished, verdict, baseline, generalise),
            tuning=_tuning(info, setting, records),
        )
        for setting in info.settings
    )
    return Estimates(
        environment=environment,
        verdict=verdict,
        baseline=baseline,
        settings=settings,
        summary=summarise(settings, info.activations, baseline, info.placebo),
        finished=len(finished),
        failed=tuple(failed_blocks(records)),
    )


def _require_accuracies(info: RunInfo) -> None:
    other = [entry for entry in info.dataset.values() if entry.score_name != "accuracy"]
    if other:
        raise ArgumentError(
            "generalise",
            f"the score of {other[0].name} is {score_in_a_sentence(other[0].score_name)}; "
            "allowed: with a single target of classes, where each test example is right or wrong",
        )


def _tuning(info: RunInfo, setting: SettingInfo, records: Sequence[BlockRecord]) -> tuple[Tuning, ...]:
    tune = setting.description.get("tune")
    if not tune:
        return ()
    labels = [label for label in info.activations if label != info.placebo]
    own = [record for record in records if record.setting == setting.id]
    return tunings(tune, own, labels, _optimizer(setting))


def _optimizer(setting: SettingInfo) -> str:
    written = setting.description["train"]["optimizer"]
    return str(written["name"] if isinstance(written, Mapping) else written)


def _estimate_setting(
    info: RunInfo,
    setting: SettingInfo,
    finished: Sequence[BlockRecord],
    verdict: VerdictConfig,
    baseline: str,
    generalise: bool,
) -> SettingEstimates:
    blocks = tuple(block for block in finished if block.setting == setting.id)
    cells = SettingCells(blocks, info.activations, baseline, info.placebo, info.baseline)
    dataset, linear = info.dataset[setting.id], _linear(info)
    rows: tuple[Row, ...] = ()
    if blocks:
        rows = _rows(cells, verdict, dataset, linear, NewData(dataset.test) if generalise else None)
        rows = explained(rows, cells, setting, dataset)
    return SettingEstimates(
        setting=setting,
        dataset=dataset,
        finished=len(blocks),
        rows=rows,
        linear=linear,
        answers_kept=all(
            cell.test_correct is not None for label in info.activations for cell in cells.ended_well(label)
        ),
        placebo=check_placebo(info, blocks, verdict) if blocks else None,
        timing_target=timing_target(info, setting, blocks, verdict) if blocks else None,
    )


def _rows(
    cells: SettingCells,
    verdict: VerdictConfig,
    dataset: DatasetInfo,
    linear: str | None,
    new_data: NewData | None,
) -> tuple[Row, ...]:
    score_diff = score_differences(cells, verdict)
    others = metrics(cells, verdict, dataset)
    ratios = training_ratios(cells, verdict)
    inference = inference_estimates(cells, verdict)
    front = non_dominated(cells, generator(0, "front"))

    def generalised(label: str) -> tuple[Interval | None, Interval | None]:
        if new_data is None:
            return None, None
        accuracy = new_data.accuracy(cells.ended_well(label))
        return accuracy, None if label == cells.baseline else new_data.difference(cells.pairs(label))

    def row(label: str) -> Row:
        trained, ended_well, pairs = cells.of(label), cells.ended_well(label), cells.pairs(label)
        accuracy_new_data, accuracy_diff_new_data = generalised(label)
        compile_s = [cell.compile_s for cell in trained if cell.compile_s is not None]
        return Row(
            activation=label,
            seeds=len(ended_well),
            pairs=len(pairs),
            diverged=len(trained) - len(ended_well),
            score=mean_score(ended_well, dataset.score_name),
            score_diff=score_diff.get(label),
            accuracy_new_data=accuracy_new_data,
            accuracy_diff_new_data=accuracy_diff_new_data,
            metrics=others[label],
            epoch_s=epoch_seconds(cells, label),
            train_time_ratio=ratios.get(label),
            marginal_step_s=marginal_step_seconds(cells, label, linear),
            non_dominated=front.get(label),
            compile_s=float(np.median(compile_s)) if compile_s else None,
            inference=inference[label],
            parameters=trained[0].parameters if trained else None,
        )

    return tuple(row(label) for label in cells.activations)


def _linear(info: RunInfo) -> str | None:
    """The label of the first activation that is `linear`."""
    entries = info.config.get("activations", ())
    labels = (entry.get("label") for entry in entries if entry.get("name") == "linear")
    return next((label for label in labels if label in info.activations), None)  # run.json may be edited


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
