import pytest
from pydantic import ValidationError

from actbench.config.loader import parse_config
from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.measurement import TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.errors import ConfigError
from actbench.plan.build import make_plan
from actbench.records.base import format_values
from tests.config.configs import FINE, fine_data


def names(sweep, **changes):
    config = BenchConfig.model_validate(fine_data(sweep=sweep, **changes))
    return [format_values(varied) for varied, _ in config.variants]


def message(sweep, overrides=(), text=FINE):
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{text}sweep: {sweep}\n", "c.yaml", overrides)
    return str(caught.value).splitlines()


def test_a_sweep_is_a_product_with_the_last_key_changing_fastest():
    sweep = {"train.learning_rate": [0.001, 0.01], "model.hidden_units": [[100], [100, 100, 100]]}
    assert names(sweep) == [
        "learning_rate 0.001, hidden_units [100]",
        "learning_rate 0.001, hidden_units [100, 100, 100]",
        "learning_rate 0.01, hidden_units [100]",
        "learning_rate 0.01, hidden_units [100, 100, 100]",
    ]


def test_lists_under_zip_go_together_and_with_each_of_the_others():
    sweep = {
        "zip": {"train.batch_size": [32, 256], "train.epochs": [1, 2]},
        "model.init": ["keras", {"name": "random_normal", "params": {"stddev": 0.01}}],
    }
    assert names(sweep) == [
        "batch_size 32, epochs 1, init keras",
        "batch_size 32, epochs 1, init {name: random_normal, params: {stddev: 0.01}}",
        "batch_size 256, epochs 2, init keras",
        "batch_size 256, epochs 2, init {name: random_normal, params: {stddev: 0.01}}",
    ]


def test_every_setting_is_the_config_with_its_values():
    config = BenchConfig.model_validate(
        fine_data(sweep={"train.epochs": [1, 2], "model.init.name": ["he_normal", "keras"]})
    )
    made = [(variant.train.epochs, variant.model.init.name) for _, variant in config.variants]
    assert made == [(1, "he_normal"), (1, "keras"), (2, "he_normal"), (2, "keras")]
    assert {variant.train.batch_size for _, variant in config.variants} == {128}
    assert (config.train.epochs, config.model.init.name) == (1, "he_normal")


def test_a_key_that_is_swept_need_not_stand_in_the_config():
    train = {"optimizer": "adam", "batch_size": 128, "epochs": 5}
    assert names({"train.learning_rate": [0.1, 0.2]}, train=train) == [
        "learning_rate 0.1",
        "learning_rate 0.2",
    ]


def test_defaults_that_depend_on_a_swept_key_are_those_of_each_setting():
    config = BenchConfig.model_validate(fine_data(sweep={"timing.engine": ["compiled", "keras"]}))
    assert [variant.timing.slices_per_epoch for _, variant in config.variants] == [4, 1]
    plan = make_plan(config)
    again = BenchConfig.model_validate(config.model_dump(mode="json"))
    assert make_plan(again) == plan


def test_sections_of_python_may_be_swept():
    sections = {"model": ModelConfig(hidden_units=(3,)), "timing": TimingConfig(inference_rounds=7)}
    config = BenchConfig.model_validate(fine_data(sweep={"timing.engine": ["keras", "compiled"]}, **sections))
    assert [variant.timing.inference_rounds for _, variant in config.variants] == [7, 7]


def test_the_weight_and_the_loss_of_a_target_may_be_swept():
    targets = {"bmi": {"loss": "mse"}, "age": {}}
    sweep = {"targets.bmi.weight": [0.5, 1], "targets.age": [{"weight": 2}]}
    config = BenchConfig.model_validate(fine_data(sweep=sweep, targets=targets))
    assert [
        {name: (target.loss, target.weight) for name, target in variant.targets.items()}
        for _, variant in config.variants
    ] == [
        {"bmi": ("mse", 0.5), "age": (None, 2.0)},
        {"bmi": ("mse", 1.0), "age": (None, 2.0)},
    ]
    assert len({setting.id for setting in make_plan(config).settings}) == 2
    assert make_plan(BenchConfig.model_validate(config.model_dump(mode="json"))) == make_plan(config)


