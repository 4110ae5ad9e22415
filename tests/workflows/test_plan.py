import json
import re
from pathlib import Path

import pytest

from actbench.analysis.design import TYPICAL_SD
from actbench.environment import describe_environment
from actbench.execution.protocol import Finished
from actbench.report.plan import outline_to_json, outline_to_text
from actbench.workflows import plan
from actbench.workflows.plan import make_outline
from actbench.workflows.run import run_benchmark
from tests.fake_worker import record_of

SMOKE, THREE = Path("configs/smoke.yaml"), ("seeds=3",)


def measured(blocks):
    """Tanh and gelu gain a point over relu from seed to seed."""
    for block in blocks:
        record = record_of(block)
        cells = tuple(
            cell.model_copy(update={"test_score": 0.5 + (cell.activation != "relu") * 0.01 * block.seed})
            for cell in record.cells
        )
        yield Finished(record=record.model_copy(update={"cells": cells}))


@pytest.fixture
def done(tmp_path):
    return run_benchmark(SMOKE, tmp_path, overrides=THREE, execute=measured)


def test_a_finished_run_is_read_once_for_what_is_left_and_for_its_spread(done, tmp_path, monkeypatch):
    read, open_run = [], plan.open_run
    monkeypatch.setattr(plan, "open_run", lambda path: read.append(path) or open_run(path))
    found = make_outline(SMOKE, THREE, tmp_path)
    assert (found.folder, found.pending) == (done.path, ())
    assert found.design.sd == pytest.approx(0.01)
    assert read == [done.path]


def sources(found):
    return {estimate.source for estimate in found.estimates.values()}


HERE = "smoke/{} on this machine"
REFERENCE = {"the reference run of another machine"}


def test_the_time_is_that_of_the_most_similar_setting_measured_here(done, tmp_path):
    wider = run_benchmark(
        SMOKE, tmp_path, overrides=["seeds=1", "model.hidden_units=[256]"], execute=measured
    )
    widths = {64: done, 80: done, 200: wider, 300: wider}
    for width, run in widths.items():
        found = make_outline(SMOKE, ("seeds=2", f"model.hidden_units=[{width}]"), tmp_path)
        assert sources(found) == {HERE.format(run.info.run_id)}
    found = make_outline(SMOKE, ("seeds=2", "model.hidden_units=[20000]"), tmp_path)
    assert sources(found) == REFERENCE  # no steps here are nearly as large
    both = make_outline(SMOKE, ("seeds=2", "sweep={model.hidden_units: [[64], [256]]}"), tmp_path)
    assert sources(both) == {HERE.format(run.info.run_id) for run in (done, wider)}


def test_the_blocks_of_an_unfinished_run_say_what_the_rest_takes(done, tmp_path):
    ledger = done.path / "ledger.jsonl"
    ledger.write_text(ledger.read_text().partition("\n")[0] + "\n")
    found = make_outline(SMOKE, THREE, tmp_path)
    assert (len(found.pending), sources(found)) == (2, {HERE.format(done.info.run_id)})
    ledger.write_text("")
    assert sources(make_outline(SMOKE, THREE, tmp_path)) == REFERENCE


def test_a_run_of_another_machine_says_nothing_about_this_one(done, tmp_path):
    ledger = done.path / "ledger.jsonl"
    cores = describe_environment().cores
    text = ledger.read_text()
    ledger.write_text(text.replace(f'"cores": {cores},', f'"cores": {cores + 1},'))
    assert ledger.read_text() != text
    assert sources(make_outline(SMOKE, ("seeds=4",), tmp_path)) == REFERENCE


def test_a_run_that_does_not_say_how_wide_its_data_is_says_nothing(done, tmp_path):
    info = json.loads((done.path / "run.json").read_text())
    [data] = info["dataset"].values()
    data["features"] = 0
    (done.path / "run.json").write_text(json.dumps(info))
    assert sources(make_outline(SMOKE, ("seeds=4",), tmp_path)) == REFERENCE


def test_no_activation_is_imported_and_no_data_read_to_estimate_the_time(done, tmp_path):
    info = json.loads((done.path / "run.json").read_text())
    info["config"]["activations"] = [{"import": "a.package.that.is.gone:f", "label": "relu"}]
    (done.path / "run.json").write_text(json.dumps(info))
    assert sources(make_outline(SMOKE, ("seeds=4",), tmp_path)) == {HERE.format(done.info.run_id)}
    info["config"]["train"]["optimizer"] = "of another version"
    (done.path / "run.json").write_text(json.dumps(info))
    assert sources(make_outline(SMOKE, ("seeds=4",), tmp_path)) == REFERENCE


def test_measuring_it_again_leaves_all_to_do_and_the_spread_known(done, tmp_path):
    found = make_outline(SMOKE, THREE, tmp_path, fresh=True)
    assert found.pending == found.plan.blocks
    assert found.sd_source.startswith("observed")


def test_a_run_that_cannot_be_read_is_as_good_as_none(done, tmp_path):
    (done.path / "run.json").write_text("{")
    found = make_outline(SMOKE, THREE, tmp_path)
    assert found.pending == found.plan.blocks
    assert found.design.sd == TYPICAL_SD


SINE = ("dataset={name: sine, validation: 100}", "seeds=3")


