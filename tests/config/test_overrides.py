import pytest

from actbench.config.loader import parse_config
from actbench.config.schema.bench import BenchConfig
from tests.config.configs import FINE, fine_data, message


def test_overrides_replace_add_and_win():
    config = parse_config(
        FINE,
        "c.yaml",
        [
            "train.epochs=9",
            "train.epochs=2",
            "train.learning_rate=1e-2",
            "timing.engine=keras",
            "activations=[relu, {name: elu, params: {alpha: 2}}]",
            "dataset.validation=",
            "dataset.validation=0",
            "name=other",
        ],
    )
    assert config == BenchConfig.model_validate(
        fine_data(
            name="other",
            dataset={"name": "mnist", "validation": 0},
            activations=["relu", {"name": "elu", "params": {"alpha": 2.0}}],
            train=fine_data()["train"] | {"epochs": 2, "learning_rate": 0.01},
            timing={"engine": "keras"},
        )
    )


def test_an_override_mends_a_mistake_of_the_file():
    assert parse_config(FINE.replace("epochs: 5", "epochs: many"), "c", ["train.epochs=5"]).train.epochs == 5


def test_an_override_of_an_alias_leaves_the_other_places_alone():
    text = FINE.replace("{name: mnist, validation: 5000}", "&d {name: mnist}") + "zoom: *d\n"
    found = message(text, ["dataset.validation=7", "zoom.validation=8"])
    assert found.startswith("c.yaml:16:1: zoom: unknown key")
    assert "\n" not in found


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("epochs", "--set epochs: is not KEY=VALUE; use a form such as train.epochs=2"),
        ("=3", "--set : is not KEY=VALUE; use a form such as train.epochs=2"),
        ("train..epochs=3", "--set train..epochs: is not KEY=VALUE; use a form such as train.epochs=2"),
        (
            "name.first=x",
            "--set name.first: name is 'example', which has no keys; replace it as a whole",
        ),
        (
            "activations.0=x",
            "--set activations.0: activations is a list, which has no keys; replace it as a whole",
        ),
        (
            "train.epoch=3",
            "--set train.epoch: unknown key; "
            "allowed: optimizer, learning_rate, batch_size, epochs, early_stopping, loss; "
            "did you mean 'epochs'?",
        ),
        (
            "trian.epochs=3",
            "--set trian.epochs: trian: unknown key; allowed: name, dataset, model, activations, "
            "baseline, train, targets, seeds, timing, probes, verdict, placebo, sweep, tune; "
            "did you mean 'train'?",
        ),
        (
            "train.epochs=",
            "--set train.epochs: null is not a whole number; allowed: 1 to 1000000",
        ),
        (
            "train.epochs=!!int 3",
            "--set train.epochs: the tag '!!int' is not supported; remove the tag",
        ),
        (
            "activations=[relu, tanhh]",
            "--set activations: activations[1]: 'tanhh' is not a known activation; "
            "allowed: the names that `actbench list activations` shows; did you mean 'tanh'?",
        ),
        (
            "seeds=[1",
            "--set seeds: cannot be read as YAML: expected ',' or ']', but got '<stream end>' "
            "(while parsing a flow sequence that begins at line 1, column 1)",
        ),
    ],
)
def test_a_wrong_override_is_named(override, line):
    assert message(FINE, [override]) == line


@pytest.mark.parametrize(("text", "shown"), [("- relu\n- tanh\n", "a list"), ("relu\n", "'relu'")])
def test_overrides_of_what_is_no_mapping_add_no_mistake(text, shown):
    keys = (
        "name, dataset, model, activations, baseline, train, targets, seeds, timing, probes, verdict, "
        "placebo, sweep, tune"
    )
    assert message(text, ["seeds=1", "nonsense"]) == (
        f"c.yaml:1:1: {shown} is not a mapping; allowed: a mapping with the keys {keys}"
    )
