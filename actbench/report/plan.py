"""The report of `actbench plan`: the work, the time, and the differences that the seeds can show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actbench.metrics.registry import score_title
from actbench.plan.describe import describe_cells
from actbench.plan.models import TUNED_MARK, gated_models, mark_tuned
from actbench.records.base import format_config_value, format_inline
from actbench.report.activation_facts import format_initializers
from actbench.report.facts import LINEAR_MODEL
from actbench.report.formatting import format_duration, score_format
from actbench.stats.significance import MOST_SEEDS, TARGET_POWER

if TYPE_CHECKING:
    from actbench.analysis.design import Design
    from actbench.execution.estimate import Estimate
    from actbench.metrics.registry import ScoreName
    from actbench.plan.models import Block, GatedModel, Plan, Setting
    from actbench.records.run import ActivationInfo, DatasetInfo
    from actbench.report.formatting import MetricFormat


@dataclass(frozen=True)
class Outline:
    """A plan with its costs and the decisions that it allows.

    Attributes:
        plan: The whole plan.
        folder: The run folder, which may not exist yet.
        pending: The blocks still to be measured, in order.
        data: The data of each setting, by the setting's id.
        estimates: The expected time of each setting's pending blocks, by the setting's id, without
            timing-only rounds.
        time: The sum of the estimates; None if nothing is pending.
        design: The decisions that one setting's seeds allow.
        sd_source: Source of `design.sd`, in words.
    """

    plan: Plan
    folder: Path
    pending: tuple[Block, ...]
    data: Mapping[str, DatasetInfo]
    estimates: Mapping[str, Estimate]
    time: Estimate | None
    design: Design
    sd_source: str

    @property
    def score_name(self) -> ScoreName:
        """The name of the score; "score" if the settings have different ones."""
        names = {self.data[setting.id].score_name for setting in self.plan.settings}
        return names.pop() if len(names) == 1 else "score"

    @property
    def extra_budget_s(self) -> float:
        """The most that timing-only rounds can add to `time`, in seconds."""
        return sum(block.extra_budget_s for block in self.pending)

    def described(self, setting: Setting) -> tuple[ActivationInfo, ...]:
        """Return the description of each activation in a setting, in the order of the config."""
        return describe_cells(self.plan.cells(setting))

    def pending_in(self, setting: Setting) -> int:
        """Return the number of a setting's blocks that are still to be measured."""
        return sum(block.setting == setting for block in self.pending)

    def gated(self, setting: Setting) -> tuple[GatedModel, ...]:
        """Return the model of each gated unit in a setting."""
        cells = [cell for cell in self.plan.cells(setting) if cell.label != self.plan.placebo]
        return gated_models(cells, setting, self.data[setting.id])

    @property
    def warnings(self) -> tuple[str, ...]:
        """Data that is not here yet, settings that compare nothing, and too few seeds for any verdict."""
        missing = dict.fromkeys(info.name for info in self.data.values() if not info.sha256)
        to_come = (f"{name} is not in Keras's cache: a run downloads it first" for name in missing)
        return (*to_come, *self._linear, *self._undecidable)

    @property
    def _linear(self) -> tuple[str, ...]:
        """The settings without a hidden layer, in which all activations are the same model."""
        linear = [setting.name for setting in self.plan.settings if not setting.model.compares]
        if not linear:
            return ()
        return (
            LINEAR_MODEL
            if len(linear) == len(self.plan.settings)
            else f"{'; '.join(linear)}: {LINEAR_MODEL}",
        )

    @property
    def _undecidable(self) -> tuple[str, ...]:
        """The reason why no score can come out BETTER or WORSE; empty if one can."""
        if self.design.comparisons == 0:
            return (f"{self.plan.baseline} is the only activation: there is nothing to compare",)
        if self.design.decidable:
            return ()
        enough = self.design.seeds_to_decide
        remedy = "no number of seeds would do" if enough is None else f"it takes at least {enough} seeds"
        score = score_title(self.score_name)
        return (f"these seeds are too few for any {score} to come out BETTER or WORSE; {remedy}",)


# What a line of the outline says: its label, and the fact.
_Lines = Iterator[tuple[str, str]]

# The longest label is "detectable difference".
_LABEL_WIDTH = 23


def outline_to_text(outline: Outline) -> str:
    """Return one line for each fact and each warning; no line is wrapped."""
    lines = [f"{label:<{_LABEL_WIDTH}}{fact}" for label, fact in (*_work(outline), *_decisions(outline))]
    return "".join(f"{line}\n" for line in (*lines, *(f"warning: {text}" for text in outline.warnings)))