def test_no_spread_is_invented_for_what_is_no_accuracy(tmp_path):
    found = make_outline(SMOKE, SINE, tmp_path)
    text = outline_to_text(found)
    lines = dict(re.findall(r"^(.*?)  +(.*)$", text, flags=re.MULTILINE))
    assert lines["standard deviation"] == "not known for R²; give one to plan with it"
    assert lines["seeds needed"] == (
        "7 to decide any comparison; to detect a difference, that depends on the standard deviation"
    )
    assert lines["smallest p"].startswith("0.25 with 3 seed(s)")
    assert not {"detectable difference", "equivalence"} & set(lines)
    figures = json.loads(outline_to_json(found))["r2"]
    assert {name for name, value in figures.items() if value is None} == {
        "sd", "detectable_difference", "seeds_to_detect_margin", "half_width", "equivalence_power",
        "seeds_to_show_equivalence",
    }  # fmt: skip


def test_a_spread_that_is_given_or_was_measured_plans_for_r2_too(tmp_path):
    given = make_outline(SMOKE, SINE, tmp_path, sd=0.05)
    assert f"{'standard deviation':<23}0.05 from seed to seed, given" in outline_to_text(given).splitlines()
    run_benchmark(SMOKE, tmp_path, overrides=SINE, execute=measured)
    assert make_outline(SMOKE, SINE, tmp_path).design.sd == pytest.approx(0.01)


GATED = ("activations=[relu, glu, {name: swiglu, match: width}, reglu, {name: elu, init: moment_matched}]",)


def test_gated_layers_are_told_with_widths_and_parameters(tmp_path):
    found = make_outline(SMOKE, GATED, tmp_path)
    [setting] = found.plan.settings
    matched, wide, _ = found.gated(setting)
    plain = 785 * 64 + 65 * 10
    assert (matched.label, matched.plain, wide.plain) == ("glu", plain, plain)
    [width] = matched.hidden_units
    assert matched.parameters == 2 * 785 * width + (width + 1) * 10
    assert abs(matched.parameters - plain) <= 0.01 * plain
    assert (wide.label, wide.hidden_units, wide.parameters) == ("swiglu", (64,), 2 * 785 * 64 + 65 * 10)
    lines = outline_to_text(found).splitlines()
    assert (
        f"{'gated units':<23}glu, reglu: hidden units [{width}], {matched.parameters:,} parameters; "
        "50,890 without gates" in lines
    )
    assert f"{'initializer':<23}moment_matched (normal, gain 1.245): elu" in lines
    value = json.loads(outline_to_json(found))
    assert [gated["parameters"] for gated in value["settings"][0]["gated"]] == [
        matched.parameters,
        wide.parameters,
        matched.parameters,
    ]
    assert [entry["label"] for entry in value["settings"][0]["described"]] == value["activations"]


def test_a_placebo_of_a_gated_unit_is_not_told_again(tmp_path):
    found = make_outline(SMOKE, ("activations=[glu, relu]", "baseline=glu"), tmp_path)
    assert [gated.label for gated in found.gated(found.plan.settings[0])] == ["glu"]
    matched = make_outline(
        SMOKE, ("activations=[relu, {name: relu, init: moment_matched, label: b}]", "baseline=b"), tmp_path
    )
    assert (
        f"{'initializer':<23}moment_matched (normal, gain 1.414): b" in outline_to_text(matched).splitlines()
    )


def test_every_setting_of_a_sweep_is_told_with_what_it_costs(tmp_path):
    overrides = ["sweep={train.epochs: [1, 40], model.init: [keras, he_normal]}", "seeds=2"]
    plan = make_outline(SMOKE, overrides, tmp_path)
    text = outline_to_text(plan)
    settings = [line for line in text.splitlines() if line.startswith("setting ")]
    assert [line.partition(":")[0] for line in settings] == [
        f"{'setting':<23}epochs 1, init keras",
        f"{'setting':<23}epochs 1, init he_normal",
        f"{'setting':<23}epochs 40, init keras",
        f"{'setting':<23}epochs 40, init he_normal",
    ]
    assert all("2 block(s) pending, about " in line for line in settings)
    assert text.count(f"{'initializer':<23}he_normal") == 2
    value = json.loads(outline_to_json(plan))
    assert [setting["name"] for setting in value["settings"]] == [
        "epochs 1, init keras",
        "epochs 1, init he_normal",
        "epochs 40, init keras",
        "epochs 40, init he_normal",
    ]
    costs = [setting["time_s"] for setting in value["settings"]]
    assert costs[2] > costs[0]
    assert sum(costs) == value["time_s"]


def test_that_nothing_is_compared_is_told_of_the_settings_where_that_is_so(tmp_path):
    linear = "there is no hidden layer to apply an activation: all of them are the same linear model"

    def warnings(*overrides):
        return make_outline(SMOKE, (*overrides, "seeds=7"), tmp_path).warnings

    assert warnings("model.hidden_units=[]") == (linear,)
    assert warnings("model.hidden_units=[]", "sweep={train.epochs: [1, 2]}") == (linear,)
    some = "sweep={model.hidden_units: [[], [8]], train.epochs: [1, 2]}"
    assert warnings(some) == (f"hidden_units [], epochs 1; hidden_units [], epochs 2: {linear}",)
    assert warnings() == ()
