"""The figures of a report: plain dataclasses, from one metric of one activation up to a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actbench.stats.intervals import CONFIDENCE

if TYPE_CHECKING:
    from actbench.analysis.diagnosis import Diagnosis, ProbedEpoch
    from actbench.analysis.verdicts import Comparison, Verdict
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.metrics.registry import ScoreName
    from actbench.records.block import BlockRecord
    from actbench.records.run import DatasetInfo, Environment, SettingInfo
    from actbench.stats.intervals import Interval


@dataclass(frozen=True)
class Estimates:
    """All figures of a run.

    Attributes:
        environment: The one machine that measured them.
        verdict: The margins and the alpha of the verdicts.
        baseline: Label of the activation that the others are compared with.
        settings: The settings in the order of the plan.
        summary: One row per activation over all settings; empty where fewer than two are measured.
        finished: Number of measured blocks.
        failed: Blocks that could not be measured.
    """

    environment: Environment
    verdict: VerdictConfig
    baseline: str
    settings: tuple[SettingEstimates, ...]
    summary: tuple[SummaryRow, ...]
    finished: int
    failed: tuple[BlockRecord, ...]

    @property
    def score_name(self) -> ScoreName:
        """Return what the scores are; "score" where they are not the same in all settings."""
        names = {setting.score_name for setting in self.settings}
        return names.pop() if len(names) == 1 else "score"


@dataclass(frozen=True)
class SettingEstimates:
    """All figures of one setting.

    Attributes:
        setting: Dataset, model and training, as run.json describes them.
        dataset: The data that was trained on.
        finished: Number of measured blocks.
        rows: One per activation, in the order of the config; empty before a block is finished.
        linear: Label of the activation that `Row.marginal_step_s` subtracts; None without a `linear`.
        answers_kept: Whether every training that ended well records which test examples it got right.
        placebo: The check of the placebo; None without a placebo or without a finished block.
        timing_target: Progress of the timing-only rounds; None without a target in the config or without a
            finished block.
        tuning: The candidates of each activation, in the order of the config; empty where nothing is tuned.
    """

    setting: SettingInfo
    dataset: DatasetInfo
    finished: int
    rows: tuple[Row, ...]
    linear: str | None
    answers_kept: bool
    placebo: PlaceboCheck | None
    timing_target: TimingTarget | None
    tuning: tuple[Tuning, ...] = ()

    @property
    def score_name(self) -> ScoreName:
        """Return what the score is."""
        return self.dataset.score_name


@dataclass(frozen=True)
class Row:
    """One activation in one setting. A quantity that no seed measured is None.

    Attributes:
        activation: The label.
        seeds: Trainings that ended well.
        pairs: Seeds in which both this training and the baseline's ended well. Differences and ratios are
            over these seeds, all other figures over `seeds`.
        diverged: Trainings that did not end well.
        score: Score on the test set, mean over seeds: accuracy, R², or the mean of these over several
            targets.
        score_diff: The score less the baseline's, mean over pairs; None for the baseline itself.
        accuracy_new_data: `score` with an interval for new seeds and new test examples; None unless asked
            for.
        accuracy_diff_new_data: `score_diff` with such an interval; None unless asked for.
        metrics: Other quantities, in the order that `MetricEstimate.name` lists; `epochs_trained` only with
            early stopping, the last two only with a target.
        epoch_s: Training seconds per epoch: each seed's median epoch, geometric mean over seeds.
        train_time_ratio: Slice time over the baseline's in the same round: each seed's median, geometric mean
            over pairs. Exactly 1, without a verdict, for the baseline itself.
        marginal_step_s: Seconds per training step beyond those of `linear` in the same round, which is what
            the non-linearity itself costs: each seed's median, mean over seeds. None without a `linear` in
            the config, and for `linear` itself.
        non_dominated: Probability that no other activation is at least as good and as fast, and better in
            one of the two; None for the placebo, for an activation that diverged in any block, and with
            fewer than two blocks.
        compile_s: Median seconds to build, trace and compile the training and evaluation programs, over the
            blocks that compiled them, diverged or not.
        inference: One entry per batch size, in the config's order.
        parameters: Trainable weights of the model; None where nothing was trained.
        probed_epochs: What the probes saw, in the order of the epochs; empty without probes.
        diagnosis: Why the activation failed. None where it did not fail, where it is only behind and nothing
            shows why, and where none of the trainings that diverged was probed.
    """

    activation: str
    seeds: int
    pairs: int
    diverged: int
    score: Interval | None
    score_diff: Comparison | None
    accuracy_new_data: Interval | None
    accuracy_diff_new_data: Interval | None
    metrics: tuple[MetricEstimate, ...]
    epoch_s: Interval | None
    train_time_ratio: Comparison | None
    marginal_step_s: Interval | None
    non_dominated: float | None
    compile_s: float | None
    inference: tuple[InferenceEstimate, ...]
    parameters: int | None = None
    probed_epochs: tuple[ProbedEpoch, ...] = ()
    diagnosis: Diagnosis | None = None

    @property
    def status(self) -> str:
        """Return "ok", or how many trainings diverged, such as "diverged 1 of 3"."""
        return f"diverged {self.diverged} of {self.seeds + self.diverged}" if self.diverged else "ok"


@dataclass(frozen=True)
class MetricEstimate:
    """Another quantity of one activation than its score on the test set.

    Attributes:
        name: One of the following, in this order. `test_loss`, in nats where all targets are classes.
            `train_accuracy`, `train_r2` or `train_score`, as seen while training in the last epoch. Whatever
            else was measured on the test set, such as `rmse`, under its name in `Cell.test_metrics`.
            `epochs_trained`, until early stopping or the cap. `epochs_to_target` and `seconds_to_target`, the
            training until the validation accuracy, seen after each epoch, first reached the config's
            `target_accuracy`.
        seeds: Trainings that have the quantity; for the last two those that reached the target.
        pairs: Seeds in which the baseline has it, too.
        value: Mean over seeds.
        difference: The value less the baseline's, mean over pairs; None for the baseline itself.
        larger_is_better: Whether a larger value is an improvement.
    """

    name: str
    seeds: int
    pairs: int
    value: Interval | None
    difference: Comparison | None
    larger_is_better: bool

    @property
    def is_ratio(self) -> bool:
        """Return whether the difference is a ratio and the mean a geometric one, as for all times."""
        return self.name == "seconds_to_target"


@dataclass(frozen=True)
class InferenceEstimate:
    """The speed of one activation's trained model at one batch size.

    Attributes:
        batch_size: Examples per call.
        latency_s: Median seconds per call, over all rounds of all seeds.
        latency_p95_s: 95th percentile of the same samples.
        latency_p99_s: 99th percentile of the same samples.
        items_per_s: Examples per second at the median latency.
        time_ratio: Latency over the baseline's in the same round. Exactly 1, without a verdict, for the
            baseline itself; None where no seed has both.
    """

    batch_size: int
    latency_s: float
    latency_p95_s: float
    latency_p99_s: float
    items_per_s: float
    time_ratio: Comparison | None


@dataclass(frozen=True)
class PlaceboCheck:
    """The second copy of the baseline against the baseline: any difference between them is noise.

    Attributes:
        score_equal: Whether scores and losses are exactly the baseline's in every block, where two that
            diverged count as equal; None if both diverged in all blocks.
        diverged: Blocks in which both diverged.
        train_time_ratio: The placebo's training time over the baseline's.
        inference: The placebo's latency over the baseline's, by batch size.
    """

    score_equal: bool | None
    diverged: int
    train_time_ratio: Interval | None
    inference: dict[int, Interval | None]

    @property
    def tested(self) -> dict[str, Interval]:
        """Return the time ratios that have an interval, by CSV name, such as "inference_128_time_ratio"."""
        ratios = {"train_time_ratio": self.train_time_ratio}
        ratios |= {f"inference_{size}_time_ratio": ratio for size, ratio in self.inference.items()}
        return {name: ratio for name, ratio in ratios.items() if ratio is not None and ratio.bounded}

    @property
    def flagged(self) -> dict[str, Interval]:
        """Return the tested ratios whose interval excludes 1."""
        return {name: ratio for name, ratio in self.tested.items() if ratio.excludes(1.0)}

    @property
    def chance(self) -> float:
        """Return how likely chance alone flags at least one of the tested ratios, were they independent."""
        return 1.0 - CONFIDENCE ** len(self.tested)


@dataclass(frozen=True)
class TimingTarget:
    """The progress of a setting's timing-only rounds towards their target.

    Attributes:
        target_ci: Half-width asked for of every time ratio's interval, relative, as in the config.
        met: Number of ratios to the config's baseline, of training and inference, that meet the target.
        ratios: Number of all such ratios, the placebo's included.
        unknown: Number of ratios without an interval, which do not meet the target.
        widest: Largest relative half-width among the intervals; None without any.
    """

    target_ci: float
    met: int
    ratios: int
    unknown: int
    widest: float | None


TunedValues = dict[str, Any]
"""Values of tuned keys, by dotted key, such as `{"train.learning_rate": 0.01}`."""


@dataclass(frozen=True)
class Tuning:
    """The candidates that were tried with one activation, and the choice among them.

    Attributes:
        activation: The label.
        candidates: The candidates in the order of the config.
        chosen: The values of the final trainings; None while a candidate is still to be tried.
        edges: Keys of which `chosen` has the smallest or the largest number that was tried although the
            config allows numbers beyond.
    """

    activation: str
    candidates: tuple[Candidate, ...]
    chosen: TunedValues | None
    edges: tuple[str, ...]

    @property
    def hopeless(self) -> bool:
        """Return whether every candidate diverged in at least one seed."""
        return all(candidate.diverged for candidate in self.candidates)


@dataclass(frozen=True)
class Candidate:
    """One combination of values that was tried with one activation.

    Attributes:
        values: The values by dotted key.
        seeds: Trainings that ended well.
        diverged: Trainings that diverged, or whose validation score or loss is not finite.
        score: Score on the validation split, mean over `seeds`; None without any.
        loss: Loss on the validation split, mean over `seeds`; None without any.
    """

    values: TunedValues
    seeds: int
    diverged: int
    score: float | None
    loss: float | None


@dataclass(frozen=True)
class SummaryRow:
    """One activation over all settings of which something is measured.

    Attributes:
        activation: The label.
        settings: Number of settings in which any of its trainings ended well.
        mean_rank: Mean over settings of its place by score, 1 for the best. Ties share their places; an
            activation whose trainings all diverged has the last. None for the placebo.
        score_diff: Mean over settings of the score's difference to the baseline, with an interval over
            settings. None for the baseline itself, and where the scores are not of one kind.
        score_verdicts: Number of settings with each verdict on that difference.
        train_time_ratio: Geometric mean over settings of the training-time ratio, with an interval over
            settings. None for the baseline itself.
        time_verdicts: Number of settings with each verdict on that ratio.
    """

    activation: str
    settings: int
    mean_rank: float | None
    score_diff: Interval | None
    score_verdicts: dict[Verdict, int]
    train_time_ratio: Interval | None
    time_verdicts: dict[Verdict, int]
