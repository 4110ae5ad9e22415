import pytest
from pydantic import ValidationError

from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.measurement import TimingConfig
from tests.config.configs import fine_data


def mistakes(**changes):
    """Path and sentence of every mistake that a change of the fine config makes."""
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(**changes))
    return [(".".join(map(str, item["loc"])), item["msg"]) for item in caught.value.errors()]


def test_shorthand_is_written_out_and_defaults_are_filled_in():
    config = BenchConfig.model_validate(fine_data())
    assert config.activations == (
        ActivationConfig(name="relu", params={}, label="relu"),
        ActivationConfig(name="leaky_relu", params={"negative_slope": 0.1}, label="leaky"),
        ActivationConfig(name="silu", params={}, label="swish"),
    )
    assert config.seeds == (0, 1, 2)
    assert config.placebo is True
    assert config.dataset.train_samples is None
    assert config.timing == TimingConfig(
        engine="compiled", slices_per_epoch=4, inference_batch_sizes=(1, 128, 1024), inference_rounds=50
    )


def test_a_target_accuracy_looks_at_the_validation_split_wherever_it_comes_from():
    checked = BenchConfig.model_validate(fine_data(verdict={"target_accuracy": 0.98}))
    assert BenchConfig.model_validate(fine_data(verdict=checked.verdict, dataset=checked.dataset)) == checked
    none = checked.dataset.model_copy(update={"validation": 0})
    assert [path for path, _ in mistakes(verdict=checked.verdict, dataset=none)] == [
        "verdict.target_accuracy"
    ]
    # what is no dataset at all is one mistake
    assert [path for path, _ in mistakes(verdict=checked.verdict, dataset=3)] == ["dataset"]


def test_a_config_survives_json_and_python_round_trips():
    config = BenchConfig.model_validate(fine_data())
    assert BenchConfig.model_validate_json(config.model_dump_json()) == config
    assert BenchConfig.model_validate(config.model_dump(mode="json")) == config
    assert BenchConfig.model_validate(config.model_dump()) == config


def test_whole_numbers_are_accepted_where_floats_are_wanted():
    train = {"optimizer": "sgd", "learning_rate": 1, "batch_size": 1, "epochs": 1}
    learning_rate = BenchConfig.model_validate(fine_data(train=train)).train.learning_rate
    assert isinstance(learning_rate, float)
    assert learning_rate == 1.0


def train(**changes):
    return {"train": fine_data()["train"] | changes}


def dataset(**changes):
    return {"dataset": {"name": "mnist"} | changes}


def activation(**entry):
    return {"activations": ["relu", entry]}


WHOLE = "is not a whole number; allowed: 1 to 1000000"
LABELS = "cannot be a label; allowed: 1 to 60 printable characters without a space at either end"
FOLDERS = (
    "cannot name a folder; allowed: up to 100 letters, digits, '.', '_' and '-', with a letter or digit first"
)
PRECISION = "is not a finite number of single precision; allowed: a number"
ZERO = "is not above 0 in single precision; allowed: a number above 0"
FRACTION = "allowed: a number above 0 and below 1"
SEEDS = "is neither a count nor a list; allowed: 1 to 10000, or a list such as [0, 1, 2]"
SEED_RANGE = "allowed: 0 to 2147483647"
RATE = (
    "allowed: a number above 0, or a mapping such as "
    "{schedule: cosine_decay, initial_learning_rate: 0.01, decay_steps: 1000}"
)
OPTIMIZERS = "sgd, adam, adamw, rmsprop, adagrad, adadelta, adamax, nadam, ftrl, lion, adafactor, lamb, muon"
NAMES = "is not a known activation; allowed: the names that `actbench list activations` shows"


