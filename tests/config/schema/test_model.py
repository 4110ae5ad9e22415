"""The long form of a model, and what a mistake in it is told to be."""

import pytest
from pydantic import ValidationError

from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.model import ModelConfig
from actbench.plan.build import make_plan
from actbench.plan.models import Setting
from tests.config.configs import fine_data

LAYERS = [
    {"dense": 64, "activation": "relu"},
    "batch_norm",
    {"batch_norm": {"momentum": 0.9}},
    {"residual": [{"dense": 256, "activation": "*"}, "layer_norm", {"dense": 64}]},
    {"activation": "*"},
    {"dropout": 0.2},
    {"alpha_dropout": 0.1},
]


def mistakes(model, **changes):
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(model=model, **changes))
    return [(".".join(map(str, item["loc"])), item["msg"]) for item in caught.value.errors()]


def one(model, **changes):
    (found,) = mistakes(model, **changes)
    return found


def test_layers_survive_a_round_trip_and_are_written_as_in_the_config():
    model = ModelConfig.model_validate({"layers": LAYERS, "output": "softmax"})
    assert model.model_dump(mode="json")["layers"] == LAYERS
    assert ModelConfig.model_validate(model.model_dump()) == model
    assert ModelConfig.model_validate_json(model.model_dump_json()) == model
    assert model.compares


def test_a_setting_reaches_the_worker_as_it_was_planned():
    train = {
        "optimizer": {"name": "sgd", "params": {"momentum": 0.9, "nesterov": True}},
        "learning_rate": {"schedule": "piecewise_constant_decay", "boundaries": [5], "values": [0.1, 0.01]},
        "batch_size": 8,
        "epochs": 2,
        "early_stopping": {"patience": 3},
    }
    model = {"layers": LAYERS, "kernel_regularizer": {"l2": 1e-4}}
    plan = make_plan(BenchConfig.model_validate(fine_data(model=model, train=train)))
    (setting,) = plan.settings
    assert Setting.model_validate_json(setting.model_dump_json()) == setting
    assert setting.train.model_dump(mode="json") == train | {
        "loss": None,
        "early_stopping": {"patience": 3, "min_delta": 0.0, "restore_best": True},
    }


def test_hidden_units_are_dense_layers_with_the_activation_under_test():
    short = ModelConfig.model_validate({"hidden_units": [8, 4]})
    long = ModelConfig.model_validate(
        {"layers": [{"dense": 8, "activation": "*"}, {"dense": 4, "activation": "*"}]}
    )
    assert short.network == long.network


def test_a_linear_model_is_allowed_and_compares_nothing():
    config = BenchConfig.model_validate(fine_data(model={"hidden_units": []}))
    assert config.model.network == ()
    assert not config.model.compares


def test_new_keys_change_no_id():
    plain = make_plan(BenchConfig.model_validate(fine_data()))
    train = fine_data()["train"] | {"optimizer": {"name": "adam", "params": {}}, "early_stopping": None}
    model = {"hidden_units": [128, 64], "layers": None, "output": "logits", "kernel_regularizer": None}
    assert make_plan(BenchConfig.model_validate(fine_data(train=train, model=model))).run_id == plain.run_id
    other = fine_data()["train"] | {"optimizer": {"name": "adam", "params": {"beta_1": 0.8}}}
    assert make_plan(BenchConfig.model_validate(fine_data(train=other))).run_id != plain.run_id


KINDS = "dense, activation, dropout, alpha_dropout, batch_norm, layer_norm"
ELSEWHERE = "use it under activations, or use another name here"
TESTED = {"dense": 4, "activation": "*"}


