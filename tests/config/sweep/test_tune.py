import pytest
from pydantic import ValidationError

from actbench.config.loader import parse_config
from actbench.config.schema.bench import BenchConfig
from actbench.errors import ConfigError
from tests.config.configs import FINE, fine_data

RATES = {"train.learning_rate": [1e-3, 1e-2], "seeds": 3}


def message(tune, more=""):
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{FINE}tune: {tune}\n{more}", "c.yaml", ())
    return str(caught.value).splitlines()


def test_candidates_are_a_product_with_the_last_key_changing_fastest():
    config = BenchConfig.model_validate(
        fine_data(tune={"train.learning_rate": [1, 2], "train.optimizer.params.beta_1": [0.8, 0.9]})
    )
    assert [tuple(candidate.values()) for candidate in config.candidates] == [
        (1.0, 0.8), (1.0, 0.9), (2.0, 0.8), (2.0, 0.9),
    ]  # fmt: skip
    assert config.tuning_seeds == 2


def test_without_a_tuning_there_are_no_candidates():
    config = BenchConfig.model_validate(fine_data())
    assert (config.candidates, config.tuning_seeds) == ((), 0)


def test_a_key_that_is_tuned_need_not_stand_in_the_config_and_has_no_say_where_it_does():
    train = {"optimizer": "adam", "batch_size": 128, "epochs": 5}
    without = BenchConfig.model_validate(fine_data(tune=RATES, train=train))
    within = BenchConfig.model_validate(fine_data(tune=RATES))
    assert without.train == within.train
    assert without.train.learning_rate == 1e-3


def test_schedules_and_regularizers_can_be_tuned():
    rate = {"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 100}
    config = BenchConfig.model_validate(
        fine_data(
            train={"optimizer": "adam", "learning_rate": rate, "batch_size": 128, "epochs": 5},
            tune={
                "train.learning_rate.initial_learning_rate": [0.1, 0.2],
                "model.kernel_regularizer": [None, {"l2": 1e-4}],
            },
        )
    )
    assert len(config.candidates) == 4
    assert config.candidates[1]["model.kernel_regularizer"]["l2"] == 1e-4


@pytest.mark.parametrize("sweep", [{}, {"train.epochs": [1, 2]}])
def test_a_config_with_a_tuning_survives_a_round_trip(sweep):
    config = BenchConfig.model_validate(fine_data(tune=RATES, sweep=sweep))
    again = BenchConfig.model_validate_json(config.model_dump_json())
    assert again == config
    assert again.candidates == config.candidates


def test_every_setting_of_a_sweep_has_the_tuning():
    config = BenchConfig.model_validate(fine_data(tune=RATES, sweep={"train.epochs": [1, 2]}))
    assert [variant.train.epochs for _, variant in config.variants] == [1, 2]
    assert [variant.candidates for _, variant in config.variants] == [config.candidates] * 2


def test_a_tuning_can_be_set_by_its_dotted_key():
    text = f"{FINE}tune: {{train.learning_rate: [1, 2]}}\n"
    config = parse_config(text, "c.yaml", ["tune.train.learning_rate=[7, 8]", "tune.seeds=4"])
    assert config.tune == {"train.learning_rate": [7.0, 8.0], "seeds": 4}
    assert parse_config(text, "c.yaml", ["tune={}"]).tune == {}


ALLOWED = "allowed: train.learning_rate, train.optimizer.params, model.kernel_regularizer and keys below them"
LIST = "use a list of at least two values, as in train.learning_rate: [1e-4, 1e-3, 1e-2]"


@pytest.mark.parametrize(
    ("tune", "lines"),
    [
        ("3", ["c.yaml:16:7: tune: 3 is not a mapping; use one such as "
               "{train.learning_rate: [1e-4, 1e-3, 1e-2], seeds: 2}"]),
        ("{train.epochs: [1, 2]}",
         [f"c.yaml:16:8: tune.train.epochs: cannot be tuned; {ALLOWED}, and seeds"]),
        ("{train.batch_size: [1, 2]}",
         [f"c.yaml:16:8: tune.train.batch_size: cannot be tuned; {ALLOWED}, and seeds"]),
        ("{train.lerning_rate: [1, 2]}", [
            f"c.yaml:16:8: tune.train.lerning_rate: cannot be tuned; {ALLOWED}, and seeds; "
            "did you mean 'train.learning_rate'?"]),
        ("{train.learning_rate: 3}", [f"c.yaml:16:29: tune.train.learning_rate: 3 is not a list; {LIST}"]),
        ("{train.learning_rate: [3]}",
         [f"c.yaml:16:29: tune.train.learning_rate: there is nothing to choose from; {LIST}"]),
        ("{seeds: 2}", ["c.yaml:16:7: tune: names no key to tune; add keys with lists of values, as in "
                        "train.learning_rate: [1e-4, 1e-3, 1e-2]"]),
        ("{train.learning_rate: [0.1, -1, 1e-1], seeds: 0}", [
            "c.yaml:16:35: tune.train.learning_rate[1]: -1 is not above 0; allowed: a number above 0",
            "c.yaml:16:53: tune.seeds: 0 is too small; allowed: 1 to 1000"]),
        ("{train.learning_rate: [0.1, 1e-1]}", [
            "c.yaml:16:35: tune.train.learning_rate[1]: makes the candidate learning_rate 0.1 again; "
            "remove one of the two"]),
        ("{train.learning_rate: [1, 2], train.learning_rate.initial_learning_rate: [1, 2]}", [
            "c.yaml:16:80: tune.train.learning_rate.initial_learning_rate: train.learning_rate is tuned "
            "already; remove one of the two"]),
        ("{train.learning_rate.initial_learning_rate: [0.1, 0.2]}", [
            "c.yaml:16:8: tune.train.learning_rate.initial_learning_rate: train.learning_rate is 0.001, "
            "which has no keys; use a list of values for it as a whole"]),
        ("{train.optimizer.params.beta_1: [0.1, 1.5]}", [
            "c.yaml:16:45: tune.train.optimizer.params.beta_1[1]: 1.5 is not below 1; allowed: a number"]),
    ],
)  # fmt: skip
def test_what_is_no_tuning_gets_a_line_for_each_mistake(tune, lines):
    found = message(tune)
    assert len(found) == len(lines)
    for line, expected in zip(found, lines, strict=True):
        assert line.startswith(expected)


def test_there_has_to_be_something_to_choose_by_in_every_setting():
    expected = (
        "c.yaml:16:7: tune: there is no validation split to choose by; "
        "add dataset.validation, such as validation: 5000"
    )
    rates = "{train.learning_rate: [1, 2]}"
    assert message(rates, "sweep: {dataset.validation: [100, 0]}\n") == [expected]


def test_a_key_is_swept_or_tuned():
    [found] = message("{train.learning_rate: [1, 2]}", "sweep: {train.learning_rate: [3, 4]}\n")
    assert found == (
        "c.yaml:16:29: tune.train.learning_rate: train.learning_rate is swept; "
        "remove the key from sweep or from tune"
    )


def test_too_many_candidates_are_refused_before_they_are_made():
    values = [index / 100 for index in range(1, 12)]
    tune = {"train.learning_rate": values, "train.optimizer.params.beta_1": values[:10]}
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(tune=tune))
    assert [error["msg"] for error in caught.value.errors()] == ["makes 110 candidates; allowed: up to 100"]
