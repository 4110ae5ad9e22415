"""What there is to say about a run before it is begun."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actbench.config.schema.layers import gated_widths, sizes, widths_under_test
from actbench.metrics.registry import score_title
from actbench.plan.describe import describe_cells
from actbench.plan.models import TUNED, with_tuned
from actbench.records.base import in_flow, in_words
from actbench.report.activation_facts import format_initializers
from actbench.report.facts import LINEAR
from actbench.report.formatting import format_duration, score_format
from actbench.stats.significance import MOST_SEEDS, POWER

if TYPE_CHECKING:
    from actbench.analysis.design import Design
    from actbench.execution.estimate import Estimate
    from actbench.metrics.registry import ScoreName
    from actbench.plan.models import Block, Plan, Setting
    from actbench.records.run import ActivationInfo, DatasetInfo
    from actbench.report.formatting import MetricFormat


@dataclass(frozen=True)
class Gated:
    """What a gated unit makes of a setting's hidden layers.

    Attributes:
        label: The activation's.
        hidden_units: Width of each layer with the activation, after gating.
        parameters: Weights and biases of the model.
        plain: Those of the model without gates.
    """

    label: str
    hidden_units: tuple[int, ...]
    parameters: int
    plain: int


@dataclass(frozen=True)
class Outline:
    """A plan with what it costs and what it can decide.

    Attributes:
        plan: Everything planned.
        folder: Where the run lies or would lie.
        pending: The blocks still to be measured, in order.
        data: What each setting is trained on, by the setting's id.
        estimates: What those of each setting are expected to take, by its id, but for timing-only rounds.
        design: What one setting's seeds can decide in its score.
        sd_source: Where `design.sd` comes from, in words.
    """

    plan: Plan
    folder: Path
    pending: tuple[Block, ...]
    data: Mapping[str, DatasetInfo]
    estimates: Mapping[str, Estimate]
    design: Design
    sd_source: str

    @property
    def score_name(self) -> ScoreName:
        """What its verdicts are about; "score" where its settings differ in that."""
        names = {self.data[setting.id].score_name for setting in self.plan.settings}
        return names.pop() if len(names) == 1 else "score"

    @property
    def extra_budget_s(self) -> float:
        """What timing-only rounds may add to `time_s`."""
        return sum(block.extra_budget_s for block in self.pending)

    @property
    def time_s(self) -> float:
        """Return the seconds that all pending blocks are expected to take."""
        return sum(estimate.seconds for estimate in self.estimates.values())

    @property
    def time_lower_s(self) -> float:
        """Return the least time that would be no surprise, in seconds."""
        return sum(estimate.lower_s for estimate in self.estimates.values())

    @property
    def time_upper_s(self) -> float:
        """Return the greatest time that would be no surprise, in seconds."""
        return sum(estimate.upper_s for estimate in self.estimates.values())

    @property
    def time_source(self) -> str | None:
        """Return where the costs behind the times were measured, in words; None if nothing is pending."""
        return " and ".join(dict.fromkeys(estimate.source for estimate in self.estimates.values())) or None

    def described(self, setting: Setting) -> tuple[ActivationInfo, ...]:
        """What each activation is in a setting, in the order of the config."""
        return describe_cells(self.plan.cells(setting))

    def pending_in(self, setting: Setting) -> int:
        """How many blocks of a setting are still to be measured."""
        return sum(block.setting == setting for block in self.pending)

    def gated(self, setting: Setting) -> tuple[Gated, ...]:
        """The models of gated units, with the widths that they get."""
        layers, data = setting.model.network, self.data[setting.id]
        outputs = setting.outputs(data.targets)
        plain = sizes(layers, data.features, outputs).parameters
        found = []
        for entry in self.described(setting):
            if entry.match is not None and entry.label != self.plan.placebo:
                matched = entry.match == "params"
                units = gated_widths(layers, data.features, outputs) if matched else widths_under_test(layers)
                own = sizes(layers, data.features, outputs, gated=True, widths=units).parameters
                found.append(Gated(entry.label, units, own, plain))
        return tuple(found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Data that is still to come, settings that compare nothing, and why no score can come out better."""
        missing = dict.fromkeys(info.name for info in self.data.values() if not info.sha256)
        to_come = (f"{name} is not in Keras's cache: a run downloads it first" for name in missing)
        return (*to_come, *self._linear, *self._undecidable)

    @property
    def _linear(self) -> tuple[str, ...]:
        """In which settings there is nothing to compare; empty where there is in all."""
        linear = [setting.name for setting in self.plan.settings if not setting.model.compares]
        if not linear:
            return ()
        return (LINEAR if len(linear) == len(self.plan.settings) else f"{'; '.join(linear)}: {LINEAR}",)

    @property
    def _undecidable(self) -> tuple[str, ...]:
        """Why none can, and how many seeds it takes; empty where one can."""
        if self.design.comparisons == 0:
            return (f"{self.plan.baseline} is the only activation: there is nothing to compare",)
        if self.design.decidable:
            return ()
        enough = self.design.seeds_to_decide
        remedy = "no number of seeds would do" if enough is None else f"it takes at least {enough} seeds"
        score = score_title(self.score_name)
        return (f"these seeds are too few for any {score} to come out BETTER or WORSE; {remedy}",)


