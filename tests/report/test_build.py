import json
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from actbench.analysis.figures import TimingTarget
from actbench.report import build
from actbench.report.facts import format_placebo, format_timing_target
from tests.factories import (
    SyntheticRun,
    make_block,
    make_cell,
    make_environment,
    make_failed_block,
    make_info,
    make_run,
)


@pytest.fixture(scope="module")
def thirteen() -> SyntheticRun:
    """The thirteen activations; one that sometimes diverged, one block failed, one to go."""
    run = make_run(diverges=lambda label, seed: label == "selu" and seed < 2)
    info = run.info.model_copy(update={"blocks": (*run.info.blocks, "11111111-6", "11111111-7")})
    return SyntheticRun(info, [*run.records, make_failed_block(seed=6)])


def shown(run: SyntheticRun, form: str = "terminal", **options: Any) -> str:
    return build.render(build.build(run.info, run.records), form, **options)


def six_digits(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: six_digits(item) for name, item in value.items()}
    if isinstance(value, list):
        return [six_digits(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def test_terminal(thirteen: SyntheticRun, snapshot: SnapshotAssertion) -> None:
    assert shown(thirteen) == snapshot


def test_what_a_non_linearity_costs_is_explained_where_it_is_told() -> None:
    run = make_run(("relu", "linear", "placebo"), seeds=2)
    named = [{"name": name, "label": name} for name in ("relu", "linear")]
    beside_linear = make_info(("relu", "linear", "placebo"), seeds=2, config={"activations": named})
    assert "Cost: microseconds" not in shown(run, table="time")
    text = shown(SyntheticRun(beside_linear, run.records), table="time")
    assert "cost, µs per step" in text
    assert "Cost: microseconds" in text


def test_markdown(thirteen: SyntheticRun, snapshot: SnapshotAssertion) -> None:
    assert shown(thirteen, "markdown") == snapshot


def test_json(snapshot: SnapshotAssertion) -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=3)
    assert json.dumps(six_digits(json.loads(shown(run, "json"))), indent=2) == snapshot


def test_eighty_columns_hold_every_row(thirteen: SyntheticRun) -> None:
    lines = shown(thirteen).splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert not any("…" in line for line in lines)
    for label in thirteen.info.activations:
        rows = [line for line in lines if re.match(rf"{re.escape(label)}  ", line)]
        # accuracy, time, compilation, front, two batch sizes, two metrics
        tables = 7 if label == "placebo" else 8
        assert sum(bool(re.search(r"\d$", row)) for row in rows) == tables, (
            f"a row of {label} ends with its n"
        )


def test_inference_says_how_many_seeds_would_decide(thirteen: SyntheticRun) -> None:
    rows = build.build(thirteen.info, thirteen.records).estimates.settings[0].rows
    needed = [entry.time_ratio.seeds_needed for row in rows for entry in row.inference if entry.time_ratio]
    assert sum(map(bool, needed)) > 5
    shown_seeds = re.findall(r"INCONCLUSIVE ~[0-9.]+k? ", shown(thirteen, table="inference"))
    assert len(shown_seeds) == sum(map(bool, needed))


def test_the_front_says_who_is_left_out_and_over_how_many_seeds(thirteen: SyntheticRun) -> None:
    text = shown(thirteen, "markdown", table="pareto")
    assert re.search(r"\| selu \|.*\| - \|  \| 4 \|", text)
    assert "selu: diverged 2 of 6" in text
    assert "an activation that diverged in any block is left out" in text
    assert "With few blocks" in text


def reaching(*epochs: tuple[int | None, int | None]) -> SyntheticRun:
    """relu and tanh with the epoch of three in which each reached the target, seed by seed."""

    def validation(epoch: int | None) -> list[float]:
        return [0.9 if epoch is not None and seen >= epoch else 0.5 for seen in (1, 2, 3)]

    labels = ("relu", "tanh")
    blocks = [
        make_block(
            [
                make_cell(label, slice_s=[0.1] * 6, validation_accuracy=validation(epoch))
                for label, epoch in zip(labels, pair, strict=True)
            ],
            seed=seed,
        )
        for seed, pair in enumerate(epochs)
    ]
    info = make_info(labels, placebo=None, seeds=len(epochs), config={"verdict": {"target_accuracy": 0.8}})
    return SyntheticRun(info, blocks)


def test_a_target_says_who_reached_it_and_over_how_many_pairs_the_verdict_is() -> None:
    text = shown(reaching((1, 2), (2, None), (1, 3), (None, 3), (3, 3)), "markdown", table="metrics")
    assert len(re.findall(r"^\| relu \| .* \| 4/5 \|$", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^\| tanh \| .* \| 4/5 \|$", text, re.MULTILINE)) == 2
    assert text.count("tanh: differences and ratios over 3 pairs") == 2
    assert "The difference is over the seeds in which both reached the target" in text


def test_a_training_that_diverged_has_not_reached_the_target() -> None:
    run = reaching((1, 2), (2, 3))
    diverged = make_block([make_cell("relu", accuracy=None), make_cell("tanh", accuracy=None)], seed=2)
    text = shown(SyntheticRun(run.info, [*run.records, diverged]), "markdown", table="metrics")
    assert len(re.findall(r"^\| tanh \| .* \| 2/3 \|$", text, re.MULTILINE)) == 2


def test_without_a_target_nothing_is_said_about_one(thirteen: SyntheticRun) -> None:
    assert "reached" not in shown(thirteen, table="metrics")


def test_metrics_say_over_how_many_pairs_they_are_judged() -> None:
    run = make_run(("relu", "tanh"), seeds=4, diverges=lambda label, seed: (label, seed) == ("relu", 0))
    text = shown(run, "markdown", table="metrics")
    assert text.count("tanh: differences and ratios over 3 pairs") == 2
    assert text.count("relu: diverged 1 of 4") == 2


def test_only_better_and_worse_are_said_to_be_adjusted(thirteen: SyntheticRun) -> None:
    text = shown(thirteen, "markdown", table="accuracy")
    assert "EQUIVALENT where the 95 % interval, not adjusted, lies inside the margin" in text


def test_wide_figures_stay_whole_where_a_long_label_must_fold() -> None:
    label = "a_custom_activation_with_a_very_long_label_" + "x" * 60
    baseline = "another_" + label
    blocks = [
        make_block(
            [
                make_cell(baseline, accuracy=0.9, slice_s=(1000.0, 2345.0), latency_s={1: [12.5] * 6}),
                make_cell(
                    label,
                    accuracy=1.0 - 1e-7 * seed,
                    slice_s=(12345.0, 23456.0 + 10 * seed),
                    latency_s={1: [1234.5 + seed] * 6},
                ),
            ],
            seed=seed,
        )
        for seed in range(2)
    ]
    text = shown(SyntheticRun(make_info((baseline, label), baseline=baseline, placebo=None, seeds=2), blocks))
    assert max(map(cell_len, text.splitlines())) == 82  # 12 of the label beside figures that need 70
    assert "100.00 [100.00, 100.00]" in text
    assert "35,806 [35,743, 35,870]" in text
    assert "…" not in text


def test_several_settings_have_a_section_each() -> None:
    text = shown(make_run(("relu", "placebo"), seeds=2, settings=("11111111", "22222222")), "markdown")
    assert re.findall(r"^## .*$", text, re.MULTILINE) == [
        "## summary over settings",
        "## setting 11111111",
        "## setting 22222222",
    ]


def test_one_table_alone(thirteen: SyntheticRun) -> None:
    text = shown(thirteen, "markdown", table="time")
    assert re.findall(r"^### .*$", text, re.MULTILINE) == ["### training time", "### compilation"]
    assert "Accuracy:" not in text


def test_what_failed_and_what_diverged_is_said_in_words(thirteen: SyntheticRun) -> None:
    text = shown(thirteen)
    assert re.search(r"blocks +6 of 8 finished", text)
    assert re.search(r"failed +block 11111111-6: the worker was killed \(signal 9\)", text)
    assert "selu: diverged 2 of 6" in text


def test_of_a_failure_only_the_first_line_is_shown() -> None:
    run = make_run(("relu", "placebo"), seeds=2)
    text = shown(
        SyntheticRun(run.info, [*run.records, make_failed_block(seed=2, error="it broke\nTraceback")])
    )
    assert re.search(r"failed +block 11111111-2: it broke\n", text)
    assert "Traceback" not in text


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_fewer_pairs_than_seeds_are_told(form: str) -> None:
    # The baseline diverged in the first two seeds of six, elu in the first.
    run = make_run(
        ("relu", "tanh", "elu", "gelu", "placebo"),
        diverges=lambda label, seed: seed < {"relu": 2, "placebo": 2, "elu": 1, "gelu": 5}.get(label, 0),
    )
    text = shown(run, form, table="accuracy")
    assert "elu, tanh: differences and ratios over 4 pairs\n" in text
    assert text.count("differences and ratios over") == 1


def test_figures_without_an_interval_are_explained() -> None:
    cells = [make_cell(slice_s=(0.1, 0.1)), make_cell("tanh", accuracy=0.91, slice_s=(0.1, 0.1))]
    tied = SyntheticRun(
        make_info(("relu", "tanh"), placebo=None), [make_block(cells, seed=n) for n in (0, 1)]
    )
    assert re.search(r"tanh +91\.00 +\+1\.00 +INCONCLUSIVE +2", shown(tied))
    assert "A figure without brackets has no interval" in shown(tied)
    assert "A figure without brackets" not in shown(make_run(("relu", "tanh"), seeds=3), table="time")


def test_a_single_seed_warns_about_its_time_intervals() -> None:
    assert "With a single seed" in shown(make_run(("relu", "placebo"), seeds=1))
    assert "With a single seed" not in shown(make_run(("relu", "placebo"), seeds=2))


def test_variables_that_tune_tensorflow_are_told() -> None:
    tuned = make_environment(variables={"TF_ENABLE_ONEDNN_OPTS": "0"})
    run = make_run()
    blocks = [block.model_copy(update={"environment": tuned}) for block in run.records]
    text = build.render(build.build(run.info, blocks), "terminal")
    assert "set        TF_ENABLE_ONEDNN_OPTS=0" in text


def test_without_a_placebo_the_report_says_so() -> None:
    assert re.search(r"placebo +none", shown(make_run(("relu", "tanh"), seeds=2)))


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


def test_labels_are_text_and_not_markup() -> None:
    label = "[bold]*x*|[a](b)\n_y_"
    run = SyntheticRun(
        make_info(("relu", label), placebo=None), [make_block([make_cell(), make_cell(label)])]
    )
    assert "[bold]*x*|[a](b)" in shown(run)
    assert r"| [bold]\*x\*\|[a\](b) \_y\_ | 90.00 |" in shown(run, "markdown")


def test_color_only_where_asked_for(thirteen: SyntheticRun) -> None:
    assert "\x1b[" not in shown(thirteen)
    assert "\x1b[1m" in shown(thirteen, color=True)


def test_the_same_records_give_the_same_text(thirteen: SyntheticRun) -> None:
    assert shown(thirteen) == shown(SyntheticRun(thirteen.info, thirteen.records[::-1]))


def test_a_report_loads_neither_tensorflow_nor_pandas() -> None:
    code = (
        "import sys; from tests.factories import make_run; from actbench.report import build;"
        "from actbench.report.registry import FORMATS;"
        "r = make_run(seeds=2);"
        "[build.render(build.build(r.info, r.records), form) for form in FORMATS.names];"
        "print(sorted({'tensorflow', 'keras', 'pandas', 'scipy.stats'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