def _work(outline: Outline) -> _Lines:
    """Yield what would be run, and how long that takes."""
    plan, pending = outline.plan, len(outline.pending)
    first, *others = map(outline.described, plan.settings)
    alike = all(other == first for other in others)
    yield "run", f"{plan.name}/{plan.run_id}"
    for setting in plan.settings:
        yield "setting", _setting(outline, setting)
        yield from _gated_units(outline.gated(setting))
        if not alike:
            yield from _initializers(outline, setting)
    labels = [label for label in plan.labels if label != plan.placebo]
    yield "activations", ", ".join(labels) + (f" and a placebo of {plan.baseline}" if plan.placebo else "")
    if alike:
        yield from _initializers(outline, plan.settings[0])
    seeds = outline.design.seeds
    tuning = len(plan.tuning)
    before = f", after {tuning} to tune" if tuning else ""
    yield "blocks", f"{len(plan.final)}: {len(plan.settings)} setting(s), {seeds} seed(s) each{before}"
    tried = f", {plan.tuning_trainings} of them to tune" if tuning else ""
    yield "trainings", f"{plan.trainings}{tried}"
    yield "pending", f"{pending} of {len(plan.blocks)} blocks, in {outline.folder}"
    extra_s = outline.extra_budget_s
    extra = f", and at most {format_duration(extra_s)} more for timing-only rounds" if extra_s else ""
    yield "time", f"{_time(outline)}{extra}"


def _time(outline: Outline) -> str:
    """Return the expected time of the pending blocks, its range, and where the estimate comes from."""
    time = outline.time
    if time is None:
        return f"about {format_duration(0)} here"
    expected, lower, upper = map(format_duration, (time.seconds, time.lower_s, time.upper_s))
    return f"about {expected} here ({lower} to {upper}), from {time.source}"


def _setting(outline: Outline, setting: Setting) -> str:
    """Return the description of a setting; of several settings also the name and the expected time."""
    if not setting.name:
        return _description(setting)
    pending, estimate = outline.pending_in(setting), outline.estimates.get(setting.id)
    time = format_duration(estimate.seconds if estimate else 0.0)
    return f"{setting.name}: {pending} block(s) pending, about {time}; {_description(setting)}"


def _description(setting: Setting) -> str:
    """Return dataset, layers and training of a setting; other keys only if they are not at their default."""
    sections = {
        "model": setting.model.model_dump(exclude_defaults=True, exclude={"init"}),
        "train": setting.train.model_dump(),
    }
    model, train = mark_tuned(sections, setting.tune).values()
    layers = model.pop("hidden_units", None)
    stopping, epochs = train["early_stopping"], _format_epochs(setting.train.epochs)
    told = [
        setting.dataset.title,
        *([] if layers is None else [f"hidden units {list(layers)}"]),
        *([format_config_value(model)] if model else []),
        f"{format_inline(train['optimizer'])}{_learning_rate(train['learning_rate'])}",
        f"batch {setting.train.batch_size}",
        epochs if stopping is None else f"at most {epochs}",
        *([] if stopping is None else [f"early stopping {format_inline(stopping)}"]),
        f"engine {setting.timing.engine}",
    ]
    return ", ".join(told)


def _format_epochs(epochs: int) -> str:
    return "1 epoch" if epochs == 1 else f"{epochs} epochs"


def _learning_rate(rate: float | dict[str, Any] | str) -> str:
    """Return the learning rate as it follows the optimizer's name: a number, a schedule, or "tuned"."""
    if rate == TUNED_MARK:
        return f", learning rate {TUNED_MARK}"
    return f" {rate:g}" if isinstance(rate, float) else f" {format_inline(rate)}"


def _initializers(outline: Outline, setting: Setting) -> _Lines:
    described = [entry for entry in outline.described(setting) if entry.label != outline.plan.placebo]
    for initializer in format_initializers(described):
        yield "initializer", initializer


def _gated_units(models: Sequence[GatedModel]) -> _Lines:
    labels: dict[str, list[str]] = {}
    for model in models:
        widths = f"hidden units {list(model.hidden_units)}, {model.parameters:,} parameters"
        labels.setdefault(f"{widths}; {model.plain:,} without gates", []).append(model.label)
    for words, whose in labels.items():
        yield "gated units", f"{', '.join(whose)}: {words}"


def _decisions(outline: Outline) -> _Lines:
    """Yield which differences the seeds can show; nothing if nothing is compared."""
    design = outline.design
    if design.comparisons == 0:
        return
    shown, baseline, alpha = score_format(outline.score_name), outline.plan.baseline, design.alpha
    yield "comparisons", f"{design.comparisons} with {baseline}, at alpha {alpha:g} after Holm's adjustment"
    yield (
        "smallest p",
        f"{design.smallest_p:.2g} with {design.seeds} seed(s); "
        f"Holm's first, strictest step needs {design.alpha_each:.2g}",
    )
    if design.sd is None:
        yield "standard deviation", f"{outline.sd_source} for {shown.name}; give one to plan with it"
        yield (
            "seeds needed",
            f"{_to_decide(design)}; to detect a difference, that depends on the standard deviation",
        )
        return
    sd = f"{_size(design.sd, shown)}{shown.unit}"
    yield "standard deviation", f"{sd} from seed to seed, {outline.sd_source}"
    yield "detectable difference", _detectable_difference(design, shown)
    yield "equivalence", _equivalence(design, shown)
    yield "seeds needed", _seeds_needed(design, shown)


