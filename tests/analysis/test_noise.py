import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from actbench.analysis.figures import TimingTarget
from actbench.analysis.run import estimate
from actbench.records.run import RunInfo
from tests.analysis.rows import ratio_interval
from tests.factories import make_block, make_cell, make_info

# Seconds, a seed each; their ratios to relu's 1 s are known to about 0.6, 13 and 0.06 %.
NARROW, WIDE, NARROWEST = (1.0, 1.001), (1.0, 1.02), (1.0, 1.0001)


def info(target: Mapping[str, Any], labels: Sequence[str], sizes: Sequence[int]) -> RunInfo:
    plain = make_info(labels, seeds=2, inference_batch_sizes=sizes)
    description = plain.settings[0].description
    timed = {**description, "timing": {**description["timing"], **target}}
    return plain.model_copy(
        update={"settings": (plain.settings[0].model_copy(update={"description": timed}),)}
    )


def reached(
    seconds: Mapping[str, Sequence[float | None]],
    calls: Mapping[str, Sequence[float]] | None = None,
    target: Mapping[str, Any] | None = None,
    against: str | None = None,
) -> TimingTarget | None:
    """By label: seconds of each seed's slices (None: it diverged), and of its calls at one batch size."""
    blocks = [
        make_block(
            [
                make_cell(
                    label,
                    accuracy=None if own[seed] is None else 0.9,
                    slice_s=[own[seed] or 0.1] * 2,
                    latency_s={8: [calls[label][seed]]} if calls else {},
                )
                for label, own in seconds.items()
            ],
            seed=seed,
        )
        for seed in (0, 1)
    ]
    asked = {"target_ci": 0.01, "budget_s": 120.0} if target is None else target
    run = info(asked, tuple(seconds), [8] if calls else [])
    return estimate(run, blocks, against=against).settings[0].timing_target


def half_width(ratios: Sequence[float]) -> float:
    interval = ratio_interval(ratios)
    assert interval.ci_low is not None
    return math.exp(math.log(interval.estimate) - math.log(interval.ci_low)) - 1


def test_half_widths_of_all_ratios_are_counted_the_placebo_s_too() -> None:
    found = reached(
        {"relu": (1.0, 1.0), "tanh": NARROW, "placebo": NARROW},
        {"relu": (1.0, 1.0), "tanh": WIDE, "placebo": NARROWEST},
    )
    assert found == TimingTarget(0.01, met=3, ratios=4, unknown=0, widest=pytest.approx(half_width(WIDE)))  # type: ignore[arg-type]


def test_a_ratio_without_an_interval_has_not_met_it() -> None:
    found = reached({"relu": (1.0, 1.0), "tanh": (1.5, 1.5), "placebo": NARROW})
    assert found == TimingTarget(0.01, met=1, ratios=2, unknown=1, widest=pytest.approx(half_width(NARROW)))  # type: ignore[arg-type]


def test_what_always_diverged_has_no_ratio() -> None:
    found = reached({"relu": (1.0, 1.0), "tanh": (None, None), "placebo": NARROW})
    assert found is not None
    assert (found.met, found.ratios) == (1, 1)


def test_without_the_baseline_there_is_none_at_all() -> None:
    found = reached({"relu": (None, None), "tanh": NARROW, "placebo": NARROW})
    assert found == TimingTarget(0.01, met=0, ratios=0, unknown=0, widest=None)


def test_it_is_about_the_config_s_baseline_whatever_is_compared_with() -> None:
    seconds = {"relu": (1.0, 1.0), "tanh": WIDE, "placebo": NARROW}
    assert reached(seconds, against="tanh") == reached(seconds)


@pytest.mark.parametrize("target", [{}, {"target_ci": None, "budget_s": None}])
def test_without_a_target_there_is_nothing_to_reach(target: Mapping[str, Any]) -> None:
    assert reached({"relu": (1.0, 1.0), "tanh": NARROW, "placebo": NARROW}, target=target) is None
