"""From the changes between two runs to a Document, the verdicts first."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import get_args

from actbench.analysis.changes import Changes, RowChange, RunSide, SettingChange, Timed, timed_in_words
from actbench.analysis.gate import Check, Gate, Ruling, diverged_in_words
from actbench.analysis.matching import LeftOut, timing_differences
from actbench.report.changes_notes import notes_of
from actbench.report.document import Column, Document, Section, Table
from actbench.report.facts import Facts, in_words
from actbench.report.numbers import UNITS, Value, format_value, latency_kind, verdict_in_words
from actbench.report.ruling import check_in_words, limits_in_words

_VERDICTS = ("WORSE", "BETTER", "INCONCLUSIVE", "EQUIVALENT")


def lay_out_changes(changes: Changes, gate: Gate, checks: Sequence[Check]) -> Document:
    """The Document of a comparison."""
    return Document(
        title=f"{_name(changes.new)} compared with {_name(changes.old)}",
        facts=(
            *_summary(changes),
            *_gate_facts(changes, gate, checks),
            *_run_facts(changes),
            *(("left out", _left_out(entry)) for entry in changes.left_out),
        ),
        sections=tuple(_section(changes, setting) for setting in changes.settings),
        notes=notes_of(changes),
    )


def _name(side: RunSide) -> str:
    return f"{side.info.name} {side.info.run_id}"


def _summary(changes: Changes) -> Facts:
    """How many of each verdict, and of whom, where it is not EQUIVALENT."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for setting in changes.settings:
        for row in setting.rows:
            label = _label(changes, setting.pair.new.id, row.activation)
            if row.accuracy is not None:
                found["accuracy"].append((str(row.accuracy.comparison.verdict), label))
            for change in row.times:
                found[timed_in_words(change.timed)].append((str(change.comparison.verdict), label))
    facts = [(quantity, _verdicts(entries)) for quantity, entries in found.items()]
    return tuple(facts) or (("result", "nothing could be compared"),)


def _verdicts(entries: Iterable[tuple[str, str]]) -> str:
    labels: dict[str, list[str]] = defaultdict(list)
    for verdict, label in entries:
        labels[verdict].append(label)
    if len(labels) == 1:
        return "".join(f"all {len(whose)} {verdict}" for verdict, whose in labels.items())
    return ", ".join(
        f"{len(labels[verdict])} {verdict}"
        + ("" if verdict == "EQUIVALENT" else f" ({', '.join(labels[verdict])})")
        for verdict in _VERDICTS
        if verdict in labels
    )


def _gate_facts(changes: Changes, gate: Gate, checks: Sequence[Check]) -> Facts:
    if not gate.fail_on:
        return ()
    rulings = Counter(check.ruling for check in checks)
    counted = ", ".join(f"{rulings[name]} {name}" for name in get_args(Ruling))
    undecided: dict[str, list[str]] = defaultdict(list)
    for check in checks:
        if check.ruling == "undecided":
            undecided[check.quantity].append(_label(changes, check.setting, check.activation))
    return (
        ("gate", f"{limits_in_words(changes, gate)}: {counted}"),
        *(("failed", check_in_words(check)) for check in checks if check.ruling == "failed"),
        *(("undecided", f"{quantity}: {', '.join(labels)}") for quantity, labels in undecided.items()),
    )


def _label(changes: Changes, setting: str, activation: str) -> str:
    return f"{activation} (setting {setting})" if len(changes.settings) > 1 else activation


def _run_facts(changes: Changes) -> Facts:
    environment = changes.new.environment
    if changes.two_machines:
        machines = f"TWO MACHINES, accepted by the caller: {', '.join(changes.machines)}"
    elif changes.machines:
        machines = f"different, so that no time is compared: {', '.join(changes.machines)}"
    else:
        machines = f"the same: {environment.cpu}, {environment.cores} cores, {environment.device}"
    software = (f"{name} {old} → {new}" for name, (old, new) in changes.software.items())
    return (
        *(
            (name, f"{_name(side)}, created {side.info.created_at}, {_blocks(side)}")
            for name, side in (("OLD", changes.old), ("NEW", changes.new))
        ),
        ("machines", machines),
        ("software", ", ".join(software) or "the same"),
    )


def _blocks(side: RunSide) -> str:
    return f"{side.finished} of {len(side.info.blocks)} blocks"


def _left_out(entry: LeftOut) -> str:
    where = f"setting {entry.setting}"
    what = where if entry.what == "setting" else f"{entry.what} of {where}"
    only = {"old": " (in OLD only)", "new": " (in NEW only)", "both": ""}[entry.side]
    return f"{what}{f': {entry.reason}' if entry.reason else only}"


def _section(changes: Changes, setting: SettingChange) -> Section:
    pair = setting.pair
    facts = [(name, in_words(value)) for name, value in pair.new.description.items()]
    if pair.old.id != pair.new.id:
        facts.append(("matched", f"with OLD's setting {pair.old.id}; {', '.join(timing_differences(pair))}"))
    facts.append(("seeds", f"{setting.seeds} in both"))
    if setting.placebo:
        ratios = ", ".join(
            f"{timed_in_words(timed)} {format_value(ratio, 'ratio')}"
            for timed, ratio in setting.placebo.items()
        )
        facts.append(("placebo", f"relative to {setting.baseline}, where any change is noise: {ratios}"))
    tables = []
    if setting.rows:
        times = list(dict.fromkeys(change.timed for row in setting.rows for change in row.times))
        suffix = ", two machines" if changes.two_machines else ""
        tables = [
            _accuracy_table(setting.rows),
            *(_time_table(setting, timed, suffix) for timed in times),
            *([_levels(setting.rows, times, suffix)] if times else []),
        ]
    return Section(f"setting {pair.new.id}", tuple(facts), tuple(tables))


def _accuracy_table(rows: Sequence[RowChange]) -> Table:
    columns = (
        Column("activation", "text"),
        Column("OLD %", "percent"),
        Column("NEW %", "percent"),
        Column("difference, points", "points"),
        Column("verdict", "words"),
        Column("n", "count"),
    )
    cells = [
        (
            row.activation,
            row.old.accuracy and row.old.accuracy.estimate,
            row.new.accuracy and row.new.accuracy.estimate,
            *_accuracy_change(row),
        )
        for row in rows
    ]
    unpaired = [row.activation for row in rows if row.accuracy and not row.accuracy.pairs]
    notes = [
        f"{row.activation}: {diverged_in_words(row)}" for row in rows if row.old.diverged or row.new.diverged
    ]
    if unpaired:
        notes.append(f"{', '.join(unpaired)}: no seed in common; two independent samples, Welch's interval")
    return Table("accuracy", columns, tuple(cells), tuple(notes))


def _accuracy_change(row: RowChange) -> tuple[Value, Value, Value]:
    if row.accuracy is None:
        return None, None, None
    comparison, pairs = row.accuracy.comparison, row.accuracy.pairs
    difference = "identical bit for bit" if row.accuracy.identical else comparison.interval
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
    return Table(f"{timed_in_words(timed)}{suffix}", columns, tuple(cells))


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
