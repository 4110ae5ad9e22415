"""The document of a comparison of two runs: facts, a section per setting, notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actbench.analysis.comparison.changes import format_timed
from actbench.records.base import format_config_value, format_inline, format_values
from actbench.report.compare.facts import changes_facts, run_name
from actbench.report.document import Column, Document, DocumentSection, Table
from actbench.report.facts import described_sections
from actbench.report.formatting import UNITS, format_value, format_verdict, latency_kind, score_format
from actbench.report.renderers.markdown import to_markdown
from actbench.report.renderers.terminal import to_terminal

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Changes, RowChange, SettingChange, Timed
    from actbench.report.compare.formats import GatedChanges
    from actbench.report.formatting import Value

_SCORE = "{}: NEW less OLD{}, {}. OLD and NEW are means over all seeds of their run."

_PAIRED = "paired by seed, mean over the n seeds that both have, with its 95 % interval"

_INDEPENDENT = "of two means that share no seed (n: OLD's + NEW's), with Welch's 95 % interval"

_TIMES = (
    "NEW/OLD: each block's median per step or call, geometric mean over the blocks (n: OLD's + NEW's), with "
    "Welch's 95 % interval. The runs were not interleaved: a drift of the machine between the two sessions "
    "is part of the ratio, and the interval does not cover it."
)

_RELATIVE = (
    "Relative to {0}: the ratio to {0} within the same rounds, NEW's over OLD's. It contains neither drift "
    "nor any change that all activations share."
)

_ALIKE = (
    "All activations moved alike: the machine drifted between the two runs, or something that all of them "
    "share changed. These figures cannot tell which."
)


def changes_to_terminal(shown: GatedChanges) -> str:
    """Return a comparison as text for a screen."""
    return to_terminal(lay_out_changes(shown), shown.width, shown.color)


def changes_to_markdown(shown: GatedChanges) -> str:
    """Return a comparison as Markdown, for a comment on a pull request."""
    return to_markdown(lay_out_changes(shown))


def lay_out_changes(shown: GatedChanges) -> Document:
    """Return the document of a comparison."""
    changes = shown.changes
    return Document(
        title=f"{run_name(changes.new)} compared with {run_name(changes.old)}",
        facts=changes_facts(changes, shown.gate, shown.checks),
        sections=tuple(_section(changes, setting) for setting in changes.settings),
        notes=_notes(changes),
    )


def _section(changes: Changes, setting: SettingChange) -> DocumentSection:
    pair = setting.pair
    sections = described_sections(pair.new, changes.new.info.dataset[pair.new.id])
    facts = [(name, format_config_value(value)) for name, value in sections.items() if value]
    if pair.old.id != pair.new.id:
        facts.append(("matched", f"with OLD's setting {pair.old.id}; {', '.join(pair.timing_differences)}"))
    facts.append(("seeds", f"{setting.seeds} in both"))
    tuned = [
        f"{row.activation} {format_values({key: value})} in OLD, "
        f"{format_inline(row.new.tuned.get(key))} in NEW"
        for row in setting.rows
        for key, value in row.old.tuned.items()
        if row.new.tuned.get(key) != value
    ]
    if tuned:
        facts.append(("tuned", f"to other values: {'; '.join(tuned)}"))
    if setting.placebo:
        ratios = ", ".join(
            f"{format_timed(timed)} {format_value(ratio, 'ratio')}"
            for timed, ratio in setting.placebo.items()
        )
        facts.append(("placebo", f"relative to {setting.baseline}, where any change is noise: {ratios}"))
    tables = []
    if setting.rows:
        times = list(dict.fromkeys(change.timed for row in setting.rows for change in row.times))
        suffix = ", two machines" if setting.two_machines else ""
        tables = [
            _score_table(setting),
            *(_time_table(setting, timed, suffix) for timed in times),
            *([_levels(setting.rows, times, suffix)] if times else []),
        ]
    return DocumentSection(f"setting {pair.new.name}", tuple(facts), tuple(tables))


def _score_table(setting: SettingChange) -> Table:
    rows, shown = setting.rows, score_format(setting.score_name)
    unit = " %" if shown.percent else ""
    columns = (
        Column("activation", "text"),
        Column(f"OLD{unit}", shown.kind),
        Column(f"NEW{unit}", shown.kind),
        Column(shown.difference_title, shown.difference),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    cells = [
        (
            row.activation,
            row.old.score and row.old.score.estimate,
            row.new.score and row.new.score.estimate,
            *_score_change(row),
        )
        for row in rows
    ]
    unpaired = [row.activation for row in rows if row.score and not row.score.pairs]
    notes = [f"{row.activation}: {row.divergence}" for row in rows if row.old.diverged or row.new.diverged]
    if unpaired:
        notes.append(
            f"{', '.join(unpaired)}: no seed ended well in both; two independent samples, Welch's interval"
        )
    return Table(shown.name, columns, tuple(cells), tuple(notes))


def _score_change(row: RowChange) -> tuple[Value, Value, Value]:
    if row.score is None:
        return None, None, None
    comparison, pairs = row.score.comparison, row.score.pairs
    difference = "identical bit for bit" if row.score.identical else comparison.interval
    return difference, format_verdict(comparison), pairs or f"{row.old.seeds}+{row.new.seeds}"


def _time_table(setting: SettingChange, timed: Timed, suffix: str) -> Table:
    companion = setting.baseline is not None
    columns = (
        Column("activation", "text"),
        Column("NEW/OLD", "ratio"),
        *([Column(f"relative to {setting.baseline}", "ratio")] if companion else []),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    cells: list[tuple[Value, ...]] = []
    for row in setting.rows:
        change = next((change for change in row.times if change.timed == timed), None)
        if change is None:
            cells.append((row.activation, *[None] * (len(columns) - 1)))
            continue
        is_baseline = row.activation == setting.baseline
        relative: list[Value] = ["baseline" if is_baseline else change.to_baseline] if companion else []
        samples = f"{row.old.seeds}+{row.new.seeds}"
        comparison = change.comparison
        cells.append((row.activation, comparison.interval, *relative, format_verdict(comparison), samples))
    notes = (_ALIKE,) if setting.all_alike(timed) else ()
    return Table(f"{format_timed(timed)}{suffix}", columns, tuple(cells), notes)


def _levels(rows: Sequence[RowChange], times: Sequence[Timed], suffix: str) -> Table:
    """Return the table of seconds as "OLD / NEW", with one column for each timed quantity."""
    columns, figures = [Column("activation", "text")], []
    for timed in times:
        sides = [(row.old.seconds.get(timed), row.new.seconds.get(timed)) for row in rows]
        kind = latency_kind(max(level.estimate for both in sides for level in both if level))
        columns.append(Column(f"{'step' if timed is None else f'batch {timed}'}, {UNITS[kind]}", "count"))
        figures.append(
            [" / ".join(format_value(level and level.estimate, kind) for level in both) for both in sides]
        )
    cells = [(row.activation, *texts) for row, *texts in zip(rows, *figures, strict=True)]
    return Table(f"OLD / NEW{suffix}", tuple(columns), tuple(cells))


def _notes(changes: Changes) -> tuple[str, ...]:
    """Return how to read the tables, one line each; nothing if there are no tables."""
    if not any(setting.rows for setting in changes.settings):
        return ()
    verdict = changes.verdict
    shown = [score_format(name) for name in dict.fromkeys(setting.score_name for setting in changes.settings)]
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
        notes.append("Times are of two machines: they do not show the effect of a change of the code.")
    notes.append(
        f"Verdict: EQUIVALENT if the interval lies inside NEW's margin (±{margin}, "
        f"±{100 * verdict.time_margin:.3g} % of time). Else BETTER or WORSE if the interval excludes no "
        "difference (of a time: the whole margin) and the test is significant after Holm's adjustment over "
        "the activations. Else INCONCLUSIVE, followed by the number of seeds that would likely decide it, "
        "if it can be estimated."
    )
    return tuple(notes)


def _samples(changes: Changes) -> str:
    """Return how the scores of this comparison were compared: paired by seed, as two samples, or both."""
    scores = [row.score for setting in changes.settings for row in setting.rows if row.score]
    paired = {score.pairs > 0 for score in scores}
    told = [words for words, has in ((_PAIRED, True), (_INDEPENDENT, False)) if has in paired]
    return "; or ".join(told) or _PAIRED
