"""From figures to a Document: which tables there are, in which order."""

from collections.abc import Sequence

from actbench.analysis.figures import SettingEstimates
from actbench.report.contract import TableName
from actbench.report.document import Document, Section, Table
from actbench.report.facts import run_facts, setting_facts
from actbench.report.model import Report
from actbench.report.notes import notes_of
from actbench.report.sheets import Sheets

_ALL: tuple[TableName, ...] = ("accuracy", "time", "pareto", "inference", "metrics")


def lay_out(report: Report, table: TableName) -> Document:
    """The Document of one table, or of all."""
    shown = _ALL if table == "all" else (table,)
    settings = report.estimates.settings
    sections = tuple(_section(report, setting, shown) for setting in settings)
    return Document(
        title=f"{report.info.name}: {', '.join(shown)}",
        facts=run_facts(report),
        sections=sections,
        notes=notes_of(report, shown, settings, sections),
    )


def _section(report: Report, estimates: SettingEstimates, shown: Sequence[TableName]) -> Section:
    sheets = Sheets(report, estimates)
    build = {
        "accuracy": sheets.accuracy,
        "time": sheets.time,
        "pareto": sheets.pareto,
        "inference": sheets.inference,
        "metrics": sheets.metrics,
    }
    tables: list[Table] = [table for name in shown if estimates.rows for table in build[name]()]
    facts = setting_facts(estimates, report.info.baseline)
    return Section(f"setting {estimates.setting.id}", facts, tuple(tables))
