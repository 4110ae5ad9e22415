"""The steps of `actbench plan`: plan, look at the finished blocks, estimate; measure and write nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from actbench.analysis.design import TYPICAL_SD, Design, observed_sd
from actbench.config.loader import load_source
from actbench.config.schema.bench import BenchConfig
from actbench.environment import MACHINE_FACTS, compare_environments, cpu_family, describe_environment
from actbench.errors import InputError, StoreError
from actbench.execution.estimate import (
    SAME_MACHINE,
    Basis,
    add_estimates,
    derive_costs,
    estimate_times,
    reference_basis,
    step_flops,
)
from actbench.plan.build import make_plan
from actbench.plan.data_checks import check_data
from actbench.plan.models import Setting
from actbench.report.plan import Outline
from actbench.store.files import run_path
from actbench.store.find import newest_runs
from actbench.store.reading import open_run, read_info

if TYPE_CHECKING:
    from actbench.config.schema.measurement import VerdictConfig
    from actbench.plan.models import Block, Plan
    from actbench.records.run import DatasetInfo, RunInfo
    from actbench.store.reading import StoredRun

# Training steps whose numbers of operations differ by more than this factor are not similar.
_SIMILAR = 10.0

# The most runs whose ledgers are read to estimate the time, so that a full results folder costs seconds.
_MOST_RUNS = 20


def make_outline(
    config_path: Path, overrides: Sequence[str], out: Path, *, sd: float | None = None, fresh: bool = False
) -> Outline:
    """Plan a config, estimate its time, and compute which differences it can show.

    Args:
        config_path: The YAML file.
        overrides: `KEY=VALUE` replacements in the config.
        out: The folder that holds all runs.
        sd: As `Design.sd`. None for the one that the run of this plan showed, if it is finished, else for a
            typical one of accuracies.
        fresh: True if everything would be measured again.

    Raises:
        ConfigError: The config or an override is wrong.
        DataError: The data cannot be used, or does not fit the config.
    """
    loaded = load_source(config_path, overrides)
    settings, data = check_data(loaded)
    plan = make_plan(loaded.config, settings)
    folder = run_path(out, plan.name, plan.run_id)
    stored = _stored(folder)
    finished = frozenset[str]() if fresh else _finished(stored)
    pending = tuple(block for block in plan.blocks if block.id not in finished)
    sd, source = (sd, "given") if sd is not None else _expected_sd(plan, stored, data)
    estimates = estimate_times(pending, data, _bases(pending, data, out))
    return Outline(
        plan=plan,
        folder=folder,
        pending=pending,
        data=data,
        estimates=estimates,
        time=add_estimates(estimates.values()),
        design=_design(plan, loaded.config.verdict, sd),
        sd_source=source,
    )


def _stored(folder: Path) -> StoredRun | None:
    """Return the run of the plan; None if it was not begun, or cannot be read."""
    try:
        return open_run(folder)
    except StoreError:
        return None


def _finished(stored: StoredRun | None) -> frozenset[str]:
    records = stored.records if stored else ()
    return frozenset(record.block for record in records if record.status == "ok")


def _bases(pending: Sequence[Block], data: Mapping[str, DatasetInfo], out: Path) -> dict[str, Basis]:
    """Return the costs that each setting's time is derived from, by the setting's id.

    They are those of the setting measured on this machine whose training steps are the most similar in
    operations; of equally similar settings, the newest. If none is within a factor of `_SIMILAR`, they are
    those of the reference run.
    """
    settings = {block.setting.id: block.setting for block in pending}
    measured = list(_measured_here(out)) if settings else []
    found = {}
    for setting in settings.values():
        flops = step_flops(setting, data[setting.id])
        distances = [
            (abs(log(basis.costs.step_flops / flops)), basis)
            for engine, basis in measured
            if engine == setting.timing.engine
        ]
        similar = [entry for entry in distances if entry[0] <= log(_SIMILAR)]
        _, found[setting.id] = min(similar, key=itemgetter(0), default=(0.0, reference_basis(setting)))
    return found


def _measured_here(out: Path) -> Iterator[tuple[str, Basis]]:
    """Yield the engine and the costs of each setting that the newest runs of this machine have measured."""
    here = describe_environment().model_copy(update={"build": {"processor": cpu_family()}})
    read = 0
    for path in newest_runs(out):
        try:
            info = read_info(path)
            if info.kind == "micro" or compare_environments(info.environment, here, only=MACHINE_FACTS):
                continue
            stored = open_run(path)
        except StoreError:
            continue
        records = [
            record
            for record in stored.records
            if record.environment and not compare_environments(record.environment, here, only=MACHINE_FACTS)
        ]
        for setting in settings_of(info):
            data = info.dataset.get(setting.id)
            if data is None or not data.features:  # an older version did not record the number of features
                continue
            try:
                costs = derive_costs(setting, data, records)
            except InputError:  # another version read the data in another way
                continue
            if costs is not None:
                source = f"{info.name}/{info.run_id} on this machine"
                yield setting.timing.engine, Basis(costs, source, SAME_MACHINE)
        read += 1
        if read == _MOST_RUNS:
            return


def settings_of(info: RunInfo) -> list[Setting]:
    """Return the settings of a recorded run, without looking at its data or importing its activations.

    Returns:
        One setting for each of the run's; none if this version does not understand the config.
    """
    try:
        config = BenchConfig.model_validate({**info.config, "activations": ["relu"], "baseline": "relu"})
    except ValidationError:
        return []
    return [
        Setting(
            id=known.id,
            dataset=variant.dataset,
            model=variant.model,
            train=variant.train,
            timing=variant.timing,
            targets=variant.targets,
        )
        for known, (_, variant) in zip(info.settings, config.variants, strict=False)
    ]


def _expected_sd(
    plan: Plan, stored: StoredRun | None, data: Mapping[str, DatasetInfo]
) -> tuple[float | None, str]:
    """Return the standard deviation to expect and its source; only accuracy has a typical one."""
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
