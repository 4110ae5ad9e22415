"""An outline as lines of a name and a fact, for a reader."""

from collections.abc import Iterator, Sequence
from typing import Any

from actbench.analysis.design import Design
from actbench.analysis.power import MOST_SEEDS, POWER
from actbench.planned import TUNED, Setting, with_tuned
from actbench.report.activation_facts import initialisers_in_words
from actbench.report.numbers import format_duration
from actbench.report.outline import Gated, Outline
from actbench.report.scored import Shown, shown_score
from actbench.varied import in_flow, in_words

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
    for initialiser in initialisers_in_words(described):
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
    shown = shown_score(outline.score_name)
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


def _equals(design: Design, shown: Shown) -> str:
    """What would be said of two equal activations."""
    share = design.equivalence_power
    if design.half_width is None or share is None:
        return "no intervals with a single seed"
    margin = _size(design.margin, shown)
    often = "hardly ever" if share < 0.01 else f"in {100 * share:.0f} % of runs"
    width = f"{_size(design.half_width, shown)}{shown.unit}"
    return f"intervals of about ±{width}: inside ±{margin} (EQUIVALENT) {often}"


def _seeds_needed(design: Design, shown: Shown) -> str:
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


def _size(difference: float, shown: Shown) -> str:
    size = 100 * difference if shown.percent else difference
    return f"{size:.2f}" if size >= 0.01 and shown.percent else f"{size:.2g}"
