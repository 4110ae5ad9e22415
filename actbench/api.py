"""The Python interface: `run` and `load` return a `Run`, whose tables and raw records are pandas frames."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from actbench.analysis.frames import inference_calls_frame, slices_frame, trainings_frame
from actbench.errors import ArgumentError, did_you_mean
from actbench.report import build as reports
from actbench.report.build import lay_out
from actbench.report.json_values import flatten
from actbench.report.progress import ErrorConsole, ProgressDisplay
from actbench.report.registry import FORMATS, TABLES
from actbench.report.renderers.csv import column_names, flat_rows
from actbench.report.renderers.html import to_fragment
from actbench.report.view import SORTS
from actbench.store.find import find_run
from actbench.store.reading import open_run, require_trainings
from actbench.workflows.run import run_benchmark

if TYPE_CHECKING:
    from actbench.config.loader import ConfigSource
    from actbench.records.block import BlockRecord
    from actbench.records.run import RunInfo
    from actbench.report.view import Report, Sort

# Columns of the CSV that describe the setting; frames have them in `Run.settings`.
_SETTING = "setting_"

# Endings of the names of columns with text, in which a missing value stays None and is not NaN.
_TEXT = ("verdict", "why")


def run(
    config: ConfigSource,
    *,
    out: str | os.PathLike[str] = "results",
    overrides: Sequence[str] = (),
    fresh: bool = False,
    quiet: bool = False,
) -> Run:
    """Train and time every activation of a config, as `actbench run` does.

    A stopped run, by Ctrl-C for instance, continues with the next block. If blocks cannot be measured, a
    warning names them and `Run.failed` lists them; the others are kept, and the same call tries the failed
    ones again.

    Args:
        config: A YAML file, a mapping with the same keys, or a `BenchConfig`.
        out: The folder that holds all runs; this one gets the folder `out/<name>/<run id>`.
        overrides: Values to replace, each as "KEY=VALUE", such as "train.epochs=2".
        fresh: True to measure everything again; the earlier ledger is set aside.
        quiet: True to show no progress on standard error.

    Raises:
        ConfigError: The config or an override is wrong; the message has one line per mistake.
        DataError: The dataset cannot be used, or does not fit the config.
        StoreError: The run folder cannot be used or written.
        EnvironmentMismatchError: The run was begun in another environment.
        WorkerError: No worker can be started.
        NothingMeasuredError: No block could be measured.
    """
    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:
        result = run_benchmark(config, Path(out), overrides=overrides, fresh=fresh, listen=display)
    finished = Run(result.path, result.info, result.records)
    if finished.failed:
        reasons = "; ".join(f"{record.block}: {record.reason}" for record in finished.failed)
        warnings.warn(f"blocks that could not be measured: {reasons}", stacklevel=2)
    return finished


def load(path: str | os.PathLike[str] | None = None, *, out: str | os.PathLike[str] = "results") -> Run:
    """Read a run, finished or not.

    Args:
        path: A run folder, or a run id or the name of a config in `out`; None for the newest run.
        out: The folder that holds all runs.

    Raises:
        StoreError: There is no such run, the run is damaged, or nothing was trained in it.
    """
    stored = open_run(find_run(Path(out), None if path is None else os.fspath(path)))
    require_trainings(stored)
    return Run(stored.path, stored.info, stored.records)


@dataclass(frozen=True, repr=False)
class Run:
    """A run, finished or not.

    The properties `accuracy`, `time`, `inference`, `metrics`, `pareto` and `diagnostics` are tables of the
    report: one row per setting and activation, with the columns of `actbench report --format csv`. The
    properties `trainings`, `slices` and `calls` are the raw measurements: one row per observation.
    docs/python.md describes each column. Every access returns a new frame, which the caller may change.

    Attributes:
        path: The run folder.
        info: The plan and its environment, as in run.json.
        records: The ledger's records, one per block, failed ones included.
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
        """The metrics beside the score, with intervals and verdicts."""
        return estimates_frame(self._report, "metrics")

    @property
    def pareto(self) -> pd.DataFrame:
        """Accuracy against training time: the probability that an activation is on the Pareto front."""
        return estimates_frame(self._report, "pareto")

    @property
    def diagnostics(self) -> pd.DataFrame:
        """Diagnostics of the networks from inside: one row per activation, probed epoch and layer."""
        return estimates_frame(self._report, "diagnostics")

    @property
    def why(self) -> pd.DataFrame:
        """An alias of `diagnostics`, under its earlier name."""
        return self.diagnostics

    @property
    def summary(self) -> pd.DataFrame:
        """Mean rank, mean differences and counts of verdicts over all settings; empty for one setting."""
        return summary_frame(self._report)

    @property
    def tuning(self) -> pd.DataFrame:
        """The values that each activation was tried with, and the chosen ones; empty if nothing was tuned."""
        return estimates_frame(self._report, "tuning")

    @property
    def settings(self) -> pd.DataFrame:
        """The config of each setting: one row per setting, to be merged on `setting`."""
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
        format: str = "terminal",  # noqa: A002 - the name of the command's option
        *,
        table: str = "all",
        sort: Sort = "accuracy",
        against: str | None = None,
        generalise: bool = False,
    ) -> str:
        """Return the report as text, as `actbench report` prints it.

        Args:
            format: "terminal", "markdown", "html", "latex", "csv" or "json".
            table: Name of the table, such as "accuracy" or "diagnostics", or "all".
            sort: Order of the activations: "accuracy", "time", "activation" or "config".
            against: Label of the activation to compare with instead of the config's baseline.
            generalise: True to add intervals for new test data.

        Raises:
            ConfigError: There is no such format, table or order; the run does not have that table; or
                `against` names no activation, or `against` or `generalise` would change nothing.
            NothingMeasuredError: No training ended well.
            EnvironmentMismatchError: The blocks were measured on different machines.
        """
        FORMATS.resolve(format)
        TABLES.resolve(table)
        _check("sort", sort, SORTS)
        built = reports.build(self.info, self.records, sort, against=against, generalise=generalise)
        return reports.render(built, format, table)

    @cached_property
    def _report(self) -> Report:
        return reports.build(self.info, self.records)

    def _repr_html_(self) -> str:
        """Return the report as HTML, for a notebook."""
        return to_fragment(lay_out(self._report, "all"))

    def __repr__(self) -> str:
        finished = len(self.records) - len(self.failed)
        return f"<Run {str(self.path)!r}: {finished} of {len(self.info.blocks)} blocks>"


