import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from actbench.analysis.comparison.changes import Changes
from actbench.analysis.comparison.gate import Gate, check_all
from actbench.report.compare.formats import CHANGES_FORMATS, render_changes
from tests.analysis.comparison.two_runs import compared, joined, small_run, with_timing, with_training
from tests.factories import SyntheticRun, make_block, make_cell, make_environment, make_info, make_run

GATE = Gate(("accuracy", "time"))
NAMES = ("relu", "leaky_relu_0.1", "tanh", "elu", "placebo")


def eventful(**options: Any) -> Changes:
    """Better, worse, diverged, one-sided, identical, under other timing and other software."""

    def accuracy(label: str, seed: int) -> float | None:
        if label == "leaky_relu_0.1":
            return 0.9 + 0.0013 * seed - 0.01
        if label == "tanh" and seed == 9:
            return None
        return 0.9 + 0.001 * seed

    old = small_run((*NAMES[:4], "gelu", "placebo"), seeds=range(10), latency_s={1: 1e-4, 128: 3e-3})
    new = small_run(
        (*NAMES[:4], "mish", "placebo"),
        seeds=range(1, 11),
        accuracy=accuracy,
        slowdown={"tanh": 1.2, "elu": 0.8},
        drift=1.02,
        latency_s={1: 1.01e-4, 128: 3.2e-3},
        environment=make_environment(
            packages={**make_environment().packages, "tensorflow": "2.22.0"}, **options.pop("environment", {})
        ),
    )
    return compared(old, with_timing(new, "22222222", inference_rounds=9), **options)


def two_machines() -> Changes:
    return eventful(environment={"cores": 4}, accept_environment=True)


def shown(changes: Changes, form: str, gate: Gate = GATE, **options: Any) -> str:
    return render_changes(changes, gate, check_all(changes, gate), form, **options)


@pytest.mark.parametrize("form", ["terminal", "markdown", "junit"])
def test_looks(form: str, snapshot: SnapshotAssertion) -> None:
    assert shown(eventful(), form) == snapshot


def test_times_of_two_machines_look_it(snapshot: SnapshotAssertion) -> None:
    assert shown(two_machines(), "terminal") == snapshot


def test_the_verdicts_come_first() -> None:
    lines = shown(eventful(), "markdown").splitlines()
    assert lines[0].startswith("# mnist")
    assert lines[2].startswith("- **accuracy**: 1 WORSE")
    assert any(line.startswith("- **failed**: tanh: training step 1.2") for line in lines[:12])


@pytest.mark.parametrize("form", CHANGES_FORMATS.names)
def test_every_format_labels_times_of_two_machines(form: str) -> None:
    text = shown(two_machines(), form)
    assert "two machines" in text.lower() or '"two_machines": true' in text
    same = shown(eventful(), form).lower()
    assert "two machines" not in same
    assert '"two_machines": true' not in same


@pytest.mark.parametrize("form", CHANGES_FORMATS.names)
def test_times_of_another_machine_are_in_no_format(form: str) -> None:
    changes = eventful(environment={"cores": 4})
    text = shown(changes, form)
    if form == "benchmark-action":  # NEW's own figures, not compared
        assert "of OLD's" not in text
    elif form == "json":
        assert [row["train_time_ratio"] for row in json.loads(text)["settings"][0]["rows"]] == [None] * 4
    else:
        assert "NEW/OLD" not in text
        assert "cores 2 and 4" in text


def test_eighty_columns_hold_every_row() -> None:
    run = make_run()
    lines = shown(compared(run, make_run(seeds=5)), "terminal").splitlines()
    assert max(map(cell_len, lines)) <= 80
    for label in run.info.activations[:-1]:
        rows = [line for line in lines if line.startswith(f"{label}  ")]
        assert len(rows) == 5, label  # accuracy, three times, levels


