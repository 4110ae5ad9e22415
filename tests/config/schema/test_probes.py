import pytest
from pydantic import ValidationError

from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.measurement import ProbesConfig
from tests.config.configs import fine_data


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
def test_what_may_be_written(given, epochs, examples):
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
def test_what_may_not_be_written(given, place, sentence):
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(probes=given))
    [mistake] = caught.value.errors()
    assert ".".join(map(str, mistake["loc"])) == place
    assert mistake["msg"].startswith(sentence)
