"""What two runs have in common: which of their settings and activations may be compared."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from actbench.records import DatasetInfo, RunInfo, SettingInfo

Side = Literal["old", "new", "both"]


@dataclass(frozen=True)
class LeftOut:
    """Something that is not compared.

    Attributes:
        side: Which run has it.
        setting: Id of the setting it is or belongs to; of the new run where both have it.
        what: In words, such as "activation tanh".
        reason: Why it is not compared; empty where only one run has it.
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


def match_settings(old: RunInfo, new: RunInfo) -> tuple[list[Pair], list[LeftOut]]:
    """Pairs of settings that train the same on the same data, with the same engine.

    Settings with the same id are pairs. Of the others, two are a pair where nothing differs but `timing`, and
    of that not the engine: how often something is timed does not change what is learned. Keys that are null
    count as absent, so that a run of an older actbench matches. Where more than one setting of a run fits,
    none is chosen.

    Returns:
        The pairs in the order of the new run, and what has no partner.
    """
    by_id = {entry.id: entry for entry in old.settings}
    pairs = [Pair(by_id[entry.id], entry) for entry in new.settings if entry.id in by_id]
    paired = {pair.new.id for pair in pairs}
    olds, news = (
        _by_content(entry for entry in run.settings if entry.id not in paired) for run in (old, new)
    )
    left_out = []
    for content in dict.fromkeys([*olds, *news]):
        candidates = olds[content], news[content]
        if len(candidates[0]) == len(candidates[1]) == 1:
            pairs.append(Pair(candidates[0][0], candidates[1][0]))
        else:
            left_out += _without_partner(*candidates)
    order = [entry.id for entry in new.settings]
    comparable, refused = [], []
    for pair in sorted(pairs, key=lambda pair: order.index(pair.new.id)):
        reason = _other_data(old.dataset[pair.old.id], new.dataset[pair.new.id])
        if reason:
            refused.append(LeftOut("both", pair.new.id, "setting", reason))
        else:
            comparable.append(pair)
    return comparable, [*refused, *left_out]


def match_activations(old: RunInfo, new: RunInfo, setting: str) -> tuple[list[str], list[LeftOut]]:
    """Labels that mean the same in both runs, in the order of the new one; never the placebo.

    Args:
        old: The old run.
        new: The new run.
        setting: Id of the setting that these are activations of, for what is left out.
    """
    olds, news = ([label for label in run.activations if label != run.placebo] for run in (old, new))
    common, left_out = [], []
    for label in news:
        definitions = definition(old, label), definition(new, label)
        if label not in olds:
            left_out.append(LeftOut("new", setting, f"activation {label}"))
        elif None not in definitions and definitions[0] != definitions[1]:
            reason = "it is {} in OLD and {} in NEW".format(*definitions)
            left_out.append(LeftOut("both", setting, f"activation {label}", reason))
        else:
            common.append(label)
    left_out += [LeftOut("old", setting, f"activation {label}") for label in olds if label not in news]
    return common, left_out


def definition(info: RunInfo, label: str) -> str | None:
    """What a label stands for, in words; None where the run does not say."""
    for entry in info.config.get("activations", ()):
        if entry["label"] == label:
            params = ", ".join(f"{name}={value}" for name, value in sorted(entry["params"].items()))
            return f"{entry['name']}({params})"
    return None


def timing_differences(pair: Pair) -> list[str]:
    """In words, how the timing of the two sides differs."""
    old, new = (setting.description.get("timing", {}) for setting in (pair.old, pair.new))
    return [
        f"{name} {old.get(name)} and {new.get(name)}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def _by_content(settings: Iterable[SettingInfo]) -> dict[str, list[SettingInfo]]:
    found: dict[str, list[SettingInfo]] = defaultdict(list)
    for setting in settings:
        timing = setting.description.get("timing", {})
        content = {**setting.description, "timing": {"engine": timing.get("engine")}}
        found[json.dumps(_without_nulls(content), sort_keys=True)].append(setting)
    return found


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


def _without_partner(olds: list[SettingInfo], news: list[SettingInfo]) -> list[LeftOut]:
    """Settings of equal content, of which a run has none or several."""
    reason = ""
    if olds and news:
        ids = (", ".join(setting.id for setting in settings) for settings in (olds, news))
        reason = "{} of OLD and {} of NEW differ in their timing alone, so that several would fit".format(
            *ids
        )
    sides: tuple[tuple[Side, list[SettingInfo]], ...] = (("old", olds), ("new", news))
    return [LeftOut(side, setting.id, "setting", reason) for side, settings in sides for setting in settings]


def _other_data(old: DatasetInfo, new: DatasetInfo) -> str:
    """Why two accuracies cannot be compared; empty where the data is the same."""
    if old.sha256 != new.sha256:
        what, hashes = "the data", (old.sha256, new.sha256)
    elif old.split_sha256 != new.split_sha256:
        what, hashes = "the choice of examples", (old.split_sha256, new.split_sha256)
    else:
        return ""
    was, is_now = (digest[:12] for digest in hashes)
    return f"{what} of {new.name} has another hash: {was} in OLD, {is_now} in NEW"