def test_json() -> None:
    value = json.loads(shown(eventful(), "json"))
    assert set(value) == {
        "old", "new", "machines", "software", "verdict", "gate", "settings", "left_out",
    }  # fmt: skip
    assert value["software"] == [{"name": "tensorflow", "old": "2.21.0", "new": "2.22.0"}]
    assert {"side": "new", "setting": "22222222", "what": "activation mish", "reason": ""} in value[
        "left_out"
    ]
    [setting] = value["settings"]
    assert (setting["setting"]["id"], setting["setting"]["old_id"]) == ("22222222", "11111111")
    rows = {row["activation"]: row for row in setting["rows"]}
    assert list(rows) == list(NAMES[:-1])
    assert rows["relu"]["identical"] is True
    assert rows["leaky_relu_0.1"]["accuracy_diff"]["verdict"] == "WORSE"
    assert rows["tanh"]["diverged"] == {"old": 0, "new": 1}
    assert rows["tanh"]["train_time_ratio"]["estimate"] == pytest.approx(1.2 * 1.02, rel=1e-3)
    assert rows["tanh"]["train_time_ratio_to_baseline"]["estimate"] == pytest.approx(1.2, rel=1e-3)
    assert [entry["batch_size"] for entry in rows["elu"]["inference"]] == [1, 128]
    failed = {
        (check["activation"], check["quantity"])
        for check in value["gate"]["checks"]
        if check["ruling"] == "failed"
    }
    assert ("tanh", "training step") in failed
    assert ("leaky_relu_0.1", "accuracy") in failed
    assert json.loads(shown(eventful(), "json", Gate()))["gate"] is None


def test_json_has_null_for_what_is_not_there() -> None:
    one = json.loads(shown(compared(small_run(seeds=[0]), small_run(seeds=[0])), "json"))
    assert one["settings"][0]["rows"][0]["train_time_ratio"]["ci_low"] is None


def cases(text: str) -> dict[str, ET.Element]:
    return {case.attrib["name"]: case for case in ET.fromstring(text).iter("testcase")}  # our own


def test_junit_fails_what_the_gate_fails_and_skips_what_nobody_can_tell() -> None:
    found = cases(shown(eventful(), "junit"))
    assert len(found) == 4 * 4 + 4 + 4  # compared, measured of OLD's gelu, left out
    assert found["tanh: training step"].find("failure") is not None
    assert found["relu: accuracy"].find("failure") is None
    assert found["relu: accuracy"].find("skipped") is None
    skipped = found["tanh: accuracy"].find("skipped")
    assert skipped is not None
    assert "diverged 0 of 10 in OLD, 1 of 10 in NEW" in skipped.attrib["message"]


def test_junit_skips_what_is_left_out_with_the_reason() -> None:
    found = cases(shown(eventful(), "junit", Gate()))
    left_out = {name: case for name, case in found.items() if name.startswith("left out: ")}
    assert list(left_out) == [
        "left out: activation mish",
        "left out: activation gelu",
        "left out: seed 0",
        "left out: seed 10",
    ]
    messages = [case.find("skipped").attrib["message"] for case in left_out.values()]  # type: ignore[union-attr]
    assert messages[1] == "activation gelu of setting 22222222 (in OLD only)"


def test_junit_skips_what_the_gate_misses() -> None:
    found = cases(shown(eventful(), "junit", Gate(("time",))))
    skipped = found["gelu: training step"].find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "gelu: training step is in OLD only (setting 22222222)"
    assert "gelu: accuracy" not in found


def test_what_is_undecided_stands_with_its_reason() -> None:
    lines = shown(eventful(), "markdown").splitlines()
    assert "- **undecided**: accuracy: tanh diverged 0 of 10 in OLD, 1 of 10 in NEW" in lines
    assert "- **undecided**: training step: gelu is in OLD only" in lines


def test_junit_fails_a_training_that_always_diverges() -> None:
    lost = small_run(accuracy=lambda label, seed: None if label == "tanh" else 0.9 + 0.001 * seed)
    failure = cases(shown(compared(small_run(), lost), "junit"))["tanh: accuracy"].find("failure")
    assert failure is not None
    assert "diverged 0 of 6 in OLD, 6 of 6 in NEW" in failure.attrib["message"]


