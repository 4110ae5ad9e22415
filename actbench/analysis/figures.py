"""What a setting says about its own times: their noise, and whether they are as well known as asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.stats.intervals import CONFIDENCE

if TYPE_CHECKING:
    from actbench.analysis.diagnosis import Diagnosis, Moment
    from actbench.analysis.tuning import Tuning
    from actbench.analysis.verdicts import Comparison, Verdict
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.metrics import ScoreName
    from actbench.records.block import BlockRecord
    from actbench.records.run import DatasetInfo, Environment, SettingInfo
    from actbench.stats.intervals import Interval


@dataclass(frozen=True)
class PlaceboCheck:
    """What the second copy of the baseline says about the run: any difference it shows is noise.

    Attributes:
        score_equal: Whether its score is exactly the baseline's in every block, both having
            diverged counting as equal; None where they did in all of them.
        diverged: Blocks in which both diverged.
        train_time_ratio: Its training time over the baseline's.
        inference: Its latency over the baseline's, by batch size.
    """

    score_equal: bool | None
    diverged: int
    train_time_ratio: Interval | None
    inference: dict[int, Interval | None]

    @property
    def tested(self) -> dict[str, Interval]:
        """The time ratios that have an interval, by their CSV names ("inference_128_time_ratio")."""
        ratios = {"train_time_ratio": self.train_time_ratio}
        ratios |= {f"inference_{size}_time_ratio": ratio for size, ratio in self.inference.items()}
        return {name: ratio for name, ratio in ratios.items() if ratio is not None and ratio.bounded}

    @property
    def flagged(self) -> dict[str, Interval]:
        """Those of them whose interval excludes 1."""
        return {name: ratio for name, ratio in self.tested.items() if ratio.excludes(1.0)}

    @property
    def chance(self) -> float:
        """How likely at least one is flagged where nothing but chance is at work, were they independent."""
        return 1.0 - CONFIDENCE ** len(self.tested)


@dataclass(frozen=True)
class TimingTarget:
    """How far the timing-only rounds of a setting have come.

    Attributes:
        target_ci: Half-width asked for of every time ratio's interval, relative, as in the config.
        met: Ratios to the config's baseline, of training and inference, that are known as well as that.
        ratios: How many there are, the placebo's included.
        unknown: Those of them without an interval, which have not met it.
        widest: Largest half-width of those with one; None without any.
    """

    target_ci: float
    met: int
    ratios: int
    unknown: int
    widest: float | None


@dataclass(frozen=True)
class InferenceEstimate:
    """How fast one activation's trained model answers at one batch size.

    Attributes:
        batch_size: Examples per call.
        latency_s: Median seconds per call, over all rounds of all seeds.
        latency_p95_s: 95th percentile of the same samples.
        latency_p99_s: 99th percentile of the same samples.
        items_per_s: Examples per second at the median latency.
        time_ratio: Latency over the baseline's in the same round; None for the baseline itself, and where no
            seed has both.
    """

    batch_size: int
    latency_s: float
    latency_p95_s: float
    latency_p99_s: float
    items_per_s: float
    time_ratio: Comparison | None


@dataclass(frozen=True)
class Metric:
    """Another quantity of one activation than its score on the test set.

    Attributes:
        name: `test_loss`, in nats where all targets are classes; `train_accuracy`, `train_r2` or
            `train_score`, as seen while training in the last epoch; what else was measured on the test set,
            such as `rmse`, as in `records.Cell.test_metrics`; `epochs_trained`, until early stopping or the
            cap; `epochs_to_target` and `seconds_to_target`,
            training until the validation accuracy first reached the config's `target_accuracy`, seen after
            each epoch.
        seeds: Trainings that have it; for the last two those that reached the target.
        pairs: Seeds in which the baseline has it, too.
        value: Mean over seeds.
        difference: Less the baseline's, mean over pairs; None for the baseline itself.
        larger_is_better: Whether more of it is.
    """

    name: str
    seeds: int
    pairs: int
    value: Interval | None
    difference: Comparison | None
    larger_is_better: bool

    @property
    def is_ratio(self) -> bool:
        """Whether the difference is a ratio and the mean a geometric one, as for all times."""
        return self.name == "seconds_to_target"


@dataclass(frozen=True)
class Row:
    """One activation in one setting. A quantity that no seed measured is None.

    Attributes:
        activation: The label.
        seeds: Trainings that ended well.
        pairs: Seeds in which both this training and the baseline's ended well; differences and ratios are
            over these, all other figures over `seeds`.
        diverged: Trainings that did not end well.
        score: On the test set, mean over seeds: accuracy, R², or the mean of these over several targets.
        score_diff: Score less the baseline's, mean over pairs; None for the baseline itself.
        accuracy_new_data: `score` with an interval for new seeds and new test examples; None unless asked
            for.
        accuracy_diff_new_data: `score_diff` likewise.
        metrics: Other quantities, in the order of `Metric.name`; `epochs_trained` only with early stopping,
            the last two only with a target.
        epoch_s: Training seconds per epoch: each seed's median epoch, geometric mean over seeds.
        train_time_ratio: Slice time over the baseline's in the same round: each seed's median, geometric mean
            over pairs; None for the baseline itself.
        marginal_step_s: Seconds per training step beyond those of `linear` in the same round: what the
            non-linearity itself costs; each seed's median, mean over seeds. None without a `linear` in the
            config, and for itself.
        non_dominated: Probability that no other activation is at least as good and as fast, and better
            in one; None for the placebo, and where activations have no seed in common.
        compile_s: Median seconds to build, trace and compile the training and evaluation programs, over the
            blocks that compiled them, diverged or not.
        inference: One entry per batch size, in the config's order.
        parameters: Trainable weights of the model; None where nothing was trained.
        moments: What the probes saw, in the order of the epochs; none without probes.
        diagnosis: Why it failed; None where it did not, or nothing shows why it is behind, or none of
            the trainings that diverged was looked into.
    """

    activation: str
    seeds: int
    pairs: int
    diverged: int
    score: Interval | None
    score_diff: Comparison | None
    accuracy_new_data: Interval | None
    accuracy_diff_new_data: Interval | None
    metrics: tuple[Metric, ...]
    epoch_s: Interval | None
    train_time_ratio: Comparison | None
    marginal_step_s: Interval | None
    non_dominated: float | None
    compile_s: float | None
    inference: tuple[InferenceEstimate, ...]
    parameters: int | None = None
    moments: tuple[Moment, ...] = ()
    diagnosis: Diagnosis | None = None

    @property
    def status(self) -> str:
        """Either "ok" or how many trainings diverged, in words."""
        return f"diverged {self.diverged} of {self.seeds + self.diverged}" if self.diverged else "ok"


@dataclass(frozen=True)
class SettingEstimates:
    """All figures of one setting.

    Attributes:
        setting: What was trained.
        dataset: On what.
        finished: Blocks measured.
        rows: One per activation, in the order of the config; none before a block is finished.
        linear: Label of the activation that `marginal_step_s` is beyond; None where there is none.
        answers_kept: Whether every training that ended well says which test examples it got right.
        placebo: None without a placebo or without a finished block.
        timing_target: None without a target in the config or without a finished block.
        tuning: What was tried with each activation, in the order of the config; empty where nothing is tuned.
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
        """What the score is."""
        return self.dataset.score_name