Facts = Iterator[tuple[str, str]]


def outline_to_text(outline: Outline) -> str:
    """A line for each fact and each warning; none is wrapped."""
    lines = [f"{name:<10}{fact}" for name, fact in (*_work(outline), *_verdicts(outline))]
    return "".join(f"{line}\n" for line in (*lines, *(f"warning: {text}" for text in outline.warnings)))


def _work(outline: Outline) -> Facts:
    plan, pending = outline.plan, len(outline.pending)
    first, *others = map(outline.described, plan.settings)
    alike = all(other == first for other in others)
    yield "run", f"{plan.name}/{plan.run_id}"
    for setting in plan.settings:
        yield "setting", _setting(outline, setting)
        yield from _gated(outline.gated(setting))
        if not alike:
            yield from _initialisers(outline, setting)
    labels = [label for label in plan.labels if label != plan.placebo]
    yield "cells", ", ".join(labels) + (f" and a placebo of {plan.baseline}" if plan.placebo else "")
    if alike:
        yield from _initialisers(outline, plan.settings[0])
    seeds = outline.design.seeds
    tuning = len(plan.tuning)
    before = f", and {tuning} to tune first" if tuning else ""
    yield "blocks", f"{len(plan.final)}: {len(plan.settings)} setting(s), {seeds} seed(s) each{before}"
    tried = f", {plan.tuning_trainings} of them to tune" if tuning else ""
    yield "trainings", f"{plan.trainings}{tried}"
    yield "pending", f"{pending} of {len(plan.blocks)} blocks, in {outline.folder}"
    extra_s = outline.extra_budget_s
    extra = f", and at most {format_duration(extra_s)} more for timing-only rounds" if extra_s else ""
    yield "time", f"{_time(outline)}{extra}"


def _time(outline: Outline) -> str:
    """Return what the pending blocks are expected to take, the range, and where that comes from."""
    if outline.time_source is None:
        return f"about {format_duration(0)} here"
    seconds = (outline.time_s, outline.time_lower_s, outline.time_upper_s)
    expected, lower, upper = map(format_duration, seconds)
    return f"about {expected} here ({lower} to {upper}), from {outline.time_source}"


def _setting(outline: Outline, setting: Setting) -> str:
    if not setting.name:
        return _in_words(setting)
    pending, estimate = outline.pending_in(setting), outline.estimates.get(setting.id)
    time_s = estimate.seconds if estimate else 0.0
    words = _in_words(setting)
    return f"{setting.name}: {pending} block(s) pending, about {format_duration(time_s)}; {words}"


def _in_words(setting: Setting) -> str:
    """Dataset, layers and training; the rest where it is not the default."""
    sections = {
        "model": setting.model.model_dump(exclude_defaults=True, exclude={"init"}),
        "train": setting.train.model_dump(),
    }
    model, train = with_tuned(sections, setting.tune).values()
    layers = model.pop("hidden_units", None)
    stopping = train["early_stopping"]
    told = [
        setting.dataset.title,
        *([] if layers is None else [f"hidden units {list(layers)}"]),
        *([in_words(model)] if model else []),
        f"{in_flow(train['optimizer'])}{_rate(train['learning_rate'])}",
        f"batch {setting.train.batch_size}",
        f"{setting.train.epochs} epochs" if stopping is None else f"at most {setting.train.epochs} epochs",
        *([] if stopping is None else [f"early stopping {in_flow(stopping)}"]),
        f"engine {setting.timing.engine}",
    ]
    return ", ".join(told)


def _rate(rate: float | dict[str, Any] | str) -> str:
    """Behind the optimizer, as a number or a schedule is understood there."""
    if rate == TUNED:
        return f", learning rate {TUNED}"
    return f" {rate:g}" if isinstance(rate, float) else f" {in_flow(rate)}"


