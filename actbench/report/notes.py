"""How to read the tables, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actbench.report.activation_facts import MIXING_NOTE, mixing_labels, start_alike
from actbench.report.facts import scores_in_words
from actbench.stats.intervals import Interval

if TYPE_CHECKING:
    from actbench.analysis.figures import SettingEstimates
    from actbench.report.document import Section
    from actbench.report.model import Report
    from actbench.report.renderers.json import TableName

_NOTES: dict[TableName, tuple[str, ...]] = {
    "summary": (
        "Over settings: the mean rank (1 is best, ties share places, the placebo has none), the mean of "
        "the settings' differences, and the geometric mean of their time ratios. Their t intervals, "
        "extended where skewed, are over settings and only describe how far these agree: they were chosen, "
        "not drawn at random, so that nothing is said of others. B/W/E/I: in how many settings the verdict "
        "was BETTER, WORSE, EQUIVALENT, INCONCLUSIVE.",
    ),
    "tuning": (
        "Tuning: means over n seeds that are in no other table, on the validation split; the test set has no "
        "say. Chosen is the candidate with the fewest trainings that diverged, of those the one with the "
        "best mean {plain}, of equal ones that with the lowest mean loss, then the smaller value.",
    ),
    "accuracy": (
        "{score}: mean over seeds. Difference: paired by seed ({alike}){points}. "
        "Both with the 95 % t interval of the mean, extended where the seeds are skewed.",
    ),
    "metrics": (
        "Other metrics: as {plain}. Train {plain} is that of the last epoch, as seen while training.{lower}",
    ),
    "time": (
        "Training-time ratio: to the baseline's slice in the same round; each seed's median, geometric mean "
        "over seeds, with its 95 % t interval. Seconds per epoch: each seed's median epoch, likewise.",
        "{cost}Compile: median seconds to build, trace and compile one activation's training and evaluation "
        "programs, once per worker, in no other figure.",
    ),
    "inference": (
        "Latency: per call, over all rounds of all seeds. k/s: thousands of items per second at the median. "
        "Inference-time ratio: as for training, over inference rounds.",
    ),
    "pareto": (
        "P(front): the probability that no other activation is at least as {good} and as fast, and "
        "better in one; by a bootstrap over blocks. The placebo is no contender; an activation that "
        "diverged in any block is left out, too. With few blocks there are few different draws, and P is "
        "coarse.",
    ),
    "why": (
        "Layers are the hidden ones, from the input on; figures are means over n seeds, of the same training "
        "examples. Dead: units whose slope is zero for every example. Saturated: other units whose mean "
        "slope is under 5 % of the largest. Zeros: outputs that are exactly zero. Mean and variance: of the "
        "pre-activations. Gradient: norm of the loss's gradient to the kernel, geometric mean. First to "
        "last: that of the first hidden layer over that of the last, with its 95 % t interval on the log "
        "scale.",
    ),
}

_COST = (
    "Cost: microseconds per training step beyond linear in the same round, what the non-linearity itself "
    "costs. "
)

_LOWER = " Of a loss, RMSE or MAE, which have the unit of the loss or of the target, less is better."

_R2 = (
    "R²: 1 less the squared errors over those of the mean of the test set: 1 is perfect, 0 as good as the "
    "mean, below 0 worse. Of several targets the score is the mean of their accuracies and R²."
)

_ALIKE = "same initial weights, same batches"

_BATCHES_ALIKE = "same batches, and the same initial weights where initialiser and widths are the same"

_TARGET = (
    "To the target: mean over the seeds that reached it, judged after each epoch; n says how many of all "
    "trainings did. For the difference only seeds in which both reached it are compared: where "
    "one reached it more often than the other, the verdict is about those seeds only."
)

_VERDICTS = (
    "Verdict: EQUIVALENT where the 95 % interval, not adjusted, lies inside the margin; else BETTER or WORSE "
    "where it excludes no difference (of a time: all of the margin, and what a flagged placebo differs by) "
    "and so does the test after Holm's adjustment over the activations; else INCONCLUSIVE, followed by the "
    "number of seeds that would likely decide it, estimated from the spread seen, where that can be told."
)

_NEW_DATA = (
    "New seeds: what other seeds would give on these test examples. New seeds and data: what they would give "
    "on other test examples of the same kind, so that it is wider by the luck of the test set."
)

_NO_ANSWERS = (
    "This run has not kept which test examples were right, which takes actbench with schema 2; measure it "
    "again, with --fresh, for intervals on new data."
)

_ONE_SEED_OF_DATA = "New seeds and data: one seed cannot speak of others, so that it has no interval."

_ONE_SEED = "With a single seed, time intervals come from its rounds alone and speak for that one process."

_NO_INTERVAL = (
    "A figure without brackets has no interval: too few samples, or equal ones, do not show their spread."
)


def _of_tables(report: Report, shown: Sequence[TableName]) -> list[str]:
    """What each table is about, in the words of its scores."""
    accuracies = all(setting.score_name == "accuracy" for setting in report.estimates.settings)
    score = scores_in_words(report)
    words = {
        "alike": _ALIKE if start_alike(report.info) else _BATCHES_ALIKE,
        "score": score[:1].upper() + score[1:],
        "plain": score,
        "points": ", in percentage points" if accuracies else "",
        "good": "accurate" if accuracies else "good",
        "cost": _COST if any(setting.linear for setting in report.estimates.settings) else "",
        "lower": "" if accuracies else _LOWER,
    }
    notes = [note.format(**words) for name in shown for note in _NOTES[name]]
    return notes if accuracies or "accuracy" not in shown else [*notes, _R2]


def notes_of(
    report: Report,
    shown: Sequence[TableName],
    settings: Sequence[SettingEstimates],
    sections: Sequence[Section],
) -> tuple[str, ...]:
    """What has to be said under these tables."""
    notes = _of_tables(report, shown)
    if report.estimates.verdict.target_accuracy is not None and "metrics" in shown:
        notes.append(_TARGET)
    if not set(shown) <= {"pareto", "why", "tuning"}:
        notes.append(_VERDICTS)
    if report.generalised and "accuracy" in shown:
        notes.append(_NEW_DATA)
        if not all(setting.answers_kept for setting in settings):
            notes.append(_NO_ANSWERS)
        if any(1 in (row.seeds, row.pairs) for setting in settings for row in setting.rows):
            notes.append(_ONE_SEED_OF_DATA)
    if any(setting.finished == 1 for setting in settings) and {"time", "inference"} & set(shown):
        notes.append(_ONE_SEED)
    if mixing_labels(report.info):
        notes.append(MIXING_NOTE)
    cells = (value for section in sections for table in section.tables for row in table.rows for value in row)
    if any(isinstance(value, Interval) and not value.bounded for value in cells):
        notes.append(_NO_INTERVAL)
    return tuple(notes)