def _detectable_difference(design: Design, shown: MetricFormat) -> str:
    difference = design.detectable_difference
    if difference is None:
        return f"no difference of {shown.name}, however large"
    size = f"{_size(difference, shown)}{shown.unit} of {shown.name}"
    return f"{size}, with {100 * TARGET_POWER:.0f} % power in Holm's first step"


def _equivalence(design: Design, shown: MetricFormat) -> str:
    """Return the interval to expect of two equal activations, and how often they come out EQUIVALENT."""
    share = design.equivalence_power
    if design.half_width is None or share is None:
        return "no interval with a single seed"
    often = "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"
    interval = f"±{_size(design.half_width, shown)}{shown.unit}"
    return (
        f"expected interval {interval}; EQUIVALENT (inside ±{_size(design.margin, shown)}) in {often} of runs"
    )


def _seeds_needed(design: Design, shown: MetricFormat) -> str:
    """Return the fewest seeds for each kind of result, where there is such a number."""
    over = f"over {MOST_SEEDS:,}"
    detect = "no number" if design.seeds_to_decide is None else _count(design.seeds_to_detect_margin, over)
    return (
        f"{_to_decide(design)}; with {100 * TARGET_POWER:.0f} % power, "
        f"{detect} to detect a difference of {_size(design.margin, shown)}{shown.unit}, "
        f"{_count(design.seeds_to_show_equivalence, over)} to show EQUIVALENT"
    )


def _to_decide(design: Design) -> str:
    return f"{_count(design.seeds_to_decide, 'no number')} to decide any comparison"


def _count(number: int | None, otherwise: str) -> str:
    return otherwise if number is None else f"{number:,}"


def _size(difference: float, shown: MetricFormat) -> str:
    size = 100 * difference if shown.percent else difference
    return f"{size:.2f}" if size >= 0.01 and shown.percent else f"{size:.2g}"


def outline_to_json(outline: Outline) -> str:
    """Return the figures as one JSON object; figures that do not exist are null."""
    plan, design = outline.plan, outline.design
    value = {
        "run": {"name": plan.name, "run_id": plan.run_id, "path": str(outline.folder)},
        "settings": [
            {
                **mark_tuned(setting.model_dump(mode="json"), setting.tune),
                "name": setting.name,
                "gated": [asdict(gated) for gated in outline.gated(setting)],
                "described": [entry.model_dump(mode="json") for entry in outline.described(setting)],
                "pending_blocks": outline.pending_in(setting),
                **_time_object(outline.estimates.get(setting.id)),
            }
            for setting in plan.settings
        ],
        "activations": list(plan.labels),
        "baseline": plan.baseline,
        "placebo": plan.placebo,
        "blocks": len(plan.blocks),
        "pending_blocks": len(outline.pending),
        "trainings": plan.trainings,
        "tuning_trainings": plan.tuning_trainings,
        **_time_object(outline.time),
        "extra_budget_s": outline.extra_budget_s,
        outline.score_name: {
            "seeds": design.seeds,
            "comparisons": design.comparisons,
            "alpha": design.alpha,
            "alpha_first_step": design.alpha_each,
            "smallest_p": design.smallest_p,
            "decidable": design.decidable,
            "seeds_to_decide": design.seeds_to_decide,
            "sd": design.sd,
            "sd_source": outline.sd_source,
            "power": TARGET_POWER,
            "detectable_difference": design.detectable_difference,
            "margin": design.margin,
            "seeds_to_detect_margin": design.seeds_to_detect_margin,
            "half_width": design.half_width,
            "equivalence_power": design.equivalence_power,
            "seeds_to_show_equivalence": design.seeds_to_show_equivalence,
        },
        "warnings": list(outline.warnings),
    }
    return json.dumps(value, indent=2) + "\n"


def _time_object(estimate: Estimate | None) -> dict[str, Any]:
    """Return the keys of a time, of one setting or of all; 0 seconds if no block is pending."""
    if estimate is None:
        return {"time_s": 0.0, "time_lower_s": 0.0, "time_upper_s": 0.0, "time_source": None}
    return {
        "time_s": estimate.seconds,
        "time_lower_s": estimate.lower_s,
        "time_upper_s": estimate.upper_s,
        "time_source": estimate.source,
    }