def _initialisers(outline: Outline, setting: Setting) -> Facts:
    described = [entry for entry in outline.described(setting) if entry.label != outline.plan.placebo]
    for initialiser in format_initializers(described):
        yield "init", initialiser


def _gated(found: Sequence[Gated]) -> Facts:
    labels: dict[str, list[str]] = {}
    for gated in found:
        widths = f"hidden units {list(gated.hidden_units)}, {gated.parameters:,} parameters"
        labels.setdefault(f"{widths}; plain {gated.plain:,}", []).append(gated.label)
    for words, whose in labels.items():
        yield "gated", f"{', '.join(whose)}: {words}"


def _verdicts(outline: Outline) -> Facts:
    design = outline.design
    if design.comparisons == 0:
        return
    power = f"{100 * POWER:.0f} % power"
    baseline, alpha, alpha_each = outline.plan.baseline, design.alpha, design.alpha_each
    yield "compares", f"{design.comparisons} with {baseline}, at alpha {alpha:g} after Holm's adjustment"
    yield (
        "p",
        f"{design.smallest_p:.2g} at best with {design.seeds} seed(s); "
        f"Holm's first, strictest step needs {alpha_each:.2g}",
    )
    shown = score_format(outline.score_name)
    if design.sd is None:
        yield "spread", f"of {shown.name} from seed to seed: {outline.sd_source}; --sd plans with one"
        yield "seeds", f"{_to_decide(design)}; how many a difference takes depends on the spread"
        return
    yield "spread", f"{_size(design.sd, shown)}{shown.unit} from seed to seed, {outline.sd_source}"
    difference = design.detectable_difference
    if difference is None:
        yield "finds", f"no difference of {shown.name}, however large"
    else:
        found = f"{_size(difference, shown)}{shown.unit} of {shown.name}"
        yield "finds", f"differences of {found}, with {power} in that step"
    yield "equals", _equals(design, shown)
    yield "seeds", _seeds_needed(design, shown)


def _equals(design: Design, shown: MetricFormat) -> str:
    """What would be said of two equal activations."""
    share = design.equivalence_power
    if design.half_width is None or share is None:
        return "no intervals with a single seed"
    margin = _size(design.margin, shown)
    often = "hardly ever" if share < 0.01 else f"in {100 * share:.0f} % of runs"
    width = f"{_size(design.half_width, shown)}{shown.unit}"
    return f"intervals of about ±{width}: inside ±{margin} (EQUIVALENT) {often}"


def _seeds_needed(design: Design, shown: MetricFormat) -> str:
    """How many would do, each where there is such a number."""
    over = f"over {MOST_SEEDS:,}"
    detect = "no number" if design.seeds_to_decide is None else _count(design.seeds_to_detect_margin, over)
    return (
        f"{_to_decide(design)}; with {100 * POWER:.0f} % power, "
        f"{detect} to find a difference of {_size(design.margin, shown)}{shown.unit}, "
        f"{_count(design.seeds_to_show_equivalence, over)} to show EQUIVALENT"
    )


def _to_decide(design: Design) -> str:
    return f"{_count(design.seeds_to_decide, 'no number')} to decide any"


def _count(number: int | None, otherwise: str) -> str:
    return otherwise if number is None else f"{number:,}"


def _size(difference: float, shown: MetricFormat) -> str:
    size = 100 * difference if shown.percent else difference
    return f"{size:.2f}" if size >= 0.01 and shown.percent else f"{size:.2g}"


def outline_to_json(outline: Outline) -> str:
    """All of its figures."""
    plan, design = outline.plan, outline.design
    value = {
        "run": {"name": plan.name, "run_id": plan.run_id, "path": str(outline.folder)},
        "settings": [
            {
                **with_tuned(setting.model_dump(mode="json"), setting.tune),
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
        "time_s": outline.time_s,
        "time_lower_s": outline.time_lower_s,
        "time_upper_s": outline.time_upper_s,
        "time_source": outline.time_source,
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
            "power": POWER,
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
    """Return a setting's part of the time, 0 if nothing of it is pending."""
    if estimate is None:
        return {"time_s": 0.0, "time_lower_s": 0.0, "time_upper_s": 0.0, "time_source": None}
    return {
        "time_s": estimate.seconds,
        "time_lower_s": estimate.lower_s,
        "time_upper_s": estimate.upper_s,
        "time_source": estimate.source,
    }
