import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.keras_objects import InitConfig
from actbench.plan.cell import plan_cell
from actbench.plan.describe import describe_cells
from actbench.records.run import ActivationInfo
from actbench.report import build
from actbench.report.activation_facts import activation_facts, format_initializers, parameter_facts
from tests.factories import SyntheticRun, make_block, make_cell, make_info

KERAS = "keras (glorot_uniform, the default of Dense)"


def described(*entries: Any, init: str = "keras") -> tuple[ActivationInfo, ...]:
    """What run.json says of a config's entries."""
    cells = [plan_cell(ActivationConfig.model_validate(entry), InitConfig(name=init)) for entry in entries]
    return describe_cells(cells)


def facts(*entries: Any) -> list[tuple[str, str]]:
    told = described(*entries)
    return list(activation_facts(told, "placebo"))


def run_of(*entries: Any, parameters: dict[str, int] | None = None) -> SyntheticRun:
    """Three seeds of each, and a placebo of the first."""
    first = {**(entries[0] if isinstance(entries[0], dict) else {"name": entries[0]}), "label": "placebo"}
    told = described(*entries, first)
    labels = [entry.label for entry in told]
    blocks = [
        make_block(
            [
                make_cell(
                    label,
                    accuracy=0.9 + 0.001 * seed,
                    slice_s=(0.1, 0.1 + 0.001 * seed),
                    latency_s={1: (1e-4, 1.01e-4)},
                    parameters=(parameters or {}).get(label, 1_000),
                )
                for label in labels
            ],
            seed=seed,
        )
        for seed in range(3)
    ]
    info = make_info(labels, baseline=labels[0], described=told, inference_batch_sizes=(1,))
    return SyntheticRun(info, blocks)


def shown(run: SyntheticRun, form: str = "terminal", **options: Any) -> str:
    return build.render(build.build(run.info, run.records), form, **options)


def test_an_initializer_that_all_share_is_told_alone() -> None:
    assert format_initializers(described("relu", "tanh")) == [KERAS]
    assert format_initializers(described("relu", "tanh", init="he_normal")) == ["he_normal"]


def test_others_are_told_with_their_activations() -> None:
    he = {"name": "relu", "label": "relu_he", "init": "he_normal"}
    assert format_initializers(described("relu", he)) == [f"{KERAS}: relu", "he_normal: relu_he"]
    assert format_initializers(described("relu", "elu", "tanh", he)) == [
        "he_normal: relu_he",
        f"{KERAS}: all others",
    ]


def test_what_the_catalogue_recommends_is_told_by_its_name() -> None:
    told = described("selu", "silu", "tanh", init="recommended")
    assert format_initializers(told) == [
        "lecun_normal: selu",
        "he_normal: silu",
        "glorot_uniform: tanh",
    ]


def test_a_matched_gain_stands_beside_its_activation() -> None:
    expr = {"expr": "2 * x", "label": "double"}
    assert format_initializers(described("relu", "linear", expr, init="moment_matched")) == [
        "moment_matched: relu (normal, gain 1.414), linear (normal, gain 1), double (normal, gain 0.5)"
    ]


def test_arguments_of_an_initializer_are_told() -> None:
    init = {"name": "random_normal", "params": {"stddev": 0.01}}
    assert format_initializers(described({"name": "relu", "init": init})) == ["random_normal (stddev 0.01)"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("relu", None),
        ("glu", None),
        ({"expr": "x*sigmoid(x)"}, None),
        ({"name": "relu", "label": "mine"}, "mine: relu"),
        ({"name": "leaky_relu", "params": {"negative_slope": 0.1}}, "leaky_relu: negative_slope 0.1"),
        ("swish_beta", "swish_beta: trained"),
        ("step", "step: surrogate none"),
        (
            {"name": "elu", "params": {"alpha": 1.00000001}, "label": "nearly"},
            "nearly: elu, alpha 1.00000001",
        ),
        (
            {"expr": "x*sigmoid(b*x)", "params": {"b": 1.702}, "trainable": True, "label": "quick"},
            "quick: expr x * sigmoid(b * x), b 1.702, trained",
        ),
    ],
)
def test_a_function_is_told_where_its_label_does_not_say_it(entry: Any, told: str | None) -> None:
    assert [text for name, text in facts(entry) if name == "function"] == ([] if told is None else [told])


def test_labels_of_the_same_function_are_told_together() -> None:
    others = [
        {"name": "relu", "label": label, "init": init} for label, init in (("a", "ones"), ("b", "zeros"))
    ]
    told = [text for name, text in facts("relu", *others, "step") if name == "function"]
    assert told == ["a, b: relu", "step: surrogate none"]


def test_an_imported_function_is_told_with_the_hash_of_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_functions.py").write_text("def wave(x):\n    return x\n")
    monkeypatch.chdir(tmp_path)
    entry = {"import": "my_functions:wave"}
    [(_, text)] = [fact for fact in facts("relu", entry) if fact[0] == "function"]
    sha256 = described(entry)[0].source_sha256
    assert sha256 is not None
    assert text == f"wave: import my_functions:wave, source {sha256[:8]}"
    assert "†" not in shown(run_of("relu", entry))  # whether it is element-wise nobody knows


