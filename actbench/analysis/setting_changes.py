"""How one setting changed from one run to another."""

from collections.abc import Sequence

from actbench.analysis.changes import Level, RowChange, ScoreChange, SettingChange, Timed
from actbench.analysis.comparisons import IDENTICAL, Difference, compare, paired_difference
from actbench.analysis.matching import Pair
from actbench.analysis.scores import mean_score, test_score
from actbench.analysis.setting_cells import SettingCells, scores_equal
from actbench.analysis.time_changes import Sides, change_to_baseline, independent, seconds, time_changes
from actbench.config.schema import VerdictConfig
from actbench.metric_names import ScoreName
from actbench.records import Cell
from actbench.streams import generator


def setting_change(
    pair: Pair,
    sides: Sides,
    labels: Sequence[str],
    timed: Sequence[Timed],
    baseline: str | None,
    verdict: VerdictConfig,
    score_name: ScoreName,
) -> SettingChange:
    """Compares what two runs measured of one setting.

    Args:
        pair: The setting in both.
        sides: OLD's cells and NEW's.
        labels: Of the activations to compare, without the placebo.
        timed: The times to compare.
        baseline: Label of the baseline; None where the runs have different ones.
        verdict: Margins and alpha.
        score_name: What the scores are.
    """
    old, new = sides
    scores = _score_changes(sides, labels, verdict)
    times = [time_changes(sides, labels, entry, baseline, verdict) for entry in timed]
    rows = tuple(
        RowChange(
            activation=label,
            old=level(old, label, score_name),
            new=level(new, label, score_name),
            score=scores.get(label),
            times=tuple(changes[label] for changes in times if label in changes),
        )
        for label in labels
    )
    placebo = {}
    if baseline and old.placebo and new.placebo:
        changes = {entry: change_to_baseline(sides, (old.placebo, new.placebo), entry) for entry in timed}
        placebo = {entry: change for entry, change in changes.items() if change is not None}
    seeds = sum(block.seed in {other.seed for other in old.blocks} for block in new.blocks)
    return SettingChange(pair, baseline, seeds, rows, placebo, score_name=score_name)


def level(cells: SettingCells, label: str, score_name: ScoreName) -> Level:
    """Where an activation stands in one run."""
    ended_well = cells.ended_well(label)
    return Level(
        seeds=len(ended_well),
        diverged=len(cells.blocks) - len(ended_well),
        score=mean_score(ended_well, score_name),
        seconds=seconds(cells, label),
        tuned=next((cell.tuned for cell in cells.of(label)), {}),
    )


def _score_changes(sides: Sides, labels: Sequence[str], verdict: VerdictConfig) -> dict[str, ScoreChange]:
    pairs = {label: _same_seeds(sides, label) for label in labels}
    differences = {label: _difference(sides, label, pairs[label]) for label in labels}
    known = {label: difference for label, difference in differences.items() if difference is not None}
    compared = compare(known, margin=verdict.margin, alpha=verdict.alpha, larger_is_better=True)
    return {
        label: ScoreChange(comparison, len(pairs[label]), identical=known[label] is IDENTICAL)
        for label, comparison in compared.items()
    }


def _difference(sides: Sides, label: str, pairs: Sequence[tuple[Cell, Cell]]) -> Difference | None:
    if pairs and scores_equal(pairs) and _diverged_alike(sides, label):
        return IDENTICAL
    if pairs:
        samples = [test_score(after) - test_score(before) for before, after in pairs]
        return paired_difference(samples, generator(0, "sign flips", len(samples)))
    old, new = ([test_score(cell) for cell in side.ended_well(label)] for side in sides)
    return independent(new, old) if old and new else None


def _diverged_alike(sides: Sides, label: str) -> bool:
    """Whether the seeds that both have ended the same way in both."""
    return all(before.status == after.status for before, after in _common_seeds(sides, label))


def _same_seeds(sides: Sides, label: str) -> list[tuple[Cell, Cell]]:
    """The old and the new cell of every seed that ended well in both."""
    pairs = _common_seeds(sides, label)
    return [(before, after) for before, after in pairs if before.status == after.status == "ok"]


def _common_seeds(sides: Sides, label: str) -> list[tuple[Cell, Cell]]:
    """The old and the new cell of every seed that both have."""
    old, new = (
        {block.seed: cell for block, cell in zip(side.blocks, side.of(label), strict=True)} for side in sides
    )
    return [(old[seed], new[seed]) for seed in old if seed in new]
