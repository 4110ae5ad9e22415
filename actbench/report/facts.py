"""The facts at the head of a report and of its settings: what was run on what, and how noisy it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actbench.metrics.objectives import default_loss
from actbench.metrics.registry import score_title
from actbench.records.base import format_config_value
from actbench.report.activation_facts import activation_facts, parameter_facts
from actbench.report.formatting import format_value, score_format
from actbench.report.tables.tuning import tuning_facts
from actbench.report.view import SORT_DESCRIPTIONS

if TYPE_CHECKING:
    from actbench.analysis.figures import PlaceboCheck, TimingTarget
    from actbench.records.run import DatasetInfo, Environment, RunInfo, SettingInfo
    from actbench.report.document import Facts
    from actbench.report.formatting import MetricFormat
    from actbench.report.view import Report, SettingView


def described_sections(setting: SettingInfo, dataset: DatasetInfo) -> dict[str, Any]:
    """Return the sections of a setting's config, with the loss of each of several targets.

    The description has no losses that are defaults, and with several targets no other line tells them.
    """
    if len(dataset.targets) < 2:
        return setting.description
    asked: Mapping[str, Any] = setting.description.get("targets", {})
    objectives = {
        target.name: _objective(asked.get(target.name, {}), target.classes) for target in dataset.targets
    }
    return {**setting.description, "targets": objectives}


def common_sections(info: RunInfo) -> dict[str, Any]:
    """Return the sections that all of several settings have in common; none if there is only one setting."""
    first, *others = (described_sections(setting, info.dataset[setting.id]) for setting in info.settings)
    return {
        name: value
        for name, value in first.items()
        if others and all(other.get(name) == value for other in others)
    }


def _objective(asked: Mapping[str, Any], classes: int | None) -> dict[str, Any]:
    """Return the loss of a target, and its weight unless that is 1."""
    weight = asked.get("weight", 1.0)
    return {
        "loss": asked.get("loss") or default_loss(classes),
        **({} if weight == 1.0 else {"weight": weight}),
    }


LINEAR_MODEL = "there is no hidden layer to apply an activation: all of them are the same linear model"


def run_facts(report: Report) -> Facts:
    """Return what holds for all settings: the run, the machine, what is finished."""
    info = report.info
    facts = [
        ("run", f"{info.run_id}, created {info.created_at}"),
        *machine_facts(report.estimates.environment),
        ("blocks", f"{report.estimates.finished} of {len(info.final_blocks)} finished"),
        *(("failed", f"block {block.block}: {block.reason}") for block in report.estimates.failed),
        ("baseline", _baseline(report)),
        ("verdicts", _verdicts(report)),
        *_section_facts(common_sections(info)),
        *activation_facts(info.described, info.placebo),
        ("sorted by", SORT_DESCRIPTIONS[report.sort].format(score=report.score_in_words)),
    ]
    if info.placebo is None:
        facts.append(("placebo", "none: nothing in this run shows how large its noise is"))
    return tuple(facts)


def machine_facts(environment: Environment) -> Facts:
    """Return the machine that measured a run, and its software."""
    memory = environment.memory_bytes / 2**30
    versions = {"python": environment.python, **environment.packages}
    return (
        ("machine", f"{environment.cpu}, {environment.cores} cores, {memory:.1f} GiB"),
        ("system", environment.system),
        ("device", or_unknown(environment.device)),
        (
            "threads",
            f"{or_unknown(environment.intra_op_threads)} intra-op, "
            f"{or_unknown(environment.inter_op_threads)} inter-op",
        ),
        *(("set", f"{name}={value}") for name, value in environment.variables.items()),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
    )


def _baseline(report: Report) -> str:
    if report.compared_with == report.info.baseline:
        return report.info.baseline
    return f"{report.compared_with} in this report; {report.info.baseline} in the config"


def _verdicts(report: Report) -> str:
    verdict = report.estimates.verdict
    names = dict.fromkeys(setting.score_name for setting in report.estimates.settings)
    scores = [f"{_amount(verdict.margin, shown)} of {shown.name}" for shown in map(score_format, names)]
    units = {
        True: f"{verdict.loss_margin:g} nats of loss",
        False: f"{100 * verdict.loss_margin:g} % of the baseline's loss or error",
    }
    losses = dict.fromkeys(units[setting.dataset.in_nats] for setting in report.estimates.settings)
    return (
        f"differences that do not matter: up to {', '.join(scores)}, "
        f"{100 * verdict.time_margin:g} % of time, {', '.join(losses)}; "
        f"alpha {verdict.alpha:g}"
    )


def _amount(margin: float, shown: MetricFormat) -> str:
    return f"{100 * margin:g} points" if shown.percent else f"{margin:g}"


def setting_facts(view: SettingView) -> Facts:
    """Return what was trained, on how many examples and seeds, and what the placebo says."""
    report, estimates = view.report, view.estimates
    dataset, setting, baseline = estimates.dataset, estimates.setting, report.info.baseline
    common = common_sections(report.info)
    sections = described_sections(setting, dataset)
    own = {name: value for name, value in sections.items() if name not in common}
    facts = [("id", setting.id)] if setting.varied else []
    facts += _section_facts(own)
    facts += activation_facts(setting.described, report.info.placebo)
    facts.append(
        ("examples", f"{dataset.train:,} train, {dataset.validation:,} validation, {dataset.test:,} test")
    )
    facts += [("target", f"{target.name}: {target.rule}") for target in dataset.targets if target.rule]
    if dataset.preprocess:
        facts.append(("features", f"{dataset.features:,}; {dataset.preprocess}"))
    if setting.description["model"].get("hidden_units") == []:
        facts.append(("linear", LINEAR_MODEL))
    facts.append(("seeds", f"{estimates.finished} finished"))
    facts += tuning_facts(estimates)
    facts += parameter_facts(estimates.rows, baseline)
    if estimates.placebo is not None:
        blocks, score = estimates.finished, score_title(estimates.score_name)
        facts.append(("placebo", format_placebo(estimates.placebo, baseline, blocks, score)))
    if estimates.timing_target is not None:
        facts.append(("timing target", format_timing_target(estimates.timing_target, baseline)))
    return tuple(facts)


def _section_facts(description: Mapping[str, Any]) -> Facts:
    return tuple(
        (name, format_config_value(_without_initializer(value)))
        for name, value in description.items()
        if value
    )


def _without_initializer(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section of the config without its initializer, which the run's facts tell by activation."""
    return {name: value for name, value in section.items() if name != "init"}


