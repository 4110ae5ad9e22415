"""Figures to tables: on the terminal, as Markdown, HTML, LaTeX, CSV and JSON."""

from collections.abc import Iterable
from typing import Literal, get_args

from actbench.analysis.estimates import estimate
from actbench.records import BlockRecord, RunInfo
from actbench.report.contract import TABLES, TableName, to_json
from actbench.report.flat import to_csv
from actbench.report.lacking import lacking, refuse_lacking, refuse_without_effect
from actbench.report.layout import lay_out
from actbench.report.model import Report, sorted_report
from actbench.report.ordering import SORTS, Sort

Format = Literal["terminal", "markdown", "html", "latex", "csv", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)

__all__ = ["FORMATS", "SORTS", "TABLES", "Format", "Report", "Sort", "TableName", "build", "render", "tables"]


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
    estimates = estimate(info, records, against=against, generalise=generalise)
    return sorted_report(info, estimates, sort, generalise)


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
            from actbench.report.html import to_html

            return to_html(lay_out(report, table))
        case "latex":
            from actbench.report.latex import to_latex

            return to_latex(lay_out(report, table))
        case "markdown":
            from actbench.report.markdown import to_markdown

            return to_markdown(lay_out(report, table))
        case "terminal":
            from actbench.report.terminal import to_terminal

            return to_terminal(lay_out(report, table), width, color)


def tables(info: RunInfo, records: Iterable[BlockRecord]) -> dict[str, str]:
    """The CSV files of a finished run, by file name: just what `report --format csv --table ...` prints."""
    report = build(info, records)
    missing = {"all", *lacking(report)}
    names = [name for name in TABLES if name not in missing]
    return {f"{name}.csv": to_csv(report, name) for name in names}
