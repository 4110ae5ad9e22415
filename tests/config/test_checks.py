"""Keys that would do nothing, for what another key says, are refused; their defaults are not."""

import pytest
from pydantic import ValidationError

from actbench.config.schema.bench import BenchConfig
from actbench.plan.build import make_plan
from tests.config.configs import fine_data

NO_LAYER = "there is no hidden layer, and the output layer keeps Keras's default"
ALONE = [{"dense": 8, "activation": "relu"}, {"activation": "*"}]
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
            f"he_normal has no effect: {NO_LAYER}; use keras, or add a hidden layer",
        ),
        (
            {"model": {"hidden_units": [], "init": HE}},
            "model.init",
            f"random_normal has no effect: {NO_LAYER}; use keras, or add a hidden layer",
        ),
        (
            {"model": {"hidden_units": []}, **entry(name="tanh", init="he_normal")},
            "activations.1.init",
            f"he_normal has no effect: {NO_LAYER}; remove init",
        ),
        (
            {"model": {"layers": ALONE}, **entry(name="tanh", init="he_normal")},
            "activations.1.init",
            "he_normal has no effect: every dense layer before the activation under test has an "
            "activation of its own; remove init",
        ),
        (
            {"model": {"hidden_units": []}, **entry(name="glu", match="width")},
            "activations.1.match",
            "width has no effect without a hidden layer; remove match",
        ),
        *(
            (
                sgd(**params),
                "train.optimizer.params.nesterov",
                "has no effect without momentum; add one, such as momentum: 0.9",
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
        # timing and probes are switched off for a trial, and what is about them stays
        {"model": {"hidden_units": [3], "output": "softmax"}, "timing": {"inference_batch_sizes": []}},
        {"timing": {"inference_batch_sizes": [], "inference_rounds": 7}},
        {"probes": {"epochs": [], "examples": 50}},
        sgd(nesterov=False),
        sgd(nesterov=True, momentum=0.5),
        sgd("muon", nesterov=True, momentum=0.0),
        sgd("muon", nesterov=False),
    ],
)
def test_defaults_and_what_does_something_are_allowed(changes):
    config = BenchConfig.model_validate(fine_data(**changes))
    assert BenchConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    "changes",
    [
        {"model": {"init": "he_normal"}, "sweep": {"model.hidden_units": [[], [8]]}},
        {**entry(name="glu", init="he_normal", match="width"), "sweep": {"model.hidden_units": [[], [64]]}},
        {**sgd(nesterov=True), "sweep": {"train.optimizer.params.momentum": [0.0, 0.9]}},
        {
            **sgd(nesterov=True, momentum=0.9),
            "tune": {"train.optimizer.params.momentum": [0.0, 0.9]},
            "dataset": fine_data()["dataset"] | {"validation": 50},
        },
    ],
)
def test_beside_a_sweep_or_a_tuning_it_may_do_something_in_another_setting(changes):
    BenchConfig.model_validate(fine_data(**changes))


def test_it_is_told_with_what_else_is_wrong():
    wrong = {"model": {"hidden_units": [], "init": "he_normal"}, "seeds": 0}
    assert [path for path, _ in mistakes(**wrong)] == ["model.init", "seeds"]


def test_what_is_wrong_itself_is_one_mistake():
    assert [path for path, _ in mistakes(model={"hidden_units": [], "init": "kers"})] == ["model.init.name"]


def ids(**changes):
    plan = make_plan(BenchConfig.model_validate(fine_data(**changes)))
    return plan.run_id, [setting.id for setting in plan.settings]


UNTIMED = {"inference_batch_sizes": []}
UNTIMED_KERAS = {**UNTIMED, "engine": "keras"}
SOFTMAX = {"model": {**fine_data()["model"], "output": "softmax"}}
OWN = {"activations": [{"name": "relu", "init": "he_normal"}, {"name": "tanh", "init": "glorot_normal"}]}
FIXED = {"layers": [{"dense": 8, "activation": "tanh"}, {"dense": 8, "activation": "*"}]}
ALONE_TIMED = {"activations": ["relu"], "placebo": False}


@pytest.mark.parametrize(
    ("plain", "idle"),
    [
        ({"timing": UNTIMED}, {"timing": {**UNTIMED, "inference_rounds": 7}}),
        ({"timing": UNTIMED_KERAS}, {"timing": {**UNTIMED_KERAS, "inference_rounds": 50}}),
        ({"probes": False}, {"probes": {"epochs": [], "examples": 7}}),
        ({"timing": UNTIMED}, {"timing": UNTIMED, **SOFTMAX}),
        (OWN, {**OWN, "model": fine_data()["model"] | {"init": "he_uniform"}}),
        (ALONE_TIMED, {**ALONE_TIMED, "timing": {"target_ci": 0.1, "budget_s": 9}}),
        (
            {"timing": UNTIMED, "sweep": {"train.epochs": [5, 6]}},
            {"timing": {**UNTIMED, "inference_rounds": 7}, "sweep": {"train.epochs": [5, 6]}},
        ),
    ],
)
def test_equal_work_has_equal_ids(plain, idle):
    assert ids(**idle) == ids(**plain)
    again = BenchConfig.model_validate(fine_data(**idle)).model_dump(mode="json")
    plan = make_plan(BenchConfig.model_validate(again))
    assert (plan.run_id, [setting.id for setting in plan.settings]) == ids(**plain)


@pytest.mark.parametrize(
    ("plain", "used"),
    [
        ({}, {"timing": {"inference_rounds": 7}}),
        ({}, {"probes": {"examples": 7}}),
        ({}, SOFTMAX),
        ({}, {"model": fine_data()["model"] | {"init": "he_uniform"}}),
        ({**OWN, "model": FIXED}, {**OWN, "model": {**FIXED, "init": "glorot_normal"}}),
        ({"placebo": False}, {"placebo": False, "timing": {"target_ci": 0.1}}),
        ({"activations": ["relu"]}, {"activations": ["relu"], "timing": {"target_ci": 0.1}}),
    ],
)
def test_what_does_something_has_a_say_in_the_ids(plain, used):
    assert ids(**used) != ids(**plain)


def test_the_ids_of_configs_that_leave_such_keys_out_are_what_they_were():
    assert [ids(timing=UNTIMED)[0], ids(timing=UNTIMED_KERAS)[0], ids(probes=False)[0]] == [
        "ba7e3d076b18",
        "69dffcfb811f",
        "363249f73acc",
    ]


def test_a_sweep_does_not_do_the_same_work_twice():
    found = mistakes(timing=UNTIMED, sweep={"timing.inference_rounds": [7, 8]})
    assert [path for path, _ in found] == ["sweep.timing.inference_rounds.1"]
    assert "again; remove one of the two" in found[0][1]
