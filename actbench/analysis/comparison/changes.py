"""The changes from one run (OLD) to another (NEW): plain dataclasses, from one time up to two whole runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from actbench.metrics.registry import score_title

if TYPE_CHECKING:
    from actbench.analysis.figures import TunedValues
    from actbench.analysis.verdicts import Comparison
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.metrics.registry import ScoreName
    from actbench.records.run import Environment, RunInfo, SettingInfo
    from actbench.stats.intervals import Interval

Side = Literal["old", "new", "both"]

Timed = int | None
"""The thing that was timed: inference, by its batch size, or None for the training step."""


def format_timed(timed: Timed) -> str:
    """Return what was timed, such as "inference, batch size 128"."""
    return "training step" if timed is None else f"inference, batch size {timed}"


@dataclass(frozen=True)
class Changes:
    """A comparison of two runs.

    Attributes:
        old: The run that is compared with.
        new: The run that is judged.
        verdict: NEW's margins and alpha.
        machines: Descriptions of what makes the two machines, or the engines of a setting, different; empty
            for the same ones.
        software: What else differs between the environments: name to (old, new).
        times_compared: Whether times were compared in all settings.
        settings: The settings that both runs have, in the order of the new run.
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

    def setting_name(self, setting: str) -> str:
        """Return what varies in a setting of either run, given its id; the id where nothing varies."""
        known = (*self.new.info.settings, *self.old.info.settings)
        return next((entry.name for entry in known if entry.id == setting), setting)

    @property
    def two_machines(self) -> bool:
        """Return whether times of two machines stand beside each other in any setting."""
        return bool(self.machines) and self.times_compared


@dataclass(frozen=True)
class RunSide:
    """One of the two runs.

    Attributes:
        info: The run's plan.
        environment: The one machine that measured it.
        finished: Number of measured blocks.
        figures: The figures of all its activations but the placebo, by setting id and label, whether they are
            compared or not.
    """

    info: RunInfo
    environment: Environment
    finished: int
    figures: dict[str, dict[str, ActivationFigures]]

    def score_title(self, setting: str) -> str:
        """Return what the score of a setting is called, given the setting's id."""
        return score_title(self.info.dataset[setting].score_name)


@dataclass(frozen=True)
class ActivationFigures:
    """The figures of one activation in one setting of one run.

    Attributes:
        seeds: Trainings that ended well; all figures are over these.
        diverged: Trainings that did not.
        score: Score on the test set, mean over seeds; None without any.
        seconds: Seconds of a training step and of an inference call, by what was timed: each block's median,
            geometric mean over blocks.
        tuned: The values that the trainings were given, by dotted key; empty where nothing is tuned.
    """

    seeds: int
    diverged: int
    score: Interval | None
    seconds: dict[Timed, Interval]
    tuned: TunedValues = field(default_factory=dict)


@dataclass(frozen=True)
class SettingPair:
    """A setting that both runs have.

    Attributes:
        old: The setting as the old run describes it.
        new: The setting as the new run describes it; its id differs from the old one if the timing does.
    """

    old: SettingInfo
    new: SettingInfo

    @property
    def engines(self) -> tuple[str | None, str | None]:
        """Return the engines that ran the setting in OLD and in NEW; None where a run does not say."""
        return engine_of(self.old), engine_of(self.new)

    @property
    def timing_differences(self) -> list[str]:
        """Return descriptions of what differs in the timing, such as "inference_rounds 30 and 50"."""
        old, new = (_timing(setting) for setting in (self.old, self.new))
        return [
            f"{name} {old.get(name)} and {new.get(name)}"
            for name in dict.fromkeys([*old, *new])
            if old.get(name) != new.get(name)
        ]


def engine_of(setting: SettingInfo) -> str | None:
    """Return the engine that runs a setting; None where the run does not say."""
    engine: str | None = setting.description.get("timing", {}).get("engine")
    return engine


