"""Figures to tables: on the terminal, as Markdown, HTML, LaTeX, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from actbench.analysis.run import estimate_run
from actbench.report.availability import lacking, refuse_lacking, refuse_without_effect
from actbench.report.document import Document, Section
from actbench.report.facts import run_facts, setting_facts
from actbench.report.model import SettingView, sort_report
from actbench.report.notes import notes_of
from actbench.report.renderers.csv import to_csv
from actbench.report.renderers.json import TABLES, to_json
from actbench.report.tables.accuracy import accuracy, metrics
from actbench.report.tables.diagnostics import gradient_charts, why
from actbench.report.tables.summary import summary_section
from actbench.report.tables.time import inference, pareto, time
from actbench.report.tables.tuning import tuning

if TYPE_CHECKING:
    from actbench.analysis.figures import SettingEstimates
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo
    from actbench.report.document import Table
    from actbench.report.model import Report, Sort
    from actbench.report.renderers.json import TableName

Format = Literal["terminal", "markdown", "html", "latex", "csv", "json"]

FORMATS: tuple[Format, ...] = get_args(Format)


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
        records: What the ledger holds, in any order.
        sort: In which order the activations stand.
        against: Label to compare with instead of the config's baseline.
        generalise: Whether to add intervals for new test data.

    Raises:
        ConfigError: If no activation of the run has the label `against`.
        NothingMeasuredError: If no training of the run ended well.
        EnvironmentMismatchError: If the blocks were measured on different machines.
    """
    estimates = estimate_run(info, records, against=against, generalise=generalise)
    return sort_report(info, estimates, sort, generalise)


def render(
    report: Report,
    format: Format,  # noqa: A002 - the name of the command's option
    table: TableName = "all",
    *,
    width: int = 80,
    color: bool = False,
) -> str:
    """Write a report down.

    Args:
        report: From `build`.
        format: Which one; "csv" and "json" have the names that scripts rely on and unrounded figures.
        table: Which figures.
        width: Columns of the terminal; other formats ignore it.
        color: Whether the terminal may show bold and dim text; other formats ignore it.

    Returns:
        Text that ends with a newline.

    Raises:
        ConfigError: If the run does not have that table, such as the tuning where nothing was tuned; or if
            `against` or `generalise` would change nothing of it.
    """
    refuse_lacking(report, table)
    refuse_without_effect(report, table)
    match format:
        case "csv":
            return to_csv(report, table)
        case "json":
            return to_json(report, table)
        case "html":
            from actbench.report.renderers.html import to_html

            return to_html(lay_out(report, table))
        case "latex":
            from actbench.report.renderers.latex import to_latex

            return to_latex(lay_out(report, table))
        case "markdown":
            from actbench.report.renderers.markdown import to_markdown

            return to_markdown(lay_out(report, table))
        case "terminal":
            from actbench.report.renderers.terminal import to_terminal

            return to_terminal(lay_out(report, table), width, color)


def tables(info: RunInfo, records: Iterable[BlockRecord]) -> dict[str, str]:
    """The CSV files of a finished run, by file name: just what `report --format csv --table ...` prints."""
    report = build(info, records)
    missing = {"all", *lacking(report)}
    names = [name for name in TABLES if name not in missing]
    return {f"{name}.csv": to_csv(report, name) for name in names}


_BUILDERS: dict[TableName, Callable[[SettingView], list[Table]]] = {  # in the order of the report
    "accuracy": accuracy,
    "time": time,
    "pareto": pareto,
    "inference": inference,
    "metrics": metrics,
    "why": why,
    "tuning": tuning,
}

# long, and only of interest where something failed, which `accuracy` tells in a sentence
_LEFT_OUT_OF_ALL = ("why",)


def lay_out(report: Report, table: TableName) -> Document:
    """The Document of one table, or of all."""
    missing = lacking(report)
    every = tuple(name for name in _BUILDERS if name not in (*_LEFT_OUT_OF_ALL, *missing))
    settings = report.estimates.settings
    shown = every if table == "all" else (table,)
    sections = tuple(_section(report, setting, shown) for setting in settings if table != "summary")
    if table in ("summary", "all") and "summary" not in missing:
        sections = (summary_section(report), *sections)
        shown = ("summary", *(name for name in shown if name != "summary"))
    return Document(
        title=f"{report.info.name}: {', '.join(shown)}",
        facts=run_facts(report),
        sections=sections,
        notes=notes_of(report, shown, settings, sections),
    )


def _section(report: Report, estimates: SettingEstimates, shown: Sequence[TableName]) -> Section:
    view = SettingView(report, estimates)
    tables = [table for name in shown if estimates.rows for table in _BUILDERS[name](view)]
    facts = setting_facts(report, estimates)
    charts = gradient_charts(view) if "why" in shown else []
    return Section(f"setting {estimates.setting.name}", facts, tuple(tables), tuple(charts))
