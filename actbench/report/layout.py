"""From figures to a Document: which tables there are, in which order."""

from collections.abc import Callable, Sequence

from actbench.analysis.figures import SettingEstimates
from actbench.report.accuracy_sheets import accuracy, metrics
from actbench.report.contract import TableName
from actbench.report.document import Document, Section, Table
from actbench.report.facts import run_facts, setting_facts
from actbench.report.lacking import lacking
from actbench.report.model import Report
from actbench.report.notes import notes_of
from actbench.report.summary import summary_section
from actbench.report.time_sheets import inference, pareto, time
from actbench.report.tuning import tuning
from actbench.report.view import SettingView
from actbench.report.why_sheets import gradient_charts, why

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
