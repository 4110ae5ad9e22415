"""The facts at the head of a report: the machine, the placebo, the timing target."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from actbench.analysis.figures import TimingTarget
from actbench.report import build
from actbench.report.facts import format_placebo, format_timing_target
from tests.factories import SyntheticRun, make_block, make_cell, make_environment, make_info, make_run


def shown(run: SyntheticRun, form: str = "terminal", **options: Any) -> str:
    return build.render(build.build(run.info, run.records), form, **options)


def in_words(*ratios: float, accuracy: float = 0.9, batch_sizes: Sequence[int] = ()) -> str:
    """What is said of a placebo whose every time is that many times relu's, a ratio per block."""
    records = [
        make_block(
            [
                make_cell(latency_s={size: [0.01] for size in batch_sizes}),
                make_cell(
                    "placebo",
                    accuracy=accuracy,
                    slice_s=[0.1 * ratio] * 2,
                    latency_s={size: [0.01 * ratio] for size in batch_sizes},
                ),
            ],
            seed=seed,
        )
        for seed, ratio in enumerate(ratios)
    ]
    built = build.build(make_info(("relu", "placebo"), seeds=len(ratios)), records)
    check = built.estimates.settings[0].placebo
    assert check is not None
    return format_placebo(check, "relu", len(ratios))


def test_the_placebo_in_words() -> None:
    assert in_words(0.999, 1 / 0.999) == (
        "its test accuracy is exactly relu's in all of 2 blocks; "
        "it trains in 1.000 [0.987, 1.013] of relu's time, and no time ratio excludes 1"
    )
    assert in_words(1.2).startswith("its test accuracy is exactly relu's in the only block; ")
    assert "FLAGGED: its test accuracy is not relu's" in in_words(0.9, 1.1, accuracy=0.8)
    assert "too few different rounds" in in_words(1.2)
    assert "too few different rounds" in in_words(1.2, 1.2)


def diverged_placebo(baselines: Sequence[float | None], placebos: Sequence[float | None]) -> str:
    """What is said of a placebo, by the accuracies of relu and of the placebo, seed by seed."""
    records = [
        make_block(
            [make_cell("relu", accuracy=relu), make_cell("placebo", accuracy=copy), make_cell("tanh")],
            seed=seed,
        )
        for seed, (relu, copy) in enumerate(zip(baselines, placebos, strict=True))
    ]
    built = build.build(make_info(("relu", "placebo", "tanh"), seeds=len(records)), records)
    check = built.estimates.settings[0].placebo
    assert check is not None
    return format_placebo(check, "relu", len(records))


def test_a_placebo_that_diverged_everywhere_shows_nothing() -> None:
    assert diverged_placebo([None, None], [None, None]) == (
        "it diverged in all of 2 blocks, as relu did: nothing in this setting shows how large its noise is"
    )


def test_a_placebo_that_diverged_with_its_original_is_equal_in_the_other_blocks() -> None:
    said = diverged_placebo([0.9, None, 0.9], [0.9, None, 0.9])
    assert said.startswith(
        "its test accuracy is exactly relu's in 2 of 3 blocks, both diverged in the others;"
    )


@pytest.mark.parametrize("placebos", [[None, None], [0.9, None], [0.9, 0.8]])
def test_a_placebo_that_diverged_alone_is_flagged(placebos: list[float | None]) -> None:
    assert diverged_placebo([0.9, 0.9], placebos).startswith("FLAGGED: its test accuracy is not relu's")


SEEDS_HELP = "; more seeds narrow what more rounds do not"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            TimingTarget(0.01, 31, 36, 0, 0.0172),
            f"±1 %: met by 31 of 36 time ratios to relu, the widest ±1.72 %{SEEDS_HELP}",
        ),
        (
            TimingTarget(0.005, 1, 3, 1, 0.0172),
            "±0.5 %: met by 1 of 3 time ratios to relu, 1 without an interval, the widest ±1.72 %"
            + SEEDS_HELP,
        ),
        (
            TimingTarget(0.01, 0, 3, 3, None),
            f"±1 %: met by 0 of 3 time ratios to relu, 3 without an interval{SEEDS_HELP}",
        ),
        (TimingTarget(0.01, 0, 0, 0, None), "±1 %: there is no time ratio to relu"),
    ],
)
def test_the_timing_target_in_words(target: TimingTarget, said: str) -> None:
    assert format_timing_target(target, "relu") == said


def test_the_timing_target_stands_among_the_facts_of_its_setting() -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=3)
    assert "timing target" not in shown(run)
    [setting] = run.info.settings
    timing = {**setting.description["timing"], "target_ci": 0.5}
    timed = setting.model_copy(update={"description": {**setting.description, "timing": timing}})
    text = shown(SyntheticRun(run.info.model_copy(update={"settings": (timed,)}), run.records))
    assert re.search(r"timing target +±50 %: met by 6 of 6 time ratios to relu, the widest ±", text)


def test_a_flag_says_how_often_chance_raises_one() -> None:
    flagged = in_words(1.049, 1.051)
    assert "FLAGGED: its train_time_ratio 1.050 [1.037, 1.063] excludes 1" in flagged
    assert flagged.endswith("; such an interval does so by chance in about 5 % of runs")
    assert in_words(1.049, 1.051, batch_sizes=(1, 128, 1024)).endswith(
        "; of 4 such intervals at least one does so by chance in about 19 % of runs"
    )


def test_variables_that_tune_tensorflow_are_told() -> None:
    tuned = make_environment(variables={"TF_ENABLE_ONEDNN_OPTS": "0"})
    run = make_run()
    blocks = [block.model_copy(update={"environment": tuned}) for block in run.records]
    text = build.render(build.build(run.info, blocks), "terminal")
    assert "set        TF_ENABLE_ONEDNN_OPTS=0" in text


def test_without_a_placebo_the_report_says_so() -> None:
    assert re.search(r"placebo +none", shown(make_run(("relu", "tanh"), seeds=2)))