@pytest.mark.parametrize(
    ("layer", "path", "sentence"),
    [
        ({"dens": 3}, ".dens", f"unknown key; allowed: {KINDS}, residual; did you mean 'dense'?"),
        ({}, "", f"names no layer; use one of {KINDS}, residual"),
        ({"dropout": 1}, ".dropout", "1 is not below 1; allowed: a number at least 0 and below 1"),
        (
            {"dense": 3, "dropout": 0.1},
            ".dropout",
            "dense defines this layer already; make it a layer of its own",
        ),
        (
            {"activation": "relu", "batch_norm": {}},
            ".batch_norm",
            "activation defines this layer already; make it a layer of its own",
        ),
        ({"dense": 0}, ".dense", "0 is too small; allowed: 1 to 65536"),
        (
            {"dense": 3, "activation": "rellu"},
            ".activation",
            "'rellu' is not a known activation; allowed: \"*\" for the one under test, "
            "or a name of the catalogue; did you mean 'relu'?",
        ),
        (
            {"dense": 3, "activation": "swiglu"},
            ".activation",
            f"'swiglu' takes a layer of twice its width; {ELSEWHERE}",
        ),
        (
            {"dense": 3, "activation": "threshold"},
            ".activation",
            f"'threshold' needs parameters; {ELSEWHERE}",
        ),
        (
            {"residual": []},
            ".residual",
            'the list is empty; add at least one item, such as [{dense: 64, activation: "*"}]',
        ),
        (
            {"residual": [{"residual": [TESTED]}]},
            ".residual.0.residual",
            "blocks cannot be nested; put its layers beside the others, or into a block of their own",
        ),
        (
            {"batch_norm": {"momentm": 0.9}},
            ".batch_norm.momentm",
            "unknown key; allowed: momentum, epsilon; did you mean 'momentum'?",
        ),
        (
            "btch_norm",
            "",
            "'btch_norm' is not a mapping; allowed: batch_norm, layer_norm, or a mapping with the keys "
            f"{KINDS}, residual",
        ),
    ],
)
def test_one_wrong_layer_gets_one_sentence(layer, path, sentence):
    assert one({"layers": [TESTED, layer]}) == (f"model.layers.1{path}", sentence)


@pytest.mark.parametrize(
    ("model", "path", "start"),
    [
        ({}, "model.hidden_units", "is missing; needed: the width of each hidden layer"),
        ({"hidden_units": [3], "layers": [TESTED]}, "model.layers", "hidden_units defines the layers alr"),
        (
            {"layers": [{"dense": 3, "activation": "relu"}]},
            "model.layers",
            "no layer applies the activation under test: there is nothing to compare",
        ),
        (
            {"layers": [TESTED, {"activation": "softmax"}], "init": "moment_matched"},
            "model.init",
            "softmax, fixed in layers: softmax is not element-wise",
        ),
        (
            {"layers": [{"dropout": 0.1}, {"residual": [{"activation": "relu"}, TESTED]}]},
            "model.layers",
            "the first activation has no dense layer before it",
        ),
        ({"hidden_units": [3], "kernel_regularizer": {}}, "model.kernel_regularizer", "adds nothing"),
        ({"hidden_units": [3], "output": "probabilities"}, "model.output", "'probabilities' is not a known"),
    ],
)
def test_one_wrong_model_gets_one_sentence(model, path, start):
    found, sentence = one(model)
    assert found == path
    assert sentence.startswith(start)


def test_gated_units_need_a_dense_layer_of_their_own():
    activations = ["relu", "swiglu"]
    model = {"layers": [{"dense": 8}, "batch_norm", {"activation": "*"}]}
    path, sentence = one(model, activations=activations, baseline="relu")
    assert path == "activations.1"
    assert sentence.startswith("a gated unit takes a dense layer of twice its width")
    fine = {"layers": [{"dense": 64, "activation": "*"}, "batch_norm"]}
    BenchConfig.model_validate(fine_data(model=fine, activations=activations))


def test_a_gated_unit_that_would_change_a_shortcut_is_refused_at_equal_parameters():
    # the block is as wide as its input when plain, and half as wide when gated
    model = {
        "layers": [{"dense": 64, "activation": "relu"}, {"residual": [{"dense": 64, "activation": "*"}]}]
    }
    activations = ["relu", "swiglu"]
    path, sentence = one(model, activations=activations, baseline="relu")
    assert (path, sentence.split(";")[-1]) == (
        "activations.1",
        " use match: width, or wider hidden layers",
    )
    wide = [activations[0], {"name": "swiglu", "match": "width"}]
    BenchConfig.model_validate(fine_data(model=model, activations=wide))
