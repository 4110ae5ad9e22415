"""Keys that would do nothing, for what another key says, are refused; their defaults are not."""

import pytest
from pydantic import ValidationError

from actbench.config.schema import BenchConfig
from tests.config.configs import fine_data

NO_LAYER = "there is no hidden layer, and the output layer keeps Keras's default"
ALONE = [{"dense": 8, "activation": "relu"}, {"activation": "*"}]
UNTIMED = "does nothing where no inference is timed"
HE = {"name": "random_normal", "params": {"stddev": 0.1}}


def mistakes(**changes):
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(**changes))
    return [(".".join(map(str, item["loc"])), item["msg"]) for item in caught.value.errors()]


def entry(**keys):
    return {"activations": ["relu", {"label": "b", **keys}]}


def sgd(name="sgd", **params):
    return {"train": fine_data()["train"] | {"optimizer": {"name": name, "params": params}}}


@pytest.mark.parametrize(
    ("changes", "path", "sentence"),
    [
        (
            {"model": {"hidden_units": [], "init": "he_normal"}},
            "model.init",
            f"he_normal does nothing: {NO_LAYER}; allowed: keras, or a hidden layer",
        ),
        (
            {"model": {"hidden_units": [], "init": HE}},
            "model.init",
            f"random_normal does nothing: {NO_LAYER}; allowed: keras, or a hidden layer",
        ),
        (
            {"model": {"hidden_units": []}, **entry(name="tanh", init="he_normal")},
            "activations.1.init",
            f"he_normal does nothing: {NO_LAYER}; allowed: without init",
        ),
        (
            {"model": {"layers": ALONE}, **entry(name="tanh", init="he_normal")},
            "activations.1.init",
            "he_normal does nothing: every dense layer before the activation under test has one of its own; "
            "allowed: without init",
        ),
        (
            {"model": {"hidden_units": []}, **entry(name="glu", match="width")},
            "activations.1.match",
            "width does nothing without a hidden layer; allowed: without match",
        ),
        (
            {
                "model": {"hidden_units": [3], "output": "softmax"},
                "timing": {"inference_batch_sizes": []},
            },
            "model.output",
            f"softmax {UNTIMED}; allowed: logits, or together with timing.inference_batch_sizes, such as "
            "[1, 128]",
        ),
        (
            {"timing": {"inference_batch_sizes": [], "inference_rounds": 10}},
            "timing.inference_rounds",
            f"{UNTIMED}; allowed: together with inference_batch_sizes, such as [1, 128]",
        ),
        (
            {"timing": {"engine": "keras", "inference_batch_sizes": [], "inference_rounds": 50}},
            "timing.inference_rounds",
            f"{UNTIMED}; allowed: together with inference_batch_sizes, such as [1, 128]",
        ),
        (
            {"probes": {"epochs": [], "examples": 50}},
            "probes.examples",
            "does nothing where no epoch is looked at; allowed: together with epochs, such as [0, last]",
        ),
        *(
            (
                sgd(**params),
                "train.optimizer.params.nesterov",
                "does nothing without momentum; allowed: together with momentum: 0.9, say",
            )
            for params in (
                {"nesterov": True},
                {"nesterov": True, "momentum": 0},
                {"name": "muon", "nesterov": False, "momentum": 0.0},
            )
        ),
    ],
)
def test_what_would_do_nothing_is_told_at_its_key(changes, path, sentence):
    assert mistakes(**changes) == [(path, sentence)]


@pytest.mark.parametrize(
    "changes",
    [
        {"model": {"hidden_units": [], "init": "keras"}, **entry(name="glu", init="keras", match="params")},
        {"model": {"layers": ALONE, "init": "he_normal"}},  # of the fixed one
        {"model": {"layers": [{"dense": 8}, *ALONE[1:]]}, **entry(name="tanh", init="he_normal")},
        {"model": {"hidden_units": [3], "output": "softmax"}, "timing": {"inference_batch_sizes": [1]}},
        {"timing": {"inference_batch_sizes": [], "inference_rounds": 50}},
        {"timing": {"engine": "keras", "inference_batch_sizes": [], "inference_rounds": 10}},
        {"probes": {"epochs": [], "examples": 1000}},
        sgd(nesterov=False),
        sgd(nesterov=True, momentum=0.5),
        sgd("muon", nesterov=True, momentum=0.0),
        sgd("muon", nesterov=False),
    ],
)
def test_defaults_and_what_does_something_are_allowed(changes):
    config = BenchConfig.model_validate(fine_data(**changes))
    assert BenchConfig.model_validate(config.model_dump(mode="json")) == config


def test_in_a_sweep_it_is_told_of_the_settings_where_it_is_so():
    [(path, told)] = mistakes(
        model={"init": "he_normal"}, sweep={"model.hidden_units": [[], [8]], "train.epochs": [1, 2]}
    )
    assert path == "model.init"
    assert told.endswith("a hidden layer (in the setting hidden_units [], epochs 1 and 1 more)")
    swept = {"zip": {"model.hidden_units": [[], [8]], "model.init": ["he_normal", "keras"]}}
    [(path, told)] = mistakes(model={}, sweep=swept)
    assert path == "sweep.zip.model.init.0"
    entries = entry(name="glu", init="he_normal", match="width")
    assert [path for path, _ in mistakes(**entries, sweep={"model.hidden_units": [[], [64]]})] == [
        "activations.1.init",
        "activations.1.match",
    ]


def test_what_is_wrong_itself_is_one_mistake():
    assert [path for path, _ in mistakes(model={"hidden_units": [], "init": "kers"})] == ["model.init.name"]