def _check(argument: str, word: str, allowed: Sequence[str]) -> None:
    if word not in allowed:
        hint = did_you_mean(str(word), allowed)
        raise ArgumentError(argument, f"there is no {word!r}; allowed: {', '.join(allowed)}{hint}")


def estimates_frame(report: Report, table: str) -> pd.DataFrame:
    """Return a table as a frame, in the order of the report.

    Args:
        report: The report of a run.
        table: Name of the table.

    Returns:
        One row per setting and activation, and for some tables more. The columns are `setting` (the id),
        `activation`, the figures, and `status` except for "tuning". A figure that does not exist is NaN.
    """
    rows = flat_rows(report, table)
    columns = column_names(report, table, rows)
    names = [name for name in columns if not f"{name}_".startswith(_SETTING)]
    return _frame(
        [{"setting": row["setting_id"], **{name: row.get(name) for name in names}} for row in rows],
        ["setting", *names],
    )


def summary_frame(report: Report) -> pd.DataFrame:
    """Return one row per activation over all settings; no rows if there is one setting."""
    rows = flat_rows(report, "summary")
    return _frame(rows, column_names(report, "summary", rows))


def settings_frame(info: RunInfo) -> pd.DataFrame:
    """Return one row per setting: `setting` (the id), `name`, then a column per key of the config.

    Lists are JSON text.
    """
    return _frame(
        [
            {"setting": setting.id, "name": setting.name, **flatten(setting.description)}
            for setting in info.settings
        ]
    )


def _frame(rows: Sequence[dict[str, Any]], columns: list[str] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    for name in frame:
        present = [value for value in frame[name] if value is not None]
        is_figure = all(isinstance(value, int | float) for value in present)
        if len(present) < len(frame) and is_figure and not str(name).endswith(_TEXT):
            frame[name] = frame[name].astype("float64")
    return frame
