"""What a run would do and what it could show, before it is begun."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actbench.analysis.design import TYPICAL_SD, Design, observed_sd
from actbench.analysis.power import POWER
from actbench.config.loader import load_config
from actbench.config.schema import VerdictConfig
from actbench.errors import StoreError
from actbench.execution.estimate import estimate_s
from actbench.plan import Block, Plan, make_plan
from actbench.run import finished_blocks, run_folder
from actbench.store import open_run


@dataclass(frozen=True)
class Outline:
    """A plan with what it costs and what it can decide.

    Attributes:
        plan: Everything planned.
        folder: Where the run lies or would lie.
        pending: The blocks still to be measured, in order.
        time_s: Roughly what they take here, but for timing-only rounds.
        design: What one setting's seeds can decide in accuracy.
        sd_source: Where `design.sd` comes from, in words.
    """

    plan: Plan
    folder: Path
    pending: tuple[Block, ...]
    time_s: float
    design: Design
    sd_source: str

    @property
    def extra_budget_s(self) -> float:
        """What timing-only rounds may add to `time_s`."""
        return sum(block.extra_budget_s for block in self.pending)


def make_outline(
    config_path: Path, overrides: Sequence[str], out: Path, *, sd: float | None = None, fresh: bool = False
) -> Outline:
    """Plans a config and looks at what there is of its run.

    Args:
        config_path: The YAML file.
        overrides: `KEY=VALUE` replacements in the config.
        out: The folder that holds all runs.
        sd: As `Design.sd`; None for the run's own where it is finished, else a typical one.
        fresh: Whether everything would be measured again.
    """
    config = load_config(config_path, overrides)
    plan = make_plan(config)
    finished = () if fresh else finished_blocks(out, plan)
    pending = tuple(block for block in plan.blocks if block.id not in finished)
    sd, source = (sd, "given") if sd is not None else _spread(out, plan)
    return Outline(
        plan=plan,
        folder=run_folder(out, plan),
        pending=pending,
        time_s=estimate_s(plan, pending),
        design=_design(plan, config.verdict, sd),
        sd_source=source,
    )


def _design(plan: Plan, verdict: VerdictConfig, sd: float) -> Design:
    others = {cell.label for cell in plan.blocks[0].cells} - {plan.baseline, plan.placebo}
    seeds = len(plan.blocks) // len(plan.settings)
    return Design(seeds, len(others), verdict.alpha, verdict.margin, sd)


def _spread(out: Path, plan: Plan) -> tuple[float, str]:
    try:
        stored = open_run(run_folder(out, plan))
    except StoreError:  # not begun, or not to be read
        stored = None
    if stored is not None and sum(record.status == "ok" for record in stored.records) == len(plan.blocks):
        sd = observed_sd(stored.info, stored.records)
        if sd is not None:
            return sd, "observed in the finished run of this plan"
    return TYPICAL_SD, "typical of MNIST after 5 epochs"


def warnings(outline: Outline) -> list[str]:
    """Why no accuracy can come out BETTER or WORSE, and how many seeds it takes; empty where one can."""
    plan, design = outline.plan, outline.design
    if design.comparisons == 0:
        return [f"{plan.baseline} is the only activation: there is nothing to compare"]
    if design.decidable:
        return []
    enough = design.seeds_to_decide
    remedy = "no number of seeds would do" if enough is None else f"it takes at least {enough} seeds"
    return [f"these seeds are too few for any accuracy to come out BETTER or WORSE; {remedy}"]


def as_json(outline: Outline) -> dict[str, Any]:
    """All figures as one object; accuracies are fractions."""
    plan, design = outline.plan, outline.design
    return {
        "run": {"name": plan.name, "run_id": plan.run_id, "path": str(outline.folder)},
        "settings": [setting.model_dump(mode="json") for setting in plan.settings],
        "activations": [cell.label for cell in plan.blocks[0].cells],
        "baseline": plan.baseline,
        "placebo": plan.placebo,
        "blocks": len(plan.blocks),
        "pending_blocks": len(outline.pending),
        "trainings": plan.trainings,
        "time_s": outline.time_s,
        "extra_budget_s": outline.extra_budget_s,
        "accuracy": {
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
        "warnings": warnings(outline),
    }