@pytest.mark.parametrize(
    ("changes", "path", "sentence"),
    [
        # whole numbers
        (train(epochs=True), "train.epochs", f"true {WHOLE}"),
        (train(epochs=5.0), "train.epochs", f"5.0 {WHOLE}"),
        (train(epochs="5"), "train.epochs", f"'5' {WHOLE}"),
        (train(epochs=None), "train.epochs", f"null {WHOLE}"),
        (train(epochs=[5]), "train.epochs", f"a list {WHOLE}"),
        (train(epochs={}), "train.epochs", f"a mapping {WHOLE}"),
        (train(epochs=0), "train.epochs", "0 is too small; allowed: 1 to 1000000"),
        (train(batch_size=10**40), "train.batch_size", "a huge number is too large; allowed: 1 to 1000000"),
        (
            {"model": {"hidden_units": [65537]}},
            "model.hidden_units.0",
            "65537 is too large; allowed: 1 to 65536",
        ),
        # numbers
        (train(learning_rate=True), "train.learning_rate", f"true is not a number; {RATE}"),
        (train(learning_rate="1"), "train.learning_rate", f"'1' is not a number; {RATE}"),
        (train(learning_rate=0), "train.learning_rate", "0 is not above 0; allowed: a number above 0"),
        (train(learning_rate=-1.5), "train.learning_rate", "-1.5 is not above 0; allowed: a number above 0"),
        (train(learning_rate=float("nan")), "train.learning_rate", f"nan {PRECISION} above 0"),
        (train(learning_rate=float("inf")), "train.learning_rate", f"inf {PRECISION} above 0"),
        (train(learning_rate=10**400), "train.learning_rate", f"a huge number {PRECISION} above 0"),
        (train(learning_rate=1e-300), "train.learning_rate", f"1e-300 {ZERO}"),
        (train(learning_rate=1e-40), "train.learning_rate", f"1e-40 {ZERO}"),  # which TensorFlow takes for 0
        ({"targets": {"label": {"weight": 1e-300}}}, "targets.label.weight", f"1e-300 {ZERO}"),
        (
            train(optimizer={"name": "adam", "params": {"beta_1": 0.99999999999}}),
            "train.optimizer.params.beta_1",
            "0.99999999999 is not below 1 in single precision; allowed: a number at least 0 and below 1",
        ),
        ({"timing": {"target_ci": 1}}, "timing.target_ci", f"1 is not below 1; {FRACTION}"),
        ({"timing": {"target_ci": "1%"}}, "timing.target_ci", f"'1%' is not a number; {FRACTION}"),
        (
            {"timing": {"target_ci": 0.01, "budget_s": 0}},
            "timing.budget_s",
            "0 is not above 0; allowed: a number above 0",
        ),
        (
            {"timing": {"budget_s": 60}},
            "timing.budget_s",
            "has no effect without a target; add one, such as target_ci: 0.01",
        ),
        ({"verdict": {"margin": 0}}, "verdict.margin", f"0 is not above 0; {FRACTION}"),
        ({"verdict": {"time_margin": 1.0}}, "verdict.time_margin", f"1.0 is not below 1; {FRACTION}"),
        (
            {"verdict": {"loss_margin": -1}},
            "verdict.loss_margin",
            "-1 is not above 0; allowed: a number above 0",
        ),
        (
            {"verdict": {"alpha": 0.1}},
            "verdict.alpha",
            "0.1 is above 0.05; allowed: a number above 0 and at most 0.05",
        ),
        ({"verdict": {"target_accuracy": 98}}, "verdict.target_accuracy", f"98 is not below 1; {FRACTION}"),
        (
            {"verdict": {"target_accuracy": 0.98}, "dataset": {"name": "mnist"}},
            "verdict.target_accuracy",
            "there is no validation split to reach the accuracy on; "
            "add dataset.validation, such as validation: 5000",
        ),
        # words
        (
            train(optimizer="Adm"),
            "train.optimizer.name",
            f"'Adm' is not a known optimizer; allowed: {OPTIMIZERS}; did you mean 'adam'?",
        ),
        (
            train(optimizer=3),
            "train.optimizer",
            "3 is not a mapping; allowed: a name, or a mapping with the keys name, params",
        ),
        (
            {"timing": {"engine": "kears"}},
            "timing.engine",
            "'kears' is not a known engine; allowed: compiled, keras; did you mean 'keras'?",
        ),
        (
            dataset(name="minst"),
            "dataset.name",
            "'minst' is not a known dataset; allowed: mnist, fashion_mnist, cifar10, cifar100, "
            "california_housing, boston_housing, two_spirals, checkerboard, xor, friedman1, sine; "
            "did you mean 'mnist'?",
        ),
        ({"activations": ["relu", "ReLU6"]}, "activations.1.name", f"'ReLU6' {NAMES}; did you mean 'relu6'?"),
        ({"activations": ["relu", "zzz"]}, "activations.1.name", f"'zzz' {NAMES}"),
        (
            {"activations": ["relu", 3]},
            "activations.1",
            "3 is not a mapping; allowed: a name, or a mapping with the keys "
            "name, import, expr, params, label, trainable, match, surrogate, init",
        ),
        # names and flags
        ({"name": "a/b"}, "name", f"'a/b' {FOLDERS}"),
        ({"name": ".."}, "name", f"'..' {FOLDERS}"),
        ({"name": ""}, "name", f"'' {FOLDERS}"),
        ({"name": "a\n"}, "name", f"'a\\n' {FOLDERS}"),
        ({"name": 7}, "name", "7 is not text; use text, in quotes if it looks like something else"),
        ({"placebo": 1}, "placebo", "1 is neither true nor false; allowed: true or false"),
        ({"placebo": "yes"}, "placebo", "'yes' is neither true nor false; allowed: true or false"),
        # labels
        (activation(name="elu", label=""), "activations.1.label", f"'' {LABELS}"),
        (activation(name="elu", label=" x"), "activations.1.label", f"' x' {LABELS}"),
        (activation(name="elu", label="a\x1b[31m"), "activations.1.label", f"'a\\x1b[31m' {LABELS}"),
        (
            {"activations": ["relu", "elu", {"name": "elu", "params": {"alpha": 2}}]},
            "activations.2.label",
            "'elu' is the label of activations[1] already; use another label",
        ),
        (
            activation(name="elu", label="placebo"),
            "activations.1.label",
            "'placebo' is reserved for the second copy of the baseline; use another label, or placebo: false",
        ),
        (
            {"baseline": "rely"},
            "baseline",
            "'rely' is not among the activations; allowed: relu, leaky, swish; did you mean 'relu'?",
        ),
        (
            {"baseline": "silu"},
            "baseline",
            "'silu' is not among the activations; allowed: relu, leaky, swish",
        ),
        # parameters
        (
            activation(name="leaky_relu", params={"negative_slop": 0.1}),
            "activations.1.params.negative_slop",
            "leaky_relu has no such parameter; allowed: negative_slope; did you mean 'negative_slope'?",
        ),
        (
            activation(name="tanh", params={"alpha": 1}),
            "activations.1.params.alpha",
            "tanh has no parameters; remove params",
        ),
        (
            activation(name="elu", params={"alpha": True}),
            "activations.1.params.alpha",
            "true is not a number; allowed: a number at least 0",
        ),
        (
            activation(name="elu", params={"alpha": None}),
            "activations.1.params.alpha",
            "null is not a number; allowed: a number at least 0",
        ),
        (
            activation(name="elu", params={"alpha": 1e300}),
            "activations.1.params.alpha",
            f"1e+300 {PRECISION} at least 0",
        ),
        (
            activation(name="gelu", params={"approximate": 1}),
            "activations.1.params.approximate",
            "1 is neither true nor false; allowed: true or false",
        ),
        (
            activation(name="elu", params=[1]),
            "activations.1.params",
            "a list is not a mapping; use one such as {negative_slope: 0.1}",
        ),
        # losses
        (
            train(loss="sparse_categorical_crossentropy") | {"targets": {"label": {"weight": 1}}},
            "train.loss",
            "cannot be used beside targets; write the loss of each target there, "
            "such as targets: {label: {loss: sparse_categorical_crossentropy}}",
        ),
        (
            train(loss=["mse"]),
            "train.loss",
            "a list is not a known loss; "
            "allowed: sparse_categorical_crossentropy, binary_crossentropy, mse, mae, huber",
        ),
        # lists
        (
            {"model": {"hidden_units": 128}},
            "model.hidden_units",
            "128 is not a list; allowed: a list such as [128, 128]",
        ),
        (
            {"activations": "relu"},
            "activations",
            "'relu' is not a list; allowed: a list such as [relu, tanh]",
        ),
        (
            {"timing": {"inference_batch_sizes": [1, 8, 1]}},
            "timing.inference_batch_sizes.2",
            "1 is in the list already; remove it",
        ),
        ({"seeds": 0}, "seeds", f"0 {SEEDS}"),
        ({"seeds": True}, "seeds", f"true {SEEDS}"),
        ({"seeds": 10_001}, "seeds", f"10001 {SEEDS}"),
        ({"seeds": []}, "seeds", "the list is empty; add at least one item, such as [0, 1, 2]"),
        ({"seeds": [4, 2, 4]}, "seeds.2", "4 is in the list already; remove it"),
        ({"seeds": [-1]}, "seeds.0", f"-1 is too small; {SEED_RANGE}"),
        ({"seeds": [True]}, "seeds.0", f"true is not a whole number; {SEED_RANGE}"),
        # sizes
        (
            dataset(validation=59_991),
            "dataset.validation",
            "59991 leaves too few of the 60000 training examples of mnist; allowed: 0 to 59990",
        ),
        (
            dataset(validation=5000, train_samples=55_001),
            "dataset.train_samples",
            "55001 is more than there are; "
            "allowed: 10 to 55000 (mnist has 60000 training examples, 5000 of which go to validation)",
        ),
        (
            dataset(train_samples=9),
            "dataset.train_samples",
            "9 is less than one example for each of the 10 classes; "
            "allowed: 10 to 60000 (mnist has 60000 training examples)",
        ),
        (
            dataset(test_samples=10_001),
            "dataset.test_samples",
            "10001 is more than there are; allowed: 10 to 10000 (mnist has 10000 test examples)",
        ),
        # keys
        (
            {"seeds": ...},
            "seeds",
            "is missing; needed: the seeds, one replicate each: a list, or a count n, "
            "which stands for 0 to n-1",
        ),
        (
            {"timing": {"engin": "keras"}},
            "timing.engin",
            "unknown key; allowed: engine, slices_per_epoch, inference_batch_sizes, inference_rounds, "
            "target_ci, budget_s; did you mean 'engine'?",
        ),
        (
            {"timing": None},
            "timing",
            "null is not a mapping; allowed: a mapping with the keys "
            "engine, slices_per_epoch, inference_batch_sizes, inference_rounds, target_ci, budget_s",
        ),
    ],
)
def test_one_mistake_gets_one_sentence(changes, path, sentence):
    assert mistakes(**changes) == [(path, sentence)]


