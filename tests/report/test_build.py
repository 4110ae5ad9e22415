import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from actbench.errors import ConfigError
from actbench.report import build
from actbench.report.registry import FORMATS
from tests.factories import (
    SyntheticRun,
    make_block,
    make_cell,
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


LACKED: dict[str, str] = {
    "summary": "it is over settings, and fewer than two are measured",
    "tuning": "the config of this run has no tune, so that nothing was tuned",
    "inference": "no inference was timed: timing.inference_batch_sizes is empty in what is measured",
    "diagnostics": "nothing was probed: probes is false in what is measured, or an older actbench "
    "measured it",
}


@pytest.fixture(scope="module")
def bare() -> SyntheticRun:
    return make_run(("relu", "tanh", "placebo"), seeds=2, inference_batch_sizes=())


@pytest.mark.parametrize("form", FORMATS.names)
@pytest.mark.parametrize("table", LACKED)
def test_it_is_refused_in_every_format(bare: SyntheticRun, form: str, table: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build.render(build.build(bare.info, bare.records), form, table)
    assert str(caught.value) == f"table {table}: {LACKED[table]}; use another table"


@pytest.mark.parametrize("form", FORMATS.names)
def test_all_of_the_tables_are_all_that_there_are(bare: SyntheticRun, form: str) -> None:
    text = build.render(build.build(bare.info, bare.records), form, "all")
    assert "accuracy" in text
    assert "latency" not in text.lower()


def test_the_title_and_the_files_name_what_there_is(bare: SyntheticRun) -> None:
    text = build.render(build.build(bare.info, bare.records), "markdown")
    assert text.splitlines()[0] == "# mnist: accuracy, time, pareto, metrics"
    files = build.table_files(bare.info, bare.records)
    assert [Path(name).stem for name in files] == ["accuracy", "time", "pareto", "metrics"]


def test_of_two_settings_it_is_enough_that_one_has_it() -> None:
    with_sizes = make_run(("relu", "tanh"), seeds=2, settings=("11111111", "22222222"))
    records = [
        record
        if record.setting == "11111111"
        else record.model_copy(
            update={"cells": tuple(cell.model_copy(update={"inference": ()}) for cell in record.cells)}
        )
        for record in with_sizes.records
    ]
    built = build.build(with_sizes.info, records)
    assert build.render(built, "terminal", "inference").count("inference, batch size 1:") == 1
