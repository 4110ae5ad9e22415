"""The figures of a comparison of two runs: what changed from OLD to NEW, each change with its verdict."""

from dataclasses import dataclass, field
from typing import Any

from actbench.analysis.comparisons import Comparison
from actbench.analysis.intervals import Interval
from actbench.analysis.matching import LeftOut, Pair
from actbench.config.schema import VerdictConfig
from actbench.metric_names import ScoreName, score_in_words
from actbench.records import Environment, RunInfo

# A batch size of inference, or None for the training step.
Timed = int | None


def timed_in_words(timed: Timed) -> str:
    """What was timed."""
    return "training step" if timed is None else f"inference, batch size {timed}"


@dataclass(frozen=True)
class Level:
    """Where one activation stands in one run.

    Attributes:
        seeds: Trainings that ended well; all figures are over these.
        diverged: Trainings that did not.
        score: On the test set, mean over seeds; None without any.
        seconds: Of a training step or of an inference call: each block's median, geometric mean over blocks.
        tuned: The values that its trainings were given, by dotted key; none where nothing is tuned.
    """

    seeds: int
    diverged: int
    score: Interval | None
    seconds: dict[Timed, Interval]
    tuned: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoreChange:
    """How one activation's score changed.

    Attributes:
        comparison: NEW less OLD.
        pairs: Seeds that ended well in both runs, over which the differences are paired; 0 where the runs
            have none in common, and two independent samples are compared.
        identical: Whether scores and losses are equal to the last bit in all pairs.
    """

    comparison: Comparison
    pairs: int
    identical: bool


@dataclass(frozen=True)
class TimeChange:
    """How one time of one activation changed.

    Attributes:
        timed: What was timed.
        comparison: NEW over OLD.
        to_baseline: NEW's ratio to the baseline over OLD's: both were taken within rounds, so that no drift
            of the machine between the runs is in it. None where the runs have other baselines.
    """

    timed: Timed
    comparison: Comparison
    to_baseline: Interval | None


@dataclass(frozen=True)
class RowChange:
    """One activation in one setting.

    Attributes:
        activation: The label.
        old: Where it stood.
        new: Where it stands.
        score: None where no training of one of the runs ended well.
        times: One for each time that both runs have; none where the machines may not be compared.
    """

    activation: str
    old: Level
    new: Level
    score: ScoreChange | None
    times: tuple[TimeChange, ...]

    @property
    def diverges_more(self) -> bool:
        """Whether a larger share of NEW's trainings diverged, so that those compared are a selection."""
        old, new = self.old, self.new
        return new.diverged * (old.seeds + old.diverged) > old.diverged * (new.seeds + new.diverged)


@dataclass(frozen=True)
class SettingChange:
    """One setting that both runs have.

    Attributes:
        pair: The setting in both.
        baseline: Label of the baseline; None where the runs have different ones.
        seeds: How many both have measured.
        rows: One per activation that both have, in the order of the new run.
        placebo: How the placebo's ratio to the baseline changed, which can only be noise, by what was timed.
        machines: In words, what makes the two machines, or engines, different; empty for the same one.
        times_compared: Whether times were: on the same machine, or on two that the user accepts.
        score_name: What the scores are.
    """

    pair: Pair
    baseline: str | None
    seeds: int
    rows: tuple[RowChange, ...]
    placebo: dict[Timed, Interval]
    machines: tuple[str, ...] = ()
    times_compared: bool = True
    score_name: ScoreName = "accuracy"

    @property
    def two_machines(self) -> bool:
        """Whether times of two machines stand beside each other, which has to be said with each of them."""
        return bool(self.machines) and self.times_compared

    def all_alike(self, timed: Timed) -> bool:
        """Whether this time changed, and nothing says that it did so for some more than for others."""
        changes = [change for row in self.rows for change in row.times if change.timed == timed]
        relative = [change.to_baseline for change in changes if change.to_baseline is not None]
        moved = any(change.comparison.verdict in ("BETTER", "WORSE") for change in changes)
        return moved and len(relative) > 1 and not any(interval.excludes(1.0) for interval in relative)


@dataclass(frozen=True)
class RunSide:
    """One of the two runs.

    Attributes:
        info: What was planned.
        environment: The one machine that measured it.
        finished: Blocks measured.
        levels: All its activations but the placebo, by setting id and label, whether compared or not.
    """

    info: RunInfo
    environment: Environment
    finished: int
    levels: dict[str, dict[str, Level]]

    def score(self, setting: str) -> str:
        """What the score of a setting is, in words."""
        return score_in_words(self.info.dataset[setting].score_name)


@dataclass(frozen=True)
class Changes:
    """A comparison of two runs.

    Attributes:
        old: The run that is compared with.
        new: The run that is judged.
        verdict: NEW's margins and alpha.
        machines: In words, what makes the two machines different, or the engines of a setting; empty for the
            same ones.
        software: What else differs between the environments: name to (old, new).
        times_compared: Whether times were, in all settings.
        settings: In the order of the new run.
        left_out: What is not compared, in the order in which it was found.
    """

    old: RunSide
    new: RunSide
    verdict: VerdictConfig
    machines: tuple[str, ...]
    software: dict[str, tuple[str, str]]
    times_compared: bool
    settings: tuple[SettingChange, ...]
    left_out: tuple[LeftOut, ...]

    def name_of(self, setting: str) -> str:
        """What varies in a setting of either run, in words; the id of an only one."""
        known = (*self.new.info.settings, *self.old.info.settings)
        return next((entry.name for entry in known if entry.id == setting), setting)

    @property
    def two_machines(self) -> bool:
        """Whether times of two machines stand beside each other in any setting."""
        return bool(self.machines) and self.times_compared
