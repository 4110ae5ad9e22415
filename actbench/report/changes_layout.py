"""From the changes between two runs to a Document, the verdicts first."""

from collections.abc import Sequence

from actbench.analysis.absences import diverged_in_words
from actbench.analysis.changes import Changes, RowChange, SettingChange, Timed, timed_in_words
from actbench.analysis.gate import Check, Gate
from actbench.analysis.matching import timing_differences
from actbench.report.changes_facts import changes_facts, run_name
from actbench.report.changes_notes import notes_of
from actbench.report.document import Column, Document, Section, Table
from actbench.report.numbers import UNITS, Value, format_value, latency_kind, verdict_in_words
from actbench.report.scored import shown_score
from actbench.report.sections import sections_of
from actbench.varied import in_flow, in_words, name_of

_ALIKE = (
    "All activations moved alike: the machine drifted between the two runs, or what they share changed. "
    "These figures cannot tell which."
)


def lay_out_changes(changes: Changes, gate: Gate, checks: Sequence[Check]) -> Document:
    """The Document of a comparison."""
    return Document(
        title=f"{run_name(changes.new)} compared with {run_name(changes.old)}",
        facts=changes_facts(changes, gate, checks),
        sections=tuple(_section(changes, setting) for setting in changes.settings),
        notes=notes_of(changes),
    )


def _section(changes: Changes, setting: SettingChange) -> Section:
    pair = setting.pair
    sections = sections_of(pair.new, changes.new.info.dataset[pair.new.id])
    facts = [(name, in_words(value)) for name, value in sections.items() if value]
    if pair.old.id != pair.new.id:
        facts.append(("matched", f"with OLD's setting {pair.old.id}; {', '.join(timing_differences(pair))}"))
    facts.append(("seeds", f"{setting.seeds} in both"))
    tuned = [
        f"{row.activation} {name_of({key: value})} in OLD, {in_flow(row.new.tuned.get(key))} in NEW"
        for row in setting.rows
        for key, value in row.old.tuned.items()
        if row.new.tuned.get(key) != value
    ]
    if tuned:
        facts.append(("tuned", f"to other values: {'; '.join(tuned)}"))
    if setting.placebo:
        ratios = ", ".join(
            f"{timed_in_words(timed)} {format_value(ratio, 'ratio')}"
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
    return Section(f"setting {pair.new.name}", tuple(facts), tuple(tables))


def _score_table(setting: SettingChange) -> Table:
    rows, shown = setting.rows, shown_score(setting.score_name)
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
    notes = [
        f"{row.activation}: {diverged_in_words(row)}" for row in rows if row.old.diverged or row.new.diverged
    ]
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
    return difference, verdict_in_words(comparison), pairs or f"{row.old.seeds}+{row.new.seeds}"


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
        cells.append((row.activation, comparison.interval, *relative, verdict_in_words(comparison), samples))
    notes = (_ALIKE,) if setting.all_alike(timed) else ()
    return Table(f"{timed_in_words(timed)}{suffix}", columns, tuple(cells), notes)


def _levels(rows: Sequence[RowChange], times: Sequence[Timed], suffix: str) -> Table:
    """OLD / NEW, one column for each time."""
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
