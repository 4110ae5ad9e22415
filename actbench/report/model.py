"""A report before it is rendered."""

from dataclasses import dataclass, replace

from actbench.analysis.figures import Estimates, SettingEstimates
from actbench.records import RunInfo
from actbench.report.ordering import Sort, sort_rows, sort_summary, sort_tuning


@dataclass(frozen=True)
class Report:
    """What a report is made of.

    Attributes:
        info: What was planned.
        estimates: What came out, the rows and the tunings of each setting sorted.
        sort: By which key.
        generalised: Whether there are intervals for new test data.
    """

    info: RunInfo
    estimates: Estimates
    sort: Sort
    generalised: bool = False

    @property
    def compared_with(self) -> str:
        """Label of the activation that the others are compared with."""
        return self.estimates.baseline


def sorted_report(info: RunInfo, estimates: Estimates, sort: Sort, generalised: bool = False) -> Report:
    """Put the rows and the tunings of every setting into that order."""
    settings = tuple(_sorted_setting(entry, sort) for entry in estimates.settings)
    summary = sort_summary(estimates.summary, sort, estimates.baseline)
    return Report(info, replace(estimates, settings=settings, summary=summary), sort, generalised)


def _sorted_setting(entry: SettingEstimates, sort: Sort) -> SettingEstimates:
    rows = sort_rows(entry.rows, sort)
    return replace(entry, rows=rows, tuning=sort_tuning(entry.tuning, rows, sort))
