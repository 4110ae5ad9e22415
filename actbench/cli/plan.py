"""actbench plan: says before a run what it takes and what it can decide."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from actbench.cli.options import example, out_option, set_option

if TYPE_CHECKING:
    from actbench.analysis.design import Design
    from actbench.cli.outline import Outline

Facts = Iterator[tuple[str, str]]


def _parse_spread(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """A standard deviation of accuracies: a fraction, or points with a % sign."""
    if value is None:
        return None
    number, percent, rest = value.strip().partition("%")
    try:
        sd = float(number) / (100 if percent else 1)
    except ValueError:
        sd = math.nan
    if rest or not 0.0 < sd < 1.0:
        raise click.BadParameter(f"{value!r} is no spread of accuracies; allowed: such as 0.16% or 0.0016")
    return sd


@click.command(
    epilog=example(
        "actbench plan configs/mnist.yaml", "actbench plan configs/mnist.yaml --set seeds=20 --sd 0.3%"
    )
)
@click.argument("config", type=click.Path(path_type=Path))
@set_option
@click.option(
    "--sd",
    callback=_parse_spread,
    metavar="SPREAD",
    help="Standard deviation of a paired accuracy difference from seed to seed, such as 0.16% (points) or "
    "0.0016; by default that of the finished run of this plan, else a typical one.",
)
@out_option
@click.option(
    "--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)
def plan(config: Path, overrides: tuple[str, ...], sd: float | None, out: Path, form: str) -> None:
    """Say what CONFIG would take, and what it could decide.

    Trains nothing and writes nothing.
    """
    print_plan(config, overrides, out, sd=sd, form=form)


def print_plan(
    config: Path,
    overrides: Sequence[str],
    out: Path,
    *,
    sd: float | None = None,
    fresh: bool = False,
    form: str = "terminal",
) -> None:
    """Prints the outline of a run; also what `actbench run --dry-run` does."""
    from actbench.cli.outline import as_json, make_outline

    outline = make_outline(config, overrides, out, sd=sd, fresh=fresh)
    if form == "json":
        import json

        click.echo(json.dumps(as_json(outline), indent=2))
    else:
        click.echo(_text(outline))


def _text(outline: "Outline") -> str:
    from actbench.cli.outline import warnings

    facts = [*_work(outline), *_verdicts(outline)]
    lines = [f"{name:<10}{fact}" for name, fact in facts]
    return "\n".join([*lines, *(f"warning: {warning}" for warning in warnings(outline))])


def _work(outline: "Outline") -> Facts:
    from actbench.cli.progress import format_duration

    plan, pending = outline.plan, len(outline.pending)
    yield "run", f"{plan.name}/{plan.run_id}"
    for setting in plan.settings:
        train = setting.train
        yield (
            "setting",
            f"{setting.dataset.name}, hidden units {list(setting.model.hidden_units)}, {train.optimizer} "
            f"{train.learning_rate:g}, batch {train.batch_size}, {train.epochs} epochs, "
            f"engine {setting.timing.engine}",
        )
    labels = [cell.label for cell in plan.blocks[0].cells if cell.label != plan.placebo]
    yield "cells", ", ".join(labels) + (f" and a placebo of {plan.baseline}" if plan.placebo else "")
    seeds = outline.design.seeds
    yield "blocks", f"{len(plan.blocks)}: {len(plan.settings)} setting(s), {seeds} seed(s) each"
    yield "trainings", str(plan.trainings)
    yield "pending", f"{pending} of {len(plan.blocks)} blocks, in {outline.folder}"
    extra_s = outline.extra_budget_s
    extra = f", and at most {format_duration(extra_s)} more for timing-only rounds" if extra_s else ""
    yield "time", f"about {format_duration(outline.time_s)} here, from a quick calibration{extra}"


def _verdicts(outline: "Outline") -> Facts:
    from actbench.analysis.power import POWER

    design = outline.design
    if design.comparisons == 0:
        return
    power, margin = f"{100 * POWER:.0f} % power", _points(design.margin)
    baseline, alpha, alpha_each = outline.plan.baseline, design.alpha, design.alpha_each
    yield "compares", f"{design.comparisons} with {baseline}, at alpha {alpha:g} after Holm's adjustment"
    yield (
        "p",
        f"{design.smallest_p:.2g} at best with {design.seeds} seed(s); "
        f"Holm's first, strictest step needs {alpha_each:.2g}",
    )
    yield "spread", f"{_points(design.sd)} points from seed to seed, {outline.sd_source}"
    difference = design.detectable_difference
    if difference is None:
        yield "finds", "no difference of accuracy, however large"
    else:
        yield "finds", f"differences of {_points(difference)} points of accuracy, with {power} in that step"
    yield "equals", _equals(design)
    yield (
        "seeds",
        f"{_seeds(design.seeds_to_decide)} to decide any; with {power}, "
        f"{_seeds(design.seeds_to_detect_margin)} to find a difference of {margin} points, "
        f"{_seeds(design.seeds_to_show_equivalence)} to show EQUIVALENT",
    )


def _equals(design: "Design") -> str:
    """What would be said of two equal activations."""
    if design.half_width is None:
        return "no intervals with a single seed"
    margin, share = _points(design.margin), design.equivalence_power
    shown = "hardly ever" if share < 0.01 else f"in {100 * share:.0f} % of runs"
    return f"intervals of about ±{_points(design.half_width)} points: inside ±{margin} (EQUIVALENT) {shown}"


def _points(fraction: float) -> str:
    points = 100 * fraction
    return f"{points:.2f}" if points >= 0.01 else f"{points:.2g}"


def _seeds(number: int | None) -> str:
    from actbench.analysis.power import MOST_SEEDS

    return f"over {MOST_SEEDS:,}" if number is None else f"{number:,}"