def test_a_wrong_key_of_a_target_is_told_where_it_stands_in_the_sweep():
    [line] = message("{targets.bmi.wieght: [0.5]}")
    assert line.endswith(
        ": sweep.targets.bmi.wieght[0]: unknown key; allowed: loss, weight; did you mean 'weight'?"
    )


def test_a_config_with_a_sweep_survives_a_round_trip():
    config = BenchConfig.model_validate(fine_data(sweep={"train.epochs": [1, 2]}))
    assert BenchConfig.model_validate_json(config.model_dump_json()) == config
    assert len(config.variants) == 2


def test_keys_that_end_alike_are_told_whole():
    assert format_values({"train.rate": 1, "model.rate": None}) == "train.rate 1, model.rate null"


def test_wrong_values_are_told_where_they_stand_in_the_sweep_all_together():
    sweep = (
        "{train.learning_rate: [0.001, -1], zip: {train.epochs: [0, 1], model.hidden_units: [[3], [0, 2]]}}"
    )
    assert message(sweep) == [
        "c.yaml:16:38: sweep.train.learning_rate[1]: -1 is not above 0; allowed: a number above 0",
        "c.yaml:16:64: sweep.zip.train.epochs[0]: 0 is too small; allowed: 1 to 1000000",
        "c.yaml:16:98: sweep.zip.model.hidden_units[1][0]: 0 is too small; allowed: 1 to 65536",
    ]


def test_a_mistake_beside_the_sweep_is_told_once():
    found = message("{train.epochs: [1, 2, 3]}", text=FINE.replace("baseline: relu", "baseline: rely"))
    assert len(found) == 1
    assert found[0].startswith("c.yaml:9:11: baseline: 'rely' is not among the activations")


def test_a_key_below_what_is_wrong_itself_is_no_second_mistake():
    text = FINE.replace("hidden_units: [128, 64]", "hidden_units: 3")
    [line] = message("{model.hidden_units.0: [1, 2]}", text=text)
    assert line.startswith("c.yaml:4:17: model.hidden_units: 3 is not a list")


def test_what_every_value_of_a_section_lacks_is_told_in_one_line_each():
    lines = message("{train: [{batch_size: 3, epochs: 1}]}")
    assert [line.partition(": is missing; needed: ")[0] for line in lines] == [
        "c.yaml:16:17: sweep.train[0].optimizer",
        "c.yaml:16:17: sweep.train[0].learning_rate",
    ]


def test_a_mistake_that_only_some_settings_make_names_them():
    [found] = message(
        "{model.hidden_units: [[128], [3]]}", text=FINE.replace("- swish", "- swish\n  - swiglu")
    )
    assert found.startswith(
        "c.yaml:9:5: activations[3]: no gated widths give the plain model's number of parameters"
    )
    assert found.endswith("(in the setting hidden_units [3])")


