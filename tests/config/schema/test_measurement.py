import pytest
from pydantic import ValidationError

from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.measurement import ProbesConfig, TimingConfig, VerdictConfig
from tests.config.configs import fine_data


@pytest.mark.parametrize(
    ("given", "slices", "rounds"),
    [
        ({}, 4, 50),
        ({"engine": "compiled"}, 4, 50),
        ({"engine": "keras"}, 1, 10),
        ({"engine": "keras", "slices_per_epoch": 3, "inference_rounds": 7}, 3, 7),
    ],
)
def test_timing_defaults_depend_on_the_engine(given, slices, rounds):
    timing = TimingConfig.model_validate(given)
    assert (timing.slices_per_epoch, timing.inference_rounds) == (slices, rounds)


@pytest.mark.parametrize(
    ("given", "target_ci", "budget_s"),
    [
        ({}, None, None),
        ({"target_ci": 0.01}, 0.01, 120.0),
        ({"target_ci": 0.01, "budget_s": None}, 0.01, 120.0),
        ({"target_ci": 0.02, "budget_s": 30, "engine": "keras"}, 0.02, 30.0),
    ],
)
def test_a_target_has_a_budget(given, target_ci, budget_s):
    timing = TimingConfig.model_validate(given)
    assert (timing.target_ci, timing.budget_s) == (target_ci, budget_s)


def test_verdict_has_defaults():
    assert BenchConfig.model_validate(fine_data()).verdict == VerdictConfig(
        margin=0.001, time_margin=0.01, loss_margin=0.005, alpha=0.05, target_accuracy=None
    )


@pytest.mark.parametrize(
    ("given", "epochs", "examples"),
    [
        ({}, ("last",), 1000),
        (False, (), 1000),
        ([], (), 1000),
        ([0, 1, "last"], (0, 1, "last"), 1000),
        ({"examples": 50}, ("last",), 50),
        ({"epochs": [2], "examples": 50}, (2,), 50),
    ],
)
def test_forms_of_probes(given, epochs, examples):
    config = BenchConfig.model_validate(fine_data(probes=given))
    assert config.probes == ProbesConfig(epochs=epochs, examples=examples)
    assert BenchConfig.model_validate(fine_data()).probes == ProbesConfig()


@pytest.mark.parametrize(
    ("given", "place", "sentence"),
    [
        (True, "probes", "true is not a mapping; allowed: false, a list of epochs such as [0, last], or"),
        ([0, "first"], "probes.epochs.1", "'first' is not an epoch; allowed: 0 to 1000000, or last"),
        ([True], "probes.epochs.0", "true is not an epoch; allowed: 0 to 1000000, or last"),
        ([-1], "probes.epochs.0", "-1 is not an epoch; allowed: 0 to 1000000, or last"),
        (["last", "last"], "probes.epochs.1", "'last' is in the list already; remove it"),
        ({"epochs": ["last", 0, "last"]}, "probes.epochs.2", "'last' is in the list already"),
        ([1, 1], "probes.epochs.1", "1 is in the list already; remove it"),
        ([0, 6], "probes.1", "6 is after the last epoch; allowed: 0 to 5, or last"),
        ({"epochs": [6]}, "probes.epochs.0", "6 is after the last epoch; allowed: 0 to 5, or last"),
        (
            {"example": 4},
            "probes.example",
            "unknown key; allowed: epochs, examples; did you mean 'examples'?",
        ),
        ({"examples": 0}, "probes.examples", "0 is too small; allowed: 1 to 1000000"),
    ],
)
def test_a_mistake_in_probes_gets_one_sentence(given, place, sentence):
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(probes=given))
    [mistake] = caught.value.errors()
    assert ".".join(map(str, mistake["loc"])) == place
    assert mistake["msg"].startswith(sentence)
