"""What two runs have in common: which of their settings may be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from actbench.metrics.registry import score_title

if TYPE_CHECKING:
    from actbench.analysis.verdicts import Comparison
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.metrics.registry import ScoreName
    from actbench.records.run import Environment, RunInfo, SettingInfo
    from actbench.stats.intervals import Interval

Side = Literal["old", "new", "both"]

HASH_DIGITS = 12


@dataclass(frozen=True)
class LeftOut:
    """Something that is not compared.

    Attributes:
        side: Which run has it.
        setting: Id of the setting it is or belongs to; of the new run where it is of a pair.
        what: In words, such as "activation tanh".
        reason: Why, or in what, it is not compared; empty where that only one run has it says all.
    """

    side: Side
    setting: str
    what: str
    reason: str = ""


@dataclass(frozen=True)
class Pair:
    """A setting that both runs have.

    Attributes:
        old: As the old run describes it.
        new: As the new run does; its id is another where their timing differs.
    """

    old: SettingInfo
    new: SettingInfo

    @property
    def engines(self) -> tuple[str | None, str | None]:
        """What ran it in OLD and in NEW; None where a run does not say."""
        return _engine(self.old), _engine(self.new)


def _engine(setting: SettingInfo) -> str | None:
    engine: str | None = setting.description.get("timing", {}).get("engine")
    return engine


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
        return score_title(self.info.dataset[setting].score_name)


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


@dataclass(frozen=True)
class Absence:
    """One figure that OLD has, and that has no counterpart.

    Attributes:
        setting: Id, of the new run where the setting is compared, else of the old one.
        activation: The label.
        quantity: What the score is, such as "accuracy", "training step" or "inference, batch size 128".
        is_score: Whether it is the score.
        reason: What is said of it, such as "is in OLD only".
        lost: Whether all its trainings ended well in OLD, and all diverged in NEW.
    """

    setting: str
    activation: str
    quantity: str
    is_score: bool
    reason: str
    lost: bool = False


def absences(changes: Changes) -> Iterator[Absence]:
    """Every figure of OLD that is not compared, in its order; not the times that the machines forbid."""
    compared = {setting.pair.old.id: setting for setting in changes.settings}
    for setting, levels in changes.old.levels.items():
        for label, level in levels.items():
            if level.seeds and setting in compared:
                yield from _of_activation(changes, compared[setting], label, level)
            elif level.seeds:
                reason = _why(changes, setting, "setting")
                for quantity, is_score in _quantities(changes, setting, level).items():
                    yield Absence(setting, label, quantity, is_score, reason)


def diverged_in_words(row: RowChange) -> str:
    """How many trainings diverged in each run."""
    shares = [f"{level.diverged} of {level.seeds + level.diverged}" for level in (row.old, row.new)]
    return f"diverged {shares[0]} in OLD, {shares[1]} in NEW"


def _of_activation(changes: Changes, setting: SettingChange, label: str, level: Level) -> Iterator[Absence]:
    name = setting.pair.new.id
    row = next((row for row in setting.rows if row.activation == label), None)
    found = set()
    if row is not None:
        found |= {timed_in_words(change.timed) for change in row.times}
        found |= {score_title(setting.score_name)} if row.score else set()
    for quantity, is_score in _quantities(changes, setting.pair.old.id, level).items():
        if quantity in found or not (setting.times_compared or is_score):
            continue
        if row is None:
            yield Absence(name, label, quantity, is_score, _why(changes, name, f"activation {label}"))
        elif row.new.seeds:
            yield Absence(name, label, quantity, is_score, _why(changes, name, quantity))
        elif row.new.diverged:
            lost = not row.old.diverged
            yield Absence(name, label, quantity, is_score, diverged_in_words(row), lost)
        else:
            yield Absence(name, label, quantity, is_score, "is not measured in NEW")


def _quantities(changes: Changes, setting: str, level: Level) -> dict[str, bool]:
    """What OLD has measured, and whether it is the score."""
    return {changes.old.score(setting): True, **dict.fromkeys(map(timed_in_words, level.seconds), False)}


def _why(changes: Changes, setting: str, what: str) -> str:
    reasons = (entry.reason for entry in changes.left_out if (entry.setting, entry.what) == (setting, what))
    reason = next(reasons, "")
    return f"cannot be compared: {reason}" if reason else "is in OLD only"
