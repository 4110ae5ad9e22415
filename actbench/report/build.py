"""Reports: figures from records, and their text in any of the tables and formats of `registry`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from actbench.analysis.run import estimate_run
from actbench.errors import ArgumentError
from actbench.report.activation_facts import MIXING_NOTE, mixing_labels
from actbench.report.document import Document, DocumentSection
from actbench.report.facts import run_facts, setting_facts
from actbench.report.registry import ALL_TABLES, FORMATS, TABLES
from actbench.report.view import sort_report
from actbench.stats.intervals import Interval

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo
    from actbench.report.registry import ReportTable
    from actbench.report.view import Report, SettingView, Sort


def build(
    info: RunInfo,
    records: Iterable[BlockRecord],
    sort: Sort = "accuracy",
    *,
    against: str | None = None,
    generalise: bool = False,
) -> Report:
    """Compute every figure of a run, finished or not.

    Args:
        info: What was planned.
        records: The records of the ledger, in any order.
        sort: The order of the activations.
        against: Label to compare with instead of the config's baseline.
        generalise: True to add intervals for new test data.

    Raises:
        ArgumentError: No activation has the label `against`, or `generalise` does not fit the targets.
        NothingMeasuredError: No training of the run ended well.
        EnvironmentMismatchError: The blocks were measured on different machines.
    """
    estimates = estimate_run(info, records, against=against, generalise=generalise)
    return sort_report(info, estimates, sort, generalise)


def render(
    report: Report,
    format: str,  # noqa: A002 - the name of the command's option
    table: str = ALL_TABLES,
    *,
    width: int = 80,
    color: bool = False,
) -> str:
    """Write a report down.

    Args:
        report: From `build`.
        format: A name in `registry.FORMATS`. "csv" and "json" have the names that scripts rely on, and
            unrounded figures.
        table: A name or an alias in `registry.TABLES`, or "all".
        width: Columns of the terminal; other formats ignore it.
        color: True if the terminal may show bold and dim text; other formats ignore it.

    Returns:
        Text that ends with a newline.

    Raises:
        ArgumentError: There is no such format or table; the run does not have that table, such as the tuning
            where nothing was tuned; or `against` or `generalise` would change nothing of it.
    """
    renderer = FORMATS.find(FORMATS.resolve(format))
    name = TABLES.resolve(table)
    _refuse_absent(report, name)
    _refuse_without_effect(report, name)
    if renderer.figures is not None:
        return renderer.figures(report, name)
    assert renderer.document is not None
    return renderer.document(lay_out(report, name), width, color)


def table_files(info: RunInfo, records: Iterable[BlockRecord]) -> dict[str, str]:
    """Return the CSV files of a finished run by file name: what `report --format csv --table ...` prints."""
    report = build(info, records)
    to_csv = FORMATS.find("csv").figures
    assert to_csv is not None
    return {
        _file_name(name): to_csv(report, name)
        for name in TABLES.names
        if TABLES.find(name).absence(report) is None
    }


def table_file_names() -> list[str]:
    """Return the file names of all tables that a run folder can hold."""
    return [_file_name(name) for name in TABLES.names]


def _file_name(table: str) -> str:
    return f"{TABLES.find(table).csv_name or table}.csv"


def lay_out(report: Report, table: str = ALL_TABLES) -> Document:
    """Return the document of one table, or of all that the run has.

    Args:
        report: From `build`.
        table: A name or an alias in `registry.TABLES`, or "all".
    """
    table = TABLES.resolve(table)
    names = [name for name in TABLES.names if _is_shown(report, name, table)]
    shown = [TABLES.find(name) for name in names]
    overviews = (entry.build_overview(report) for entry in shown if entry.build_overview)
    by_setting = [entry for entry in shown if entry.build_overview is None]
    settings = (_section(view, by_setting) for view in report.settings if by_setting)
    sections = (*overviews, *settings)
    return Document(
        title=f"{report.info.name}: {', '.join(names)}",
        facts=run_facts(report),
        sections=sections,
        notes=_notes(report, shown, sections),
    )


def _is_shown(report: Report, name: str, table: str) -> bool:
    entry = TABLES.find(name)
    return name == table or (table == ALL_TABLES and entry.in_all and entry.absence(report) is None)


def _section(view: SettingView, shown: Sequence[ReportTable]) -> DocumentSection:
    # A setting of which no block is finished has facts, and no rows to build tables of.
    tables = [built for entry in shown if view.rows for built in entry.build(view)]
    charts = [chart for entry in shown for chart in entry.charts(view)]
    title = f"setting {view.estimates.setting.name}"
    return DocumentSection(title, setting_facts(view), tuple(tables), tuple(charts))


_VERDICTS = (
    "Verdict: EQUIVALENT where the 95 % interval, not adjusted, lies inside the margin; else BETTER or WORSE "
    "where it excludes no difference (of a time: all of the margin, and what a flagged placebo differs by) "
    "and so does the test after Holm's adjustment over the activations; else INCONCLUSIVE, followed by the "
    "number of seeds that would likely decide it, estimated from the spread seen, where that can be told."
)

_NO_INTERVAL = (
    "A figure without brackets has no interval: too few samples, or equal ones, do not show their spread."
)


def _notes(
    report: Report, shown: Sequence[ReportTable], sections: Iterable[DocumentSection]
) -> tuple[str, ...]:
    """Return how to read the tables: the notes of each, then those that hold for all; each note once."""
    notes = [note for entry in shown for note in entry.notes(report)]
    if any(entry.compares == "verdicts" for entry in shown):
        notes.append(_VERDICTS)
    if mixing_labels(report.info):
        notes.append(MIXING_NOTE)
    cells = (value for section in sections for table in section.tables for row in table.rows for value in row)
    if any(isinstance(value, Interval) and not value.bounded for value in cells):
        notes.append(_NO_INTERVAL)
    return tuple(dict.fromkeys(notes))


def _refuse_absent(report: Report, name: str) -> None:
    reason = None if name == ALL_TABLES else TABLES.find(name).absence(report)
    if reason is not None:
        raise ArgumentError("table", f"{reason}; use another table", value=name)


def _refuse_without_effect(report: Report, name: str) -> None:
    """Refuse an option that would leave the table as it is."""
    against = report.compared_with != report.info.baseline
    if against and not _any_table(name, lambda table: table.compares != "nothing"):
        comparing = _table_names(lambda table: table.compares != "nothing")
        raise ArgumentError("against", f"the table {name} compares nothing; use one of {comparing}")
    if report.generalised and not _any_table(name, lambda table: table.new_data):
        adding = _table_names(lambda table: table.new_data)
        raise ArgumentError("generalise", f"adds nothing to the table {name}; use one of {adding}")


def _any_table(name: str, has: Callable[[ReportTable], bool]) -> bool:
    return name == ALL_TABLES or has(TABLES.find(name))


def _table_names(has: Callable[[ReportTable], bool]) -> str:
    return ", ".join([*(name for name in TABLES.names if has(TABLES.find(name))), ALL_TABLES])