@pytest.mark.parametrize("form", CHANGES_FORMATS.names)
def test_a_run_in_which_everything_diverged_is_shown(form: str) -> None:
    text = shown(compared(small_run(), small_run(accuracy=lambda *_: None)), form)
    assert ("diverged 0 of 6 in OLD, 6 of 6 in NEW" in text) == (form != "benchmark-action")
    assert form != "benchmark-action" or json.loads(text) == []


def test_junit_counts_what_it_holds() -> None:
    root = ET.fromstring(shown(eventful(), "junit"))  # our own
    for element in (root, *root.iter("testsuite")):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
            assert int(element.attrib[name]) == len(list(element.iter(tag)))
        assert int(element.attrib["failures"]) > 0


def test_junit_without_a_gate_skips_the_inconclusive() -> None:
    changes = compared(small_run(seeds=[0]), small_run(seeds=[0], slowdown={"tanh": 2.0}))
    found = cases(shown(changes, "junit", Gate()))
    assert found["tanh: training step"].find("skipped") is not None
    assert found["tanh: accuracy"].find("skipped") is None  # identical
    assert not any(case.find("failure") is not None for case in found.values())


def test_labels_may_hold_anything() -> None:
    label = """<&"'>|*_[x](y)`"""
    changes = compared(
        *(small_run(("relu", label, "placebo"), slowdown={label: factor}) for factor in (1, 2))
    )
    assert f"{label}: training step" in cases(shown(changes, "junit"))
    assert label in shown(changes, "terminal")
    names = [entry["name"] for entry in json.loads(shown(changes, "benchmark-action"))]
    assert f"mnist/11111111/{label}/training step" in names


def test_benchmark_action_has_every_figure_of_new_smaller_is_better() -> None:
    entries = {entry["name"]: entry for entry in json.loads(shown(eventful(), "benchmark-action"))}
    assert len(entries) == 5 * 4  # mish, too, which OLD lacks
    assert all(set(entry) <= {"name", "unit", "value", "range", "extra"} for entry in entries.values())
    assert all(isinstance(entry["value"], float) for entry in entries.values())
    step = entries["mnist/22222222/tanh/training step"]
    assert step["unit"] == "s/step"
    assert step["value"] == pytest.approx(0.01 * 1.2 * 1.02, rel=1e-3)
    assert step["range"].startswith("± ")
    assert "WORSE" in step["extra"]
    error = entries["mnist/22222222/relu/test error"]
    assert (error["unit"], error["value"]) == ("%", pytest.approx(100 * (1 - (0.9 + 0.001 * 5.5))))
    assert "of OLD's" not in entries["mnist/22222222/mish/training step"]["extra"]
    assert entries["mnist/22222222/relu/inference, batch size 128"]["unit"] == "s/call"


def test_a_range_reaches_to_the_farther_bound() -> None:
    low, high = make_cell(accuracy=0.9), make_cell(accuracy=1.0)
    run = SyntheticRun(
        make_info(("relu",), seeds=2, placebo=None),
        [make_block([cell], seed=seed) for seed, cell in enumerate((low, high))],
    )
    [error, *_] = json.loads(shown(compared(run, run), "benchmark-action"))
    assert error["name"].endswith("relu/test error")
    # the mean is 5 %, and no error lies below 0: the other bound is Student's, of two seeds
    assert error["range"] == f"± {12.7062 * 5:.3g}"


def test_without_an_interval_there_is_no_range() -> None:
    run = small_run(seeds=[0])
    assert not any("range" in entry for entry in json.loads(shown(compared(run, run), "benchmark-action")))


@pytest.mark.parametrize("form", CHANGES_FORMATS.names)
def test_nothing_in_common_is_shown_nevertheless(form: str) -> None:
    old, new = small_run(), with_training(small_run(), "22222222", epochs=9)
    text = shown(compared(old, new), form, Gate())
    if form == "junit":
        assert [suite.attrib["name"] for suite in ET.fromstring(text)] == ["mnist.11111111", "mnist.22222222"]
        assert [case.find("skipped") is not None for case in cases(text).values()] == [True]
    elif form == "benchmark-action":
        assert len(json.loads(text)) == 4
    else:
        assert "11111111" in text
        assert "22222222" in text


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (small_run(drift=1.2), True),
        (small_run(drift=1.2, slowdown={"tanh": 1.1}), False),
        (small_run(), False),
        (small_run(drift=1.2, baseline="tanh"), False),
    ],
)
def test_that_all_moved_alike_is_said(new: SyntheticRun, said: bool) -> None:
    text = shown(compared(jittered(small_run()), jittered(new, 1)), "markdown", Gate())
    assert ("All activations moved alike: the machine drifted" in text) == said