def format_timing_target(target: TimingTarget, baseline: str) -> str:
    """Say how many time ratios are known as well as the config asks of the timing-only rounds."""
    asked = f"±{100 * target.target_ci:g} %"
    if not target.ratios:
        return f"{asked}: there is no time ratio to {baseline}"
    unknown = f", {target.unknown} without an interval" if target.unknown else ""
    widest = "" if target.widest is None else f", the widest ±{100 * target.widest:.2f} %"
    remedy = "" if target.met == target.ratios else "; more seeds narrow what more rounds do not"
    return (
        f"{asked}: met by {target.met} of {target.ratios} time ratios to {baseline}{unknown}{widest}{remedy}"
    )


def format_placebo(check: PlaceboCheck, baseline: str, blocks: int, score: str = "accuracy") -> str:
    """Say whether the placebo, which computes the same as the baseline, gave the same scores and times.

    Args:
        check: The check of a setting.
        baseline: Label of the activation that the placebo is a copy of.
        blocks: Number of finished blocks of the setting.
        score: The setting's score, in words.
    """
    all_blocks = "the only block" if blocks == 1 else f"all of {blocks} blocks"
    if check.score_equal is None:
        return (
            f"it diverged in {all_blocks}, as {baseline} did: nothing in this setting shows how "
            "large its noise is"
        )
    compared = f"{blocks - check.diverged} of {blocks} blocks, both diverged in the others"
    where = compared if check.diverged else all_blocks
    accuracy = (
        f"its test {score} is exactly {baseline}'s in {where}"
        if check.score_equal
        else f"FLAGGED: its test {score} is not {baseline}'s: trainings are not reproducible here"
    )
    ratio = check.train_time_ratio
    if check.flagged:
        figures = (f"{name} {format_value(flagged, 'ratio')}" for name, flagged in check.flagged.items())
        time = (
            f"FLAGGED: its {', '.join(figures)} excludes 1, though it computes the same as {baseline}: "
            f"distrust differences of that size; {_format_chance(check)}"
        )
    elif ratio is None or not ratio.bounded:
        time = f"too few different rounds to tell whether its times are {baseline}'s"
    else:
        time = (
            f"it trains in {format_value(ratio, 'ratio')} of {baseline}'s time, and no time ratio excludes 1"
        )
    return f"{accuracy}; {time}"


def _format_chance(check: PlaceboCheck) -> str:
    intervals = len(check.tested)
    one = "such an interval" if intervals == 1 else f"of {intervals} such intervals at least one"
    return f"{one} does so by chance in about {100 * check.chance:.0f} % of runs"


def or_unknown(value: object) -> str:
    """Return a fact as text; "unknown" for one that the machine does not tell."""
    return "unknown" if value is None else str(value)
