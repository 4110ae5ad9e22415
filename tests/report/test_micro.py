import csv
import io
import json

import pytest

from actbench.analysis.micro import estimate_micro
from actbench.report.chart import to_bytes
from actbench.report.micro import micro_charts, render_micro
from tests.micro_runs import micro_plan, micro_record, micro_run

RUN = micro_run("relu", "swiglu", "softmax", compiled=(True, False))


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_a_report_looks_like_this(snapshot, form):
    assert render_micro(*RUN, form) == snapshot


def test_json_looks_like_this(snapshot):
    value = json.loads(render_micro(*micro_run("relu", sizes=(1000,)), "json"))
    assert json.dumps(six_digits(value), indent=2) == snapshot


def six_digits(value):
    """Processors differ in the last ones."""
    if isinstance(value, dict):
        return {name: six_digits(item) for name, item in value.items()}
    if isinstance(value, list):
        return list(map(six_digits, value))
    return float(f"{value:.6g}") if isinstance(value, float) else value


def test_figures_are_never_wrapped_in_80_columns():
    assert max(map(len, render_micro(*RUN, "terminal").splitlines())) <= 80


def test_csv_names():
    header, *_ = render_micro(*RUN, "csv").splitlines()
    assert header.split(",") == [
        *(f"setting_{name}" for name in ("id", "elements", "dtype", "compiled", "direction")),
        "activation",
        *(f"ns_per_element_{name}" for name in ("median", "ci_low", "ci_high")),
        "gb_per_s",
        *(f"copy_ratio_{name}" for name in ("estimate", "ci_low", "ci_high")),
        "rounds",
    ]


def test_json_and_csv_have_the_same_figures():
    value = json.loads(render_micro(*RUN, "json"))
    lines = list(csv.DictReader(io.StringIO(render_micro(*RUN, "csv"))))
    rows = [(setting["setting"], row) for setting in value["settings"] for row in setting["rows"]]
    assert len(lines) == len(rows) == 8 * 5
    for line, (setting, row) in zip(lines, rows, strict=True):
        assert line["setting_id"] == setting["id"]
        assert int(line["setting_elements"]) == setting["elements"]
        assert line["setting_compiled"] == json.dumps(setting["compiled"])
        assert line["activation"] == row["activation"]
        assert float(line["ns_per_element_median"]) == row["ns_per_element"]["median"]
        assert float(line["copy_ratio_ci_high"]) == row["copy_ratio"]["ci_high"]
        assert float(line["gb_per_s"]) == row["gb_per_s"]


def test_the_placebo_is_told_of_every_setting():
    value = json.loads(render_micro(*RUN, "json"))
    placebo = value["placebo"]
    assert (placebo["activation"], placebo["baseline"]) == ("placebo", "copy")
    for told, setting in zip(placebo["settings"], value["settings"], strict=True):
        [*_, row] = setting["rows"]
        assert (told["setting"], told["copy_ratio"]) == (setting["setting"]["id"], row["copy_ratio"])
        ratio = told["copy_ratio"]
        assert told["flagged"] == (not ratio["ci_low"] <= 1 <= ratio["ci_high"])


def test_a_loud_placebo_is_flagged_where_it_is_and_in_all():
    info, records = micro_run("relu", sizes=(1000,))
    *others, placebo = records[0].micro
    slower = placebo.model_copy(update={"call_s": tuple(1.3 * seconds for seconds in placebo.call_s)})
    loud = records[0].model_copy(update={"micro": (*others, slower)})
    text = " ".join(render_micro(info, [loud, *records[1:]], "terminal").split())
    assert text.count("FLAGGED: the placebo's ratio excludes 1") == 1
    assert "1 is outside 1 of 2 intervals" in text


def test_failed_blocks_and_own_functions_are_facts():
    info, records = micro_run("relu")
    failed = micro_record(
        micro_plan("relu").blocks[0], status="failed", error="killed", micro=(), environment=None
    )
    text = render_micro(info, [failed, *records[1:]], "terminal")
    assert "3 of 4 finished" in text
    assert "block 1000-float32-compiled-forward: killed" in text


def test_there_is_a_chart_a_mode_with_the_floor_and_the_gradients_broken():
    compiled, eager = micro_charts(estimate_micro(*RUN))
    assert (compiled.title, eager.title) == (
        "float32, compiled (broken: with gradient)",
        "float32, not compiled (broken: with gradient)",
    )
    assert compiled.logarithmic
    assert [(line.label, line.dashed) for line in compiled.lines] == [
        *((label, dashed) for label in ("relu", "swiglu", "softmax") for dashed in (False, True)),
        ("copy", False),
    ]
    assert {tuple(line.x) for line in compiled.lines} == {(1000, 1_000_000)}
    relu = compiled.lines[0]
    assert relu.y == pytest.approx([10.3, 0.31], rel=0.1)


def test_one_size_is_no_chart():
    info, records = micro_run("relu", sizes=(1000,))
    assert micro_charts(estimate_micro(info, records)) == []
    assert render_micro(info, records, "terminal").endswith("tensor itself.\n")


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_the_charts_are_a_picture(suffix, start):
    picture = to_bytes(micro_charts(estimate_micro(*RUN)), suffix)
    assert picture.startswith(start)
    if suffix == ".svg":
        for words in (b"relu", b"copy", b"not compiled", b"elements"):
            assert words in picture