def test_gated_units_are_told_with_what_is_matched() -> None:
    told = facts("relu", "glu", {"name": "swiglu", "match": "width"}, "geglu")
    gated = [text for name, text in told if name == "gated"]
    assert [text.partition(":")[0] for text in gated] == ["glu, geglu", "swiglu"]
    assert "as many parameters as the plain one, within 1 %" in gated[0]
    assert "more parameters" in gated[1]
    assert not [name for name, _ in facts("relu", "tanh") if name == "gated"]


def test_twins_are_told_once_each_and_the_placebo_is_none() -> None:
    same = [text for name, text in facts("elu", "celu", "tanh") if name == "same"]
    assert same == ["celu computes what elu does: how their scores differ is noise"]
    text = shown(run_of("relu", "tanh"), "markdown")
    assert "- **same**" not in text


def test_twins_from_other_weights_are_no_twins() -> None:
    told = facts("relu", {"name": "relu", "label": "relu_he", "init": "he_normal"})
    assert not [name for name, _ in told if name == "same"]


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_what_is_not_element_wise_is_marked_in_every_table(form: str) -> None:
    text = shown(run_of("relu", "softmax", "glu"), form)
    rows = re.findall(r"^(?:\| )?(?:relu|softmax|glu|placebo)(?: \S)? .*\d(?: \|)?$", text, re.MULTILINE)
    softmax = [row for row in rows if "softmax" in row]
    assert len(softmax) == 7  # accuracy, time, costs, front, inference and two metrics
    assert all(re.match(r"(\| )?softmax † ", row) for row in softmax)
    assert not any("†" in row for row in rows if "softmax" not in row)
    assert text.count("†: not element-wise") == 1
    assert "†" not in shown(run_of("relu", "glu"), form)


def test_parameters_are_told_where_they_differ() -> None:
    run = run_of("relu", "prelu", "glu", "geglu", parameters={"glu": 990, "geglu": 990, "prelu": 1_256})
    assert "- **parameters**: 1,000 with relu, but 990 with glu, geglu; 1,256 with prelu\n" in shown(
        run, "markdown"
    )
    assert "**parameters**" not in shown(run_of("relu", "tanh"), "markdown")


def test_parameters_are_beside_the_baselines_even_where_it_is_the_odd_one() -> None:
    run = run_of("glu", "relu", "tanh", parameters={"glu": 990, "placebo": 990})
    rows = build.build(run.info, run.records).estimates.settings[0].rows
    assert parameter_facts(rows, "glu") == (("parameters", "990 with glu, but 1,000 with relu, tanh"),)


def test_scripts_read_all_of_it() -> None:
    run = run_of("relu", "softmax", "glu", parameters={"glu": 990})
    content = json.loads(shown(run, "json"))
    assert content["run"]["activations"][2] == {
        "label": "glu",
        "definition": "glu, match params",
        "init": KERAS,
        "element_wise": False,
        "match": "params",
        "twin_of": None,
        "source_sha256": None,
    }
    assert [entry["label"] for entry in content["run"]["activations"]] == list(run.info.activations)
    rows = {row["activation"]: row for row in content["settings"][0]["rows"]}
    assert {label: (row["element_wise"], row["parameters"]) for label, row in rows.items()} == {
        "relu": (True, 1_000),
        "softmax": (False, 1_000),
        "glu": (False, 990),
        "placebo": (True, 1_000),
    }
    for table in ("accuracy", "time", "inference"):
        flat = {row["activation"]: row for row in csv.DictReader(io.StringIO(shown(run, "csv", table=table)))}
        assert (flat["softmax"]["element_wise"], flat["glu"]["parameters"]) == ("false", "990")


def test_of_an_older_run_nothing_is_said() -> None:
    info = make_info(("relu", "softmax", "placebo"))
    assert activation_facts(info.described, info.placebo) == ()
    blocks = [make_block([make_cell(label) for label in info.activations], seed=seed) for seed in range(3)]
    run = SyntheticRun(info, blocks)
    assert not set("†") & set(shown(run))
    content = json.loads(shown(run, "json"))
    assert content["run"]["activations"] == []
    assert {row["element_wise"] for row in content["settings"][0]["rows"]} == {None}


def test_the_models_initializer_is_told_by_activation_alone() -> None:
    run = run_of({"name": "relu", "init": "he_normal"}, {"name": "tanh", "init": "he_normal"})
    [setting] = run.info.settings
    model = {"hidden_units": [128, 128], "init": {"name": "keras", "params": {}}}
    described_so = setting.model_copy(update={"description": {**setting.description, "model": model}})
    run = SyntheticRun(run.info.model_copy(update={"settings": (described_so,)}), run.records)
    assert "- **model**: hidden_units [128, 128]\n" in shown(run, "markdown")
    assert "- **initializer**: he_normal\n" in shown(run, "markdown")
    assert json.loads(shown(run, "json"))["settings"][0]["setting"]["model"] == model


@pytest.mark.parametrize(
    ("entries", "alike"),
    [
        (("relu", "tanh"), True),
        (("relu", "glu"), False),
        (("relu", {"name": "tanh", "init": "he_normal"}), False),
        (({"name": "relu", "init": "he_normal"}, {"name": "tanh", "init": "he_normal"}), True),
    ],
)
def test_initial_weights_are_called_the_same_where_they_are(entries: tuple[Any, ...], alike: bool) -> None:
    text = shown(run_of(*entries), "markdown", table="accuracy")
    assert ("paired by seed (same initial weights, same batches)" in text) is alike
    assert ("(same batches, and the same initial weights where" in text) is not alike
