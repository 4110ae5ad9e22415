"""How to read a comparison of two runs, one line each."""

from actbench.analysis.changes import Changes
from actbench.report.scored import shown_score

_SCORE = "{}: NEW less OLD{}, {}. OLD and NEW are means over all seeds of their run."
_PAIRED = "paired by seed, mean over the n seeds that both have, with its 95 % interval"
_INDEPENDENT = "of two means that share no seed (n: OLD's + NEW's), with Welch's 95 % interval"
_TIMES = (
    "NEW/OLD: each block's median per step or call, geometric mean over the blocks (n: OLD's + NEW's), with "
    "Welch's 95 % interval. The runs were not interleaved: a drift of the machine between the two sessions "
    "is part of it, and its interval does not know of it."
)
_RELATIVE = (
    "Relative to {0}: the ratio to {0} within the same rounds, NEW's over OLD's. No drift is in it, and "
    "nothing that changes all activations alike."
)


def _samples(changes: Changes) -> str:
    """What differences of the score are over: only what this comparison has."""
    scores = [row.score for setting in changes.settings for row in setting.rows if row.score]
    paired = {score.pairs > 0 for score in scores}
    told = [words for words, has in ((_PAIRED, True), (_INDEPENDENT, False)) if has in paired]
    return "; or ".join(told) or _PAIRED


def notes_of(changes: Changes) -> tuple[str, ...]:
    """What has to be said under these tables."""
    if not any(setting.rows for setting in changes.settings):
        return ()
    verdict = changes.verdict
    shown = [shown_score(name) for name in dict.fromkeys(setting.score_name for setting in changes.settings)]
    percent = all(score.percent for score in shown)
    name = " or ".join(score.name for score in shown)
    unit = ", in percentage points" if percent else ""
    notes = [_SCORE.format(name[:1].upper() + name[1:], unit, _samples(changes))]
    margin = f"{100 * verdict.margin:.3g} points" if percent else f"{verdict.margin:.3g} of the score"
    if any(row.times for setting in changes.settings for row in setting.rows):
        notes.append(_TIMES)
        notes += dict.fromkeys(
            _RELATIVE.format(setting.baseline) for setting in changes.settings if setting.baseline
        )
    if changes.two_machines:
        notes.append("Times are of two machines: they do not say what a change of the code did.")
    notes.append(
        f"Verdict: EQUIVALENT where the interval lies inside NEW's margin (±{margin}, "
        f"±{100 * verdict.time_margin:.3g} % of time); else BETTER or WORSE where it excludes no "
        "difference (of a time: all of the margin) and so does the test after Holm's adjustment over the "
        "activations; else INCONCLUSIVE, followed by the seeds that would likely decide it where that can be "
        "estimated."
    )
    return tuple(notes)
