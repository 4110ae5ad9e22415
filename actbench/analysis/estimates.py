"""Records to figures: the story of a tabulation, from blocks to rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from actbench.analysis.figures import Estimates, Row, SettingEstimates
from actbench.analysis.intervals import Interval
from actbench.analysis.measured import common_environment, failed_blocks, finished_blocks, require_cells
from actbench.analysis.new_data import NewData
from actbench.analysis.noise import check_placebo, timing_target
from actbench.analysis.pareto import non_dominated
from actbench.analysis.scores import mean_score, metrics, score_differences
from actbench.analysis.setting_cells import SettingCells
from actbench.analysis.summary import summarise
from actbench.analysis.times import epoch_seconds, inference_estimates, marginal_step_seconds, training_ratios
from actbench.analysis.tuning import Tuning, tunings
from actbench.analysis.verdict_config import verdict_of
from actbench.analysis.why import explained
from actbench.config.schema import VerdictConfig
from actbench.errors import ArgumentError, did_you_mean
from actbench.metric_names import score_in_a_sentence
from actbench.records import BlockRecord, DatasetInfo, RunInfo, SettingInfo
from actbench.streams import generator


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
