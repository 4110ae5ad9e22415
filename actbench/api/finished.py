"""A run as an object: its tables as pandas frames, its report as text and in a notebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from actbench import report as reports
from actbench.analysis.frames import inference_calls_frame, slices_frame, trainings_frame
from actbench.api.tables import estimates_frame, settings_frame, summary_frame
from actbench.errors import ConfigError, did_you_mean
from actbench.records import BlockRecord, RunInfo
from actbench.report import FORMATS, SORTS, TABLES, Format, Report, Sort, TableName
from actbench.report.html import to_fragment
from actbench.report.layout import lay_out


@dataclass(frozen=True, repr=False)
class Run:
    """What a run measured.

    The tables that a report shows are `accuracy`, `time`, `inference`, `metrics`, `pareto` and `why`: one row
    per setting and activation, with what `actbench report --format csv` says of it.
    What they are made of are `trainings`, `slices` and `calls`: one row per observation. docs/python.md says
    what each column holds. Every frame is the caller's own to change.

    Attributes:
        path: The run folder.
        info: What was planned and where: run.json.
        records: What the ledger holds, one per block, failed ones included.
    """

    path: Path
    info: RunInfo
    records: tuple[BlockRecord, ...]

    @property
    def accuracy(self) -> pd.DataFrame:
        """Test accuracy and the difference to the baseline, with intervals and verdicts."""
        return estimates_frame(self._report, "accuracy")

    @property
    def time(self) -> pd.DataFrame:
        """Training time and its ratio to the baseline's, with intervals and verdicts."""
        return estimates_frame(self._report, "time")

    @property
    def inference(self) -> pd.DataFrame:
        """Latency by batch size, with ratios to the baseline's, intervals and verdicts."""
        return estimates_frame(self._report, "inference")

    @property
    def metrics(self) -> pd.DataFrame:
        """Other metrics than that of `accuracy`, with intervals and verdicts."""
        return estimates_frame(self._report, "metrics")

    @property
    def pareto(self) -> pd.DataFrame:
        """Accuracy against training time: who is on the front, with what probability."""
        return estimates_frame(self._report, "pareto")

    @property
    def why(self) -> pd.DataFrame:
        """What the probes saw inside the networks: one row per activation, moment and layer."""
        return estimates_frame(self._report, "why")

    @property
    def summary(self) -> pd.DataFrame:
        """Over all settings: mean rank, mean differences, how often each verdict; empty for one setting."""
        return summary_frame(self._report)

    @property
    def tuning(self) -> pd.DataFrame:
        """What each activation was tried with, and what was chosen; empty where nothing was tuned."""
        return estimates_frame(self._report, "tuning")

    @property
    def settings(self) -> pd.DataFrame:
        """What was trained on what: one row per setting, to be merged on `setting`."""
        return settings_frame(self.info)

    @property
    def trainings(self) -> pd.DataFrame:
        """Every training: one row per setting, seed and activation."""
        return trainings_frame(self.records)

    @property
    def slices(self) -> pd.DataFrame:
        """Every timed slice of every training."""
        return slices_frame(self.records)

    @property
    def calls(self) -> pd.DataFrame:
        """Every timed inference call."""
        return inference_calls_frame(self.records)

    @property
    def failed(self) -> tuple[BlockRecord, ...]:
        """The blocks that could not be measured."""
        return tuple(record for record in self.records if record.status == "failed")

    def report(
        self,
        format: Format = "terminal",  # noqa: A002 - the name of the command's option
        *,
        table: TableName = "all",
        sort: Sort = "accuracy",
        against: str | None = None,
        generalise: bool = False,
    ) -> str:
        """The report as text, as `actbench report` writes it.

        Args:
            format: "terminal", "markdown", "html", "latex", "csv" or "json".
            table: Which figures.
            sort: In which order the activations stand.
            against: Label to compare with instead of the config's baseline.
            generalise: Whether to add intervals for new test data.

        Raises:
            ConfigError: There is no such format, table or order, the run does not have that table, no
                activation of it has the label `against`, or this or `generalise` would change nothing.
            NothingMeasuredError: No training ended well.
            EnvironmentMismatchError: The blocks were measured on different machines.
        """
        _check("format", format, FORMATS)
        _check("table", table, TABLES)
        _check("sort", sort, SORTS)
        built = reports.build(self.info, self.records, sort, against=against, generalise=generalise)
        return reports.render(built, format, table)

    @cached_property
    def _report(self) -> Report:
        return reports.build(self.info, self.records)

    def _repr_html_(self) -> str:
        """The report, for a notebook."""
        return to_fragment(lay_out(self._report, "all"))

    def __repr__(self) -> str:
        finished = len(self.records) - len(self.failed)
        return f"<Run {str(self.path)!r}: {finished} of {len(self.info.blocks)} blocks>"


def _check(argument: str, word: str, allowed: Sequence[str]) -> None:
    if word not in allowed:
        hint = did_you_mean(str(word), allowed)
        raise ConfigError(f"report: {argument}: there is no {word!r}; allowed: {', '.join(allowed)}{hint}")
