"""What OLD measured and NEW cannot be held against, so that no gate passes on what has disappeared."""

from collections.abc import Iterator
from dataclasses import dataclass

from actbench.analysis.changes import Changes, Level, RowChange, SettingChange, timed_in_words
from actbench.metric_names import score_in_words


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
        found |= {score_in_words(setting.score_name)} if row.score else set()
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
