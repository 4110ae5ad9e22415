"""An outline as one JSON object, for scripts: unrounded figures, accuracies as fractions."""

import json
from dataclasses import asdict
from typing import Any

from actbench.analysis.power import POWER
from actbench.execution.estimate import Estimate
from actbench.planned import with_tuned
from actbench.report.outline import Outline


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
                **_time(outline.estimates.get(setting.id)),
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


def _time(estimate: Estimate | None) -> dict[str, Any]:
    """Return a setting's part of the time, 0 if nothing of it is pending."""
    if estimate is None:
        return {"time_s": 0.0, "time_lower_s": 0.0, "time_upper_s": 0.0, "time_source": None}
    return {
        "time_s": estimate.seconds,
        "time_lower_s": estimate.lower_s,
        "time_upper_s": estimate.upper_s,
        "time_source": estimate.source,
    }