def _timing(setting: SettingInfo) -> dict[str, Any]:
    """Return the timing section with the output layer, which changes nothing but the time of inference."""
    output = setting.description["model"].get("output", "logits")
    return {**setting.description.get("timing", {}), "output": output}


@dataclass(frozen=True)
class SettingChange:
    """The changes of one setting's figures.

    Attributes:
        pair: The setting in both runs.
        baseline: Label of the baseline; None where the runs have different ones.
        seeds: Number of seeds that both runs have measured.
        rows: One per activation that both runs have, in the order of the new run.
        placebo: Change of the placebo's ratio to the baseline, which can only be noise, by what was timed.
        machines: Descriptions of what makes the two machines, or engines, different; empty for the same ones.
        times_compared: Whether times were compared: on the same machine, or on two that the user accepts.
        score_name: What the scores are.
    """

    pair: SettingPair
    baseline: str | None
    seeds: int
    rows: tuple[RowChange, ...]
    placebo: dict[Timed, Interval]
    machines: tuple[str, ...] = ()
    times_compared: bool = True
    score_name: ScoreName = "accuracy"

    @property
    def two_machines(self) -> bool:
        """Return whether times of two machines stand beside each other, so that every time must say so."""
        return bool(self.machines) and self.times_compared

    def all_alike(self, timed: Timed) -> bool:
        """Return whether a time changed, and nothing shows that it did so for some more than for others."""
        changes = [change for row in self.rows for change in row.times if change.timed == timed]
        relative = [change.to_baseline for change in changes if change.to_baseline is not None]
        moved = any(change.comparison.verdict in ("BETTER", "WORSE") for change in changes)
        return moved and len(relative) > 1 and not any(interval.excludes(1.0) for interval in relative)


@dataclass(frozen=True)
class RowChange:
    """The changes of one activation's figures in one setting.

    Attributes:
        activation: The label.
        old: The figures in OLD.
        new: The figures in NEW.
        score: Change of the score; None where no training of one of the runs ended well.
        times: One change for each time that both runs have; empty where the machines may not be compared.
    """

    activation: str
    old: ActivationFigures
    new: ActivationFigures
    score: ScoreChange | None
    times: tuple[TimeChange, ...]

    @property
    def diverges_more(self) -> bool:
        """Return whether a larger share of NEW's trainings diverged, so that the rest is a selection."""
        old, new = self.old, self.new
        return new.diverged * (old.seeds + old.diverged) > old.diverged * (new.seeds + new.diverged)

    @property
    def divergence(self) -> str:
        """Return how many trainings diverged, such as "diverged 0 of 6 in OLD, 1 of 6 in NEW"."""
        shares = [f"{side.diverged} of {side.seeds + side.diverged}" for side in (self.old, self.new)]
        return f"diverged {shares[0]} in OLD, {shares[1]} in NEW"


@dataclass(frozen=True)
class ScoreChange:
    """The change of one activation's score.

    Attributes:
        comparison: NEW less OLD.
        pairs: Seeds that ended well in both runs, over which the differences are paired. 0 where the runs
            have none in common, and two independent samples are compared.
        identical: Whether scores and losses are equal to the last bit in all pairs.
    """

    comparison: Comparison
    pairs: int
    identical: bool


@dataclass(frozen=True)
class TimeChange:
    """The change of one time of one activation.

    Attributes:
        timed: What was timed.
        comparison: NEW over OLD.
        to_baseline: NEW's ratio to the baseline over OLD's. Both ratios were taken within rounds, so that no
            drift of the machine between the runs is in them. None where the runs have different baselines.
    """

    timed: Timed
    comparison: Comparison
    to_baseline: Interval | None


@dataclass(frozen=True)
class LeftOut:
    """Something that is not compared. The field names are those of the JSON format.

    Attributes:
        side: The run that has it.
        setting: Id of the setting that is left out or that it belongs to; the new run's id if both have it.
        what: What is left out, such as "activation tanh".
        reason: Why it is not compared; empty if only one run has it.
    """

    side: Side
    setting: str
    what: str
    reason: str = ""