@dataclass(frozen=True)
class SummaryRow:
    """One activation over the settings of which something is measured.

    Attributes:
        activation: The label.
        settings: In how many any of its trainings ended well.
        mean_rank: Mean over settings of its place by score, 1 for the best; ties share their places, one
            whose trainings all diverged has the last. None for the placebo.
        score_diff: Mean over settings of the score's difference to the baseline, with an interval over
            settings; None for the baseline itself, and where the scores are not of one kind.
        score_verdicts: In how many settings each verdict on that difference fell.
        train_time_ratio: Geometric mean over settings of the training-time ratio, likewise.
        time_verdicts: In how many settings each verdict on that ratio fell.
    """

    activation: str
    settings: int
    mean_rank: float | None
    score_diff: Interval | None
    score_verdicts: dict[Verdict, int]
    train_time_ratio: Interval | None
    time_verdicts: dict[Verdict, int]


@dataclass(frozen=True)
class Estimates:
    """All figures of a run.

    Attributes:
        environment: The one machine that measured them.
        verdict: The margins and the alpha of the verdicts.
        baseline: Label of the activation that the others are compared with.
        settings: In the order of the plan.
        summary: One row per activation over all of them; none where fewer than two are measured.
        finished: Blocks measured.
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
        """What the scores are; "score" where they are not the same in all settings."""
        names = {setting.score_name for setting in self.settings}
        return names.pop() if len(names) == 1 else "score"