def jittered(run: SyntheticRun, phase: int = 0) -> SyntheticRun:
    """With noise of 1e-4 inside the blocks, so that ratios to the baseline have intervals."""
    records = [
        record.model_copy(
            update={
                "cells": tuple(
                    cell.model_copy(
                        update={
                            "slice_s": tuple(
                                value * (1 + 1e-4 * ((record.seed + place + phase) % 3 - 1))
                                for value in cell.slice_s
                            )
                        }
                    )
                    for place, cell in enumerate(record.cells)
                )
            }
        )
        for record in run.records
    ]
    return SyntheticRun(run.info, records)


def test_no_common_seed_is_said() -> None:
    text = shown(compared(small_run(seeds=range(6)), small_run(seeds=range(6, 12))), "markdown")
    assert "relu, tanh: no seed ended well in both; two independent samples" in text
    assert "left out" not in text  # all figures are over all seeds of their runs
    note = (
        "NEW less OLD, in percentage points, of two means that share no seed (n: OLD's + NEW's), with Welch's"
    )
    assert note in text
    assert "both have" not in text


def test_seeds_of_one_run_are_left_out_of_what_is_paired_alone() -> None:
    text = shown(compared(small_run(seeds=range(6)), small_run(seeds=range(2, 7))), "markdown")
    had = "differences paired by seed leave {} out, other figures do not"
    assert f"- **left out**: seeds 0, 1 of setting 11111111: in OLD only; {had.format('them')}" in text
    assert f"- **left out**: seed 6 of setting 11111111: in NEW only; {had.format('it')}" in text
    assert "paired by seed, mean over the n seeds that both have" in text
    assert "share no seed" not in text


def test_one_activation_may_pair_and_another_not() -> None:
    old = small_run(
        seeds=range(6), accuracy=lambda label, seed: None if (label, seed) == ("tanh", 5) else 0.9
    )
    text = shown(compared(old, small_run(seeds=range(5, 9))), "markdown")
    assert "mean over the n seeds that both have, with its 95 % interval; or of two means that" in text


def test_a_run_without_the_blocks_of_a_setting_shares_nothing() -> None:
    old = joined(small_run(setting="a"), small_run(setting="b"))
    records = [record for record in old.records if record.setting == "a"]
    text = shown(compared(old, SyntheticRun(old.info, records)), "markdown")
    assert "- **left out**: seeds 0, 1, 2, 3, 4, 5 of setting b (in OLD only)" in text


@pytest.mark.parametrize("form", CHANGES_FORMATS.names)
def test_the_same_comparison_is_the_same_text(form: str) -> None:
    run = make_run(("relu", "tanh", "placebo"))
    backwards = SyntheticRun(run.info, run.records[::-1])
    assert shown(compared(run, run), form) == shown(compared(backwards, run), form)


def having_tuned(**rates: float) -> SyntheticRun:
    run = small_run()
    records = [
        record.model_copy(
            update={
                "cells": tuple(
                    cell.model_copy(update={"tuned": {"train.learning_rate": rates[cell.activation]}})
                    for cell in record.cells
                )
            }
        )
        for record in run.records
    ]
    return SyntheticRun(run.info, records)


def test_other_values_of_tuned_runs_are_told() -> None:
    old = having_tuned(relu=0.01, tanh=0.01, placebo=0.01)
    new = having_tuned(relu=0.01, tanh=0.1, placebo=0.01)
    told = "tuned**: to other values: tanh learning_rate 0.01 in OLD, 0.1 in NEW"
    assert told in shown(compared(old, new), "markdown")
    assert "tuned" not in shown(compared(old, old), "markdown")