@pytest.mark.parametrize(
    ("sweep", "line"),
    [
        (
            "3",
            "c.yaml:16:8: sweep: 3 is not a mapping; "
            "use one such as {train.learning_rate: [0.001, 0.01]}",
        ),
        (
            "{train.lerning_rate: [1]}",
            "c.yaml:16:9: sweep.train.lerning_rate: cannot be swept; allowed: keys of dataset, "
            "model, train, timing and targets, as in train.learning_rate: [0.001, 0.01]; "
            "did you mean 'train.learning_rate'?",
        ),
        (
            "{learning_rate: [1]}",
            "c.yaml:16:9: sweep.learning_rate: cannot be swept; allowed: keys of dataset, "
            "model, train, timing and targets, as in train.learning_rate: [0.001, 0.01]; "
            "did you mean 'train.learning_rate'?",
        ),
        (
            "{seeds: [1, 2]}",
            "c.yaml:16:9: sweep.seeds: cannot be swept; allowed: keys of dataset, "
            "model, train, timing and targets, as in train.learning_rate: [0.001, 0.01]",
        ),
        (
            "{train.epochs: 3}",
            "c.yaml:16:23: sweep.train.epochs: 3 is not a list; use a list of values, as in "
            "train.learning_rate: [0.001, 0.01]",
        ),
        (
            "{train.epochs: []}",
            "c.yaml:16:23: sweep.train.epochs: the list is empty; use a list of values, as in "
            "train.learning_rate: [0.001, 0.01]",
        ),
        (
            "{zip: {train.epochs: [1, 2], train.batch_size: [1]}}",
            "c.yaml:16:14: sweep.zip: the lists are not equally long: train.epochs 2, train.batch_size 1; "
            "use as many values in each",
        ),
        (
            "{zip: []}",
            "c.yaml:16:14: sweep.zip: a list is not a mapping of lists; use a mapping such as "
            "{train.learning_rate: [0.001, 0.01], train.batch_size: [32, 256]}",
        ),
        (
            "{zip: {}}",
            "c.yaml:16:14: sweep.zip: is empty; use a mapping such as "
            "{train.learning_rate: [0.001, 0.01], train.batch_size: [32, 256]}",
        ),
        (
            "{model.hidden_units.0: [1, 2]}",
            "c.yaml:16:9: sweep.model.hidden_units.0: model.hidden_units is a list, which has no keys; "
            "use a list of values for it as a whole",
        ),
        (
            "{train.epochs: [1, 2], zip: {train.learning_rate.schedule.x: [1, 2]}}",
            "c.yaml:16:37: sweep.zip.train.learning_rate.schedule.x: train.learning_rate is 0.001, "
            "which has no keys; use a list of values for it as a whole",
        ),
        (
            "{timing.inference_batch_sizes.0: [4, 5]}",  # where nothing stands yet
            "c.yaml:16:41: sweep.timing.inference_batch_sizes.0: a mapping is not a list; "
            "allowed: a list such as [1, 128, 1024]",
        ),
        (
            "{train.optimizer.params.beta_1.x: [4]}",
            "c.yaml:16:42: sweep.train.optimizer.params.beta_1.x: a mapping is not a number; "
            "allowed: a number at least 0 and below 1",
        ),
        (
            "{targets.bmi.of.age.weight: [4]}",
            "c.yaml:16:9: sweep.targets.bmi.of.age.weight: unknown key; allowed: loss, weight",
        ),
        (
            "{train.epochs: [1], zip: {train: [{}]}}",
            "c.yaml:16:41: sweep.zip.train: train.epochs is swept already; remove one of the two",
        ),
        (
            "{train.learning_rate: [0.1, 1e-1]}",
            "c.yaml:16:36: sweep.train.learning_rate[1]: makes the setting learning_rate 0.1 again; "
            "remove one of the two",
        ),
    ],
)  # fmt: skip
def test_what_is_no_sweep_gets_one_line(sweep, line):
    assert message(sweep) == [line]


def test_too_many_settings_are_refused_before_they_are_made():
    values = list(range(1, 102))
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(sweep={"train.epochs": values, "train.batch_size": values}))
    assert [error["msg"] for error in caught.value.errors()] == ["makes 10201 settings; allowed: up to 1000"]


def test_a_sweep_can_be_set_by_its_dotted_key():
    text = f"{FINE}sweep: {{train.epochs: [1, 2], zip: {{train.batch_size: [1, 2]}}}}\n"
    config = parse_config(text, "c.yaml", ["sweep.train.epochs=[7]", "sweep.zip.train.batch_size=[8, 9]"])
    assert config.sweep == {"train.epochs": [7], "zip": {"train.batch_size": [8, 9]}}
    assert parse_config(text, "c.yaml", ["sweep.zip={train.epochs: [3]}", "sweep={}"]).sweep == {}
