"""The two ways to get a `Run`: measure a config, or read what was measured."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from actbench.api.finished import Run
from actbench.benchmark import run_benchmark
from actbench.config.loader import ConfigSource
from actbench.progress import ErrorConsole, ProgressDisplay
from actbench.store import find_run, open_run, require_trainings


def run(
    config: ConfigSource,
    *,
    out: str | os.PathLike[str] = "results",
    overrides: Sequence[str] = (),
    fresh: bool = False,
    quiet: bool = False,
) -> Run:
    """Train and time every activation of a config, as `actbench run` does.

    A run that was stopped, by Ctrl-C for instance, goes on where it was. Blocks that cannot be measured are
    warned of and listed in `Run.failed`; the others are kept, and the same call tries those again.

    Args:
        config: A YAML file, a mapping as it would stand in one, or a `BenchConfig`.
        out: The folder that holds all runs; this one lies in `out/<name>/<run id>`.
        overrides: Values to replace, each as "KEY=VALUE", such as "train.epochs=2".
        fresh: Measure everything again; the earlier ledger is set aside.
        quiet: No progress on standard error.

    Raises:
        ConfigError: The config or an override is wrong; the message has one line per mistake.
        DataError: The dataset cannot be used, or does not fit the config.
        StoreError: The run folder cannot be used or written.
        EnvironmentMismatchError: The run was begun in another environment.
        WorkerError: No worker can be started.
        NothingMeasuredError: No block could be measured.
    """
    with ProgressDisplay(ErrorConsole(quiet=quiet)) as display:
        outcome = run_benchmark(config, Path(out), overrides=overrides, fresh=fresh, listen=display)
    finished = Run(outcome.path, outcome.info, outcome.records)
    if finished.failed:
        reasons = "; ".join(f"{record.block}: {record.reason}" for record in finished.failed)
        warnings.warn(f"blocks that could not be measured: {reasons}", stacklevel=2)
    return finished


def load(path: str | os.PathLike[str] | None = None, *, out: str | os.PathLike[str] = "results") -> Run:
    """Read a run, finished or not.

    Args:
        path: A run folder, or a run id or the name of a config under `out`; the newest run when left out.
        out: The folder that holds all runs.

    Raises:
        StoreError: There is no such run, it is damaged, or nothing was trained in it.
    """
    stored = open_run(find_run(Path(out), None if path is None else os.fspath(path)))
    require_trainings(stored)
    return Run(stored.path, stored.info, stored.records)
