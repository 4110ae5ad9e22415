"""A report before it is rendered."""

from dataclasses import dataclass, replace

from actbench.analysis.figures import Estimates
from actbench.records import RunInfo
from actbench.report.ordering import Sort, sort_rows


@dataclass(frozen=True)
class Report:
    """What a report is made of.

    Attributes:
        info: What was planned.
        estimates: What came out, the rows of each setting sorted.
        sort: By which key.
    """

    info: RunInfo
    estimates: Estimates
    sort: Sort


def sorted_report(info: RunInfo, estimates: Estimates, sort: Sort) -> Report:
    """Put the rows of every setting into that order."""
    settings = tuple(replace(entry, rows=sort_rows(entry.rows, sort)) for entry in estimates.settings)
    return Report(info, replace(estimates, settings=settings), sort)
