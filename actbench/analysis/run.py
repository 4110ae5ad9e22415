"""The figures of one run: from its blocks to a row per activation, and the summary over settings."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from actbench.analysis.blocks import (
    common_environment,
    failed_blocks,
    finished_blocks,
    require_cells,
    verdict_config,
)
from actbench.analysis.cells import SettingCells, common_slices, test_score
from actbench.analysis.diagnosis import add_diagnoses
from actbench.analysis.figures import Estimates, Row, SettingEstimates, SummaryRow
from actbench.analysis.scores import NewDataBootstrap, mean_score, other_metrics, score_differences
from actbench.analysis.times import (
    check_placebo,
    epoch_seconds,
    inference_estimates,
    marginal_step_seconds,
    timing_target,
    training_ratios,
)
from actbench.analysis.tuning import summarize_tuning
from actbench.analysis.verdicts import VERDICTS
from actbench.errors import ArgumentError, did_you_mean
from actbench.metrics.registry import describe_score
from actbench.rng import generator
from actbench.stats.bootstrap import front_probabilities
from actbench.stats.intervals import mean_interval

if TYPE_CHECKING:
    from actbench.analysis.figures import Tuning
    from actbench.analysis.verdicts import Comparison, Verdict
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.records.block import BlockRecord
    from actbench.records.run import DatasetInfo, RunInfo, SettingInfo
    from actbench.stats.intervals import Interval


def estimate_run(
    info: RunInfo, records: Iterable[BlockRecord], *, against: str | None = None, generalise: bool = False
) -> Estimates:
    """Tabulate a run, finished or not.

    Args:
        info: The run's plan.
        records: The ledger's records, in any order.
        against: Label of the activation to compare with; the config's baseline by default.
        generalise: Whether to add intervals for new test data.

    Raises:
        ArgumentError: If no activation of the run has the label `against`, or `generalise` is asked for where
            test examples are not right or wrong.
        StoreError: As `verdict_config`.
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
    verdict = verdict_config(info)
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
        summary=summarize_settings(settings, info.activations, baseline, info.placebo),
        finished=len(finished),
        failed=tuple(failed_blocks(records)),
    )


def _require_accuracies(info: RunInfo) -> None:
    other = [entry for entry in info.dataset.values() if entry.score_name != "accuracy"]
    if other:
        raise ArgumentError(
            "generalise",
            f"needs a single target of classes, where each test example is right or wrong, and the score of "
            f"{other[0].name} is {describe_score(other[0].score_name)}; leave it out",
        )


def _tuning(info: RunInfo, setting: SettingInfo, records: Sequence[BlockRecord]) -> tuple[Tuning, ...]:
    tune = setting.description.get("tune")
    if not tune:
        return ()
    labels = [label for label in info.activations if label != info.placebo]
    own = [record for record in records if record.setting == setting.id]
    written = setting.description["train"]["optimizer"]
    optimizer = str(written["name"] if isinstance(written, Mapping) else written)
    return summarize_tuning(tune, own, labels, optimizer)


def _estimate_setting(
    info: RunInfo,
    setting: SettingInfo,
    finished: Sequence[BlockRecord],
    verdict: VerdictConfig,
    baseline: str,
    generalise: bool,
) -> SettingEstimates:
    # The placebo and the timing target are about the config's baseline, whatever the rows are compared with.
    planned = SettingCells.select(info, setting.id, finished)
    cells = replace(planned, baseline=baseline)
    dataset, linear = info.dataset[setting.id], _linear_label(info)
    rows: tuple[Row, ...] = ()
    if cells.blocks:
        new_data = NewDataBootstrap(dataset.test) if generalise else None
        rows = add_diagnoses(_rows(cells, verdict, dataset, linear, new_data), cells, setting, dataset)
    return SettingEstimates(
        setting=setting,
        dataset=dataset,
        finished=len(cells.blocks),
        rows=rows,
        linear=linear,
        answers_kept=all(
            cell.test_correct is not None for label in info.activations for cell in cells.ended_well(label)
        ),
        placebo=check_placebo(planned, verdict) if cells.blocks else None,
        timing_target=timing_target(planned, setting, verdict) if cells.blocks else None,
    )


def _linear_label(info: RunInfo) -> str | None:
    """Return the label of the first activation that is `linear`; None where there is none."""
    entries = info.config.get("activations", ())
    labels = (entry.get("label") for entry in entries if entry.get("name") == "linear")
    return next((label for label in labels if label in info.activations), None)  # run.json may be edited


def _rows(
    cells: SettingCells,
    verdict: VerdictConfig,
    dataset: DatasetInfo,
    linear: str | None,
    new_data: NewDataBootstrap | None,
) -> tuple[Row, ...]:
    score_diff = score_differences(cells, verdict)
    metrics = other_metrics(cells, verdict, dataset)
    ratios = training_ratios(cells, verdict)
    inference = inference_estimates(cells, verdict)
    front = non_dominated(cells, generator(0, "front"))

    def for_new_data(label: str) -> tuple[Interval | None, Interval | None]:
        if new_data is None:
            return None, None
        accuracy = new_data.accuracy(cells.ended_well(label))
        return accuracy, None if label == cells.baseline else new_data.difference(cells.pairs(label))

    def row(label: str) -> Row:
        trained, ended_well, pairs = cells.of(label), cells.ended_well(label), cells.pairs(label)
        accuracy_new_data, accuracy_diff_new_data = for_new_data(label)
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
            metrics=metrics[label],
            epoch_s=epoch_seconds(cells, label),
            train_time_ratio=ratios.get(label),
            marginal_step_s=marginal_step_seconds(cells, label, linear),
            non_dominated=front.get(label),
            compile_s=float(np.median(compile_s)) if compile_s else None,
            inference=inference[label],
            parameters=trained[0].parameters if trained else None,
        )

    return tuple(map(row, cells.activations))


def non_dominated(cells: SettingCells, rng: np.random.Generator) -> dict[str, float]:
    """Return the probability that each activation lies on the Pareto front of score and training time.

    Args:
        cells: The cells of one setting.
        rng: Draws the blocks.

    Returns:
        The probability by label, as `front_probabilities` estimates it. The placebo and activations that
        diverged in any block are left out. Empty with fewer than two blocks, which show no spread.
    """
    contenders = [
        label
        for label in cells.activations
        if label != cells.placebo and all(cell.status == "ok" for cell in cells.of(label))
    ]
    if len(cells.blocks) < 2 or not contenders:
        return {}
    scores = np.array([[test_score(cell) for cell in cells.of(label)] for label in contenders])
    log_times = [
        np.log(common_slices([cells.of(label)[block] for label in contenders]))
        for block in range(len(cells.blocks))
    ]
    return dict(zip(contenders, front_probabilities(scores, log_times, rng).tolist(), strict=True))


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