@pytest.mark.parametrize(
    "changes",
    [
        dataset(validation=59_990),
        dataset(validation=0, train_samples=10, test_samples=10),
        dataset(validation=5000, train_samples=55_000, test_samples=10_000),
        {"model": {"hidden_units": [1, 65536]}},
        {"seeds": 10_000},
        {"seeds": [2**31 - 1, 0]},
        {"timing": {"inference_batch_sizes": []}},
        {"timing": {"target_ci": 0.999, "budget_s": 0.001}},
        {"timing": {"target_ci": None, "budget_s": None}},
        {"verdict": {}},
        {"verdict": {"alpha": 0.05, "margin": 0.999, "loss_margin": 10, "target_accuracy": None}},
        {"verdict": {"target_accuracy": 0.98}, **dataset(validation=1)},
        {"activations": ["relu", {"name": "elu", "label": "placebo"}], "placebo": False},
        {"activations": ["relu", {"name": "relu", "label": "x" * 60, "params": {"max_value": None}}]},
        {"activations": ["relu", {"name": "relu", "label": "é relu", "params": {"max_value": 6}}]},
        train(batch_size=1_000_000, learning_rate=3e38),
    ],
)
def test_the_edges_are_allowed(changes):
    BenchConfig.model_validate(fine_data(**changes))


def test_a_misspelt_key_is_one_mistake_not_an_unknown_and_a_missing_one():
    train = {"optimiser": "adam", "learning_rate": 0.1, "batch_size": 1, "epochs": 1}
    allowed = "optimizer, learning_rate, batch_size, epochs, early_stopping, loss"
    sentence = f"unknown key; allowed: {allowed}; did you mean 'optimizer'?"
    assert mistakes(train=train) == [("train.optimiser", sentence)]


def test_no_mistake_hides_another():
    found = mistakes(
        name="",
        dataset={"name": "mnist", "validation": True, "test_samples": 3},
        activations=["relu", "relu", "softmaxx", {"name": "elu", "params": {"beta": 1}, "label": ""}],
        baseline="rel",
        seeds=[0, 0, -1],
        extra=1,
    )
    assert sorted(path for path, _ in found) == [
        "activations.1.label",
        "activations.2.name",
        "activations.3.label",
        "activations.3.params.beta",
        "baseline",
        "dataset.test_samples",
        "dataset.validation",
        "extra",
        "name",
        "seeds.1",
        "seeds.2",
    ]
