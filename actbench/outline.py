"""The story of a dry run: plan, look at what there is of the run, estimate; measure and write nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from actbench.analysis.design import TYPICAL_SD, Design, observed_sd
from actbench.config.loader import read_given
from actbench.config.schema import VerdictConfig
from actbench.errors import StoreError
from actbench.execution.estimate import estimate_s
from actbench.planned import Plan
from actbench.planned_data import plan_on_data
from actbench.records import DatasetInfo
from actbench.report.outline import Outline
from actbench.store import StoredRun, open_run, run_path


def make_outline(
    config_path: Path, overrides: Sequence[str], out: Path, *, sd: float | None = None, fresh: bool = False
) -> Outline:
    """Plans a config and looks at what there is of its run.

    Args:
        config_path: The YAML file.
        overrides: `KEY=VALUE` replacements in the config.
        out: The folder that holds all runs.
        sd: As `Design.sd`; None for the run's own where it is finished, else a typical one of accuracies.
        fresh: Whether everything would be measured again.

    Raises:
        ConfigError: The config or an override is wrong.
        DataError: The data cannot be used, or does not fit the config.
    """
    given = read_given(config_path, overrides)
    plan, data = plan_on_data(given)
    folder = run_path(out, plan.name, plan.run_id)
    stored = _stored(folder)
    finished = frozenset[str]() if fresh else _finished(stored)
    pending = tuple(block for block in plan.blocks if block.id not in finished)
    sd, source = (sd, "given") if sd is not None else _spread(plan, stored, data)
    return Outline(
        plan=plan,
        folder=folder,
        pending=pending,
        data=data,
        setting_s=estimate_s(pending, data),
        design=_design(plan, given.config.verdict, sd),
        sd_source=source,
    )


def _stored(folder: Path) -> StoredRun | None:
    """What an earlier run of the plan has left; None where it was not begun, or cannot be read."""
    try:
        return open_run(folder)
    except StoreError:
        return None


def _finished(stored: StoredRun | None) -> frozenset[str]:
    records = stored.records if stored else ()
    return frozenset(record.block for record in records if record.status == "ok")


def _spread(
    plan: Plan, stored: StoredRun | None, data: Mapping[str, DatasetInfo]
) -> tuple[float | None, str]:
    """The standard deviation to expect, and where it comes from; of what is no accuracy none is typical."""
    if stored is not None and len(_finished(stored)) == len(plan.blocks):
        sd = observed_sd(stored.info, stored.records)
        if sd is not None:
            return sd, "observed in the finished run of this plan"
    if any(info.score_name != "accuracy" for info in data.values()):
        return None, "not known"
    return TYPICAL_SD, "typical of MNIST after 5 epochs"


def _design(plan: Plan, verdict: VerdictConfig, sd: float | None) -> Design:
    others = set(plan.labels) - {plan.baseline, plan.placebo}
    seeds = len(plan.final) // len(plan.settings)
    return Design(seeds, len(others), verdict.alpha, verdict.margin, sd)
