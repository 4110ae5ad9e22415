"""Which activations of two runs may be compared: those of one label that mean the same in both."""

from actbench.analysis.matching import HASH_DIGITS, LeftOut, Pair
from actbench.described import describe_cells
from actbench.planned import CellPlan
from actbench.records import ActivationInfo, RunInfo


def match_activations(old: RunInfo, new: RunInfo, pair: Pair) -> tuple[list[str], list[LeftOut]]:
    """Labels that mean the same in both runs, in the order of the new one; never the placebo.

    Args:
        old: The old run.
        new: The new run.
        pair: The setting that these are activations of.
    """
    olds, news = ([label for label in run.activations if label != run.placebo] for run in (old, new))
    common, left_out = [], []
    for label in news:
        if label not in olds:
            left_out.append(LeftOut("new", pair.new.id, f"activation {label}"))
        elif reason := difference(old, new, pair, label):
            left_out.append(LeftOut("both", pair.new.id, f"activation {label}", reason))
        else:
            common.append(label)
    left_out += [LeftOut("old", pair.new.id, f"activation {label}") for label in olds if label not in news]
    return common, left_out


def difference(old: RunInfo, new: RunInfo, pair: Pair, label: str) -> str:
    """Why a label does not mean the same in both runs; empty where it does, or one of them does not say."""
    was, is_now = _described(old, pair.old.id, label), _described(new, pair.new.id, label)
    if was is None or is_now is None:
        return ""
    if was.definition != is_now.definition:
        return f"it is {was.definition} in OLD and {is_now.definition} in NEW"
    if was.source_sha256 != is_now.source_sha256:
        hashes = (str(entry.source_sha256)[:HASH_DIGITS] for entry in (was, is_now))
        return "its source has the hash {} in OLD and {} in NEW".format(*hashes)
    if was.init != is_now.init:
        return f"its weights start from {was.init} in OLD and {is_now.init} in NEW"
    return ""


def _described(info: RunInfo, setting: str, label: str) -> ActivationInfo | None:
    for entry in info.described_in(setting):
        if entry.label == label:
            return entry
    for written in info.config.get("activations", ()):  # of an older run, which knew names alone
        if written["label"] == label:
            cell = CellPlan(label=label, name=written["name"], params=written["params"])
            return describe_cells([cell])[0]
    return None
