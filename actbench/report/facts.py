"""What a setting is, section by section of its config, as reports tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actbench.metrics import default_loss, score_in_words
from actbench.records.base import in_words
from actbench.report.activation_facts import activation_facts, parameter_facts
from actbench.report.formatting import format_value, score_format
from actbench.report.model import SORT_DESCRIPTIONS
from actbench.report.tables.tuning import tuning_facts

if TYPE_CHECKING:
    from actbench.analysis.figures import PlaceboCheck, SettingEstimates, TimingTarget
    from actbench.records.run import DatasetInfo, Environment, RunInfo, SettingInfo
    from actbench.report.formatting import MetricFormat
    from actbench.report.model import Report


def described_sections(setting: SettingInfo, dataset: DatasetInfo) -> dict[str, Any]:
    """Its description, with the loss of each of several targets: a default one stands nowhere else."""
    if len(dataset.targets) < 2:
        return setting.description
    asked: Mapping[str, Any] = setting.description.get("targets", {})
    objectives = {
        target.name: _objective(asked.get(target.name, {}), target.classes) for target in dataset.targets
    }
    return {**setting.description, "targets": objectives}


def common_sections(info: RunInfo) -> dict[str, Any]:
    """What all of several settings have in common, so that it is told once; nothing of the only one."""
    first, *others = (described_sections(setting, info.dataset[setting.id]) for setting in info.settings)
    return {
        name: value
        for name, value in first.items()
        if others and all(other.get(name) == value for other in others)
    }


def _objective(asked: Mapping[str, Any], classes: int | None) -> dict[str, Any]:
    """The loss of a target, and its weight where it is another than that of all."""
    weight = asked.get("weight", 1.0)
    return {
        "loss": asked.get("loss") or default_loss(classes),
        **({} if weight == 1.0 else {"weight": weight}),
    }


Facts = tuple[tuple[str, str], ...]

LINEAR = "there is no hidden layer to apply an activation: all of them are the same linear model"


def run_facts(report: Report) -> Facts:
    """What holds for all settings: the run, the machine, what is finished."""
    info = report.info
    facts = [
        ("run", f"{info.run_id}, created {info.created_at}"),
        *machine_facts(report.estimates.environment),
        ("blocks", f"{report.estimates.finished} of {len(info.final_blocks)} finished"),
        *(("failed", f"block {block.block}: {block.reason}") for block in report.estimates.failed),
        ("baseline", _baseline(report)),
        ("verdicts", _verdicts(report)),
        *_told(common_sections(info)),
        *activation_facts(info.described, info.placebo),
        ("sorted by", SORT_DESCRIPTIONS[report.sort].format(score=scores_in_words(report))),
    ]
    if info.placebo is None:
        facts.append(("placebo", "none: nothing in this run shows how large its noise is"))
    return tuple(facts)


def machine_facts(environment: Environment) -> Facts:
    """What was measured on, and with."""
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
    return f"{report.compared_with}, by --against; {report.info.baseline} in the config"


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
        f"no difference that matters: up to {', '.join(scores)}, "
        f"{100 * verdict.time_margin:g} % of time, {', '.join(losses)}; "
        f"alpha {verdict.alpha:g}"
    )


def scores_in_words(report: Report) -> str:
    """What the scores of its settings are."""
    names = dict.fromkeys(setting.score_name for setting in report.estimates.settings)
    return " or ".join(map(score_in_words, names))


def _amount(margin: float, shown: MetricFormat) -> str:
    return f"{100 * margin:g} points" if shown.percent else f"{margin:g}"


def setting_facts(report: Report, estimates: SettingEstimates) -> Facts:
    """What was trained, on how many examples and seeds, and what its placebo says."""
    dataset, setting, baseline = estimates.dataset, estimates.setting, report.info.baseline
    common = common_sections(report.info)
    sections = described_sections(setting, dataset)
    own = {name: value for name, value in sections.items() if name not in common}
    facts = [("id", setting.id)] if setting.varied else []
    facts += _told(own)
    facts += activation_facts(setting.described, report.info.placebo)
    facts.append(
        ("examples", f"{dataset.train:,} train, {dataset.validation:,} validation, {dataset.test:,} test")
    )
    facts += [("target", f"{target.name}: {target.rule}") for target in dataset.targets if target.rule]
    if dataset.preprocess:
        facts.append(("features", f"{dataset.features:,}; {dataset.preprocess}"))
    if estimates.setting.description["model"].get("hidden_units") == []:
        facts.append(("linear", LINEAR))
    facts.append(("seeds", f"{estimates.finished} finished"))
    facts += tuning_facts(estimates)
    facts += parameter_facts(estimates.rows, baseline)
    if estimates.placebo is not None:
        blocks, score = estimates.finished, score_in_words(estimates.score_name)
        facts.append(("placebo", format_placebo(estimates.placebo, baseline, blocks, score)))
    if estimates.timing_target is not None:
        facts.append(("timing target", format_timing_target(estimates.timing_target, baseline)))
    return tuple(facts)


def _told(description: Mapping[str, Any]) -> Facts:
    return tuple((name, in_words(_untold(value))) for name, value in description.items() if value)


def _untold(section: Mapping[str, Any]) -> dict[str, Any]:
    """A section of the config without its initialiser, which the run's facts tell by activation."""
    return {name: value for name, value in section.items() if name != "init"}


def format_timing_target(target: TimingTarget, baseline: str) -> str:
    """Whether the timing-only rounds have made the time ratios as well known as they were to be."""
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
    """Whether the run's own noise can be told from nothing.

    Args:
        check: What the placebo showed.
        baseline: Its label.
        blocks: How many blocks of the setting are finished.
        score: What the score of the setting is, in words.
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
            f"distrust differences of that size; {_chance_in_words(check)}"
        )
    elif ratio is None or not ratio.bounded:
        time = f"too few different rounds to tell whether its times are {baseline}'s"
    else:
        time = (
            f"it trains in {format_value(ratio, 'ratio')} of {baseline}'s time, and no time ratio excludes 1"
        )
    return f"{accuracy}; {time}"


def _chance_in_words(check: PlaceboCheck) -> str:
    intervals = len(check.tested)
    one = "such an interval" if intervals == 1 else f"of {intervals} such intervals at least one"
    return f"{one} does so by chance in about {100 * check.chance:.0f} % of runs"


def or_unknown(value: object) -> str:
    """A fact that a machine may not tell."""
    return "unknown" if value is None else str(value)
