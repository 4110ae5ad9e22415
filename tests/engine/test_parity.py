"""Both engines, and a Keras script that knows nothing of actbench, end a training with the same weights."""

import keras
import numpy as np
import pytest

from actbench.datasets.dataset import Dataset, Target, prepare
from actbench.datasets.spec import DatasetSpec
from actbench.engine.compiled import CompiledEngine
from actbench.engine.keras_fit import KerasEngine
from actbench.records.run import DatasetInfo
from actbench.rng import permutation
from tests.blocks import cell, setting

pytestmark = pytest.mark.tensorflow

ROWS, EPOCHS = 500, 2


@pytest.fixture(scope="module")
def dataset():
    return prepare(DatasetSpec(name="mnist", validation=100, train_samples=ROWS, test_samples=200))


def orders():
    return [permutation(ROWS, 7, "batches", epoch) for epoch in range(EPOCHS)]


def train(engine, activation, slices):
    """Two epochs through an engine, each in the given slices; weights, and the last epoch's sums."""
    trainer = engine.trainer(activation)
    trainer.compile()
    trainer.reset(seed=3)
    start_weights = [weight.copy() for weight in trainer.model.get_weights()]
    for order in orders():
        epoch = engine.place(order)
        parts = [trainer.train(epoch, start, stop) for start, stop in slices]
    sums = parts[0]
    for part in parts[1:]:
        sums += part
    return start_weights, trainer, sums


def largest_difference(weights, others):
    return max(float(np.abs(a - b).max()) for a, b in zip(weights, others, strict=True))


# RMSprop's first steps are as long for tiny gradients as for large ones, so that at 0.01 it makes 4e-5 of the
# rounding of some processors; 0.001 is Keras's own rate.
RATES = {
    "sgd": 0.01,
    "adam": 0.01,
    "adamw": 0.01,
    "rmsprop": 0.001,
    "nadam": 0.01,
    "adagrad": 0.01,
    "lion": 0.01,
}


@pytest.mark.parametrize(
    "optimizer",
    # Adam is held against a Keras script with several heads, below, in every run of the tests.
    [name if name == "sgd" else pytest.param(name, marks=pytest.mark.heavy) for name in RATES],
)
def test_engines_and_a_plain_keras_script_end_with_the_same_weights(dataset, optimizer):
    learning_rate = RATES[optimizer]
    config = setting(train_samples=ROWS, optimizer=optimizer, learning_rate=learning_rate)
    activation = cell("gelu")
    start, compiled, compiled_sums = train(
        CompiledEngine(config, dataset), activation, [(0, 3), (3, 5), (5, 8)]
    )
    stock_start, stock, stock_sums = train(KerasEngine(config, dataset), activation, [(0, 8)])
    assert largest_difference(start, stock_start) == 0.0

    script = keras.Sequential(
        [
            keras.layers.Dense(16, activation="gelu"),
            keras.layers.Dense(8, activation="gelu"),
            keras.layers.Dense(10),
        ]
    )
    script.build((None, 784))
    script.set_weights(start)
    script.compile(
        optimizer=keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": learning_rate}}),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    for order in orders():
        script.fit(dataset.x[order], dataset.targets[0].y[order], batch_size=64, shuffle=False, verbose=0)

    trained = compiled.model.get_weights()
    assert largest_difference(trained, start) > 1e-3
    assert largest_difference(trained, stock.model.get_weights()) < 1e-5
    assert largest_difference(trained, script.get_weights()) < 1e-5
    assert compiled_sums.examples == stock_sums.examples == ROWS
    assert compiled_sums.tallies == stock_sums.tallies
    assert compiled_sums.loss == pytest.approx(stock_sums.loss, rel=1e-5)


@pytest.fixture(scope="module")
def trained(dataset):
    """A trained model of each engine; of its epochs, the short last batch is left out."""
    config = setting(train_samples=ROWS)
    return {
        make: train(make(config, dataset), cell("relu"), [(0, 7)])[1]
        for make in (CompiledEngine, KerasEngine)
    }


def test_engines_evaluate_alike_and_as_numpy_does(dataset, trained):
    compiled, stock = trained[CompiledEngine], trained[KerasEngine]
    ours, theirs = compiled.evaluate(dataset.test), stock.evaluate(dataset.test)
    assert ours.score == theirs.score
    assert ours.loss == pytest.approx(theirs.loss, rel=1e-5)

    hidden = dataset.x[dataset.test.start : dataset.test.stop].astype(np.float64)
    weights = compiled.model.get_weights()
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        hidden = np.maximum(hidden @ kernel + bias, 0.0)
    logits = hidden @ weights[-2] + weights[-1]
    labels = dataset.targets[0].y[dataset.test.start : dataset.test.stop]
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]
    assert ours.score == np.mean(logits.argmax(axis=1) == labels)
    assert ours.loss == pytest.approx(float(losses.mean()), rel=1e-5)


@pytest.mark.parametrize("engine", [CompiledEngine, KerasEngine])
def test_the_examples_that_were_right_are_those_that_are_counted(dataset, trained, engine):
    trainer = trained[engine]
    evaluation = trainer.evaluate(dataset.test)
    logits = trainer.model.predict(dataset.x[dataset.test.start : dataset.test.stop], verbose=0)
    np.testing.assert_array_equal(
        evaluation.correct,
        logits.argmax(axis=1) == dataset.targets[0].y[dataset.test.start : dataset.test.stop],
    )
    assert 0 < evaluation.correct.sum() == 200 * evaluation.score < 200


def test_evaluation_in_pieces_is_evaluation_as_a_whole(dataset, trained, monkeypatch):
    trainer = trained[CompiledEngine]
    whole = trainer.evaluate(dataset.test)
    monkeypatch.setattr("actbench.engine.protocols.EVALUATION_BATCH", 64)
    pieces = trainer.evaluate(dataset.test)
    np.testing.assert_array_equal(pieces.correct, whole.correct)
    assert pieces.metrics == whole.metrics
    assert pieces.loss == pytest.approx(whole.loss, rel=1e-5)


@pytest.mark.parametrize("rows", [64, pytest.param(128, marks=pytest.mark.heavy), 40])
def test_epochs_without_a_short_batch_and_shorter_than_a_batch(rows):
    dataset = prepare(DatasetSpec(name="mnist", train_samples=rows, test_samples=50))
    config = setting(train_samples=rows, validation=0)
    steps = -(-rows // 64)
    results = []
    for engine in (CompiledEngine(config, dataset), KerasEngine(config, dataset)):
        trainer = engine.trainer(cell("relu"))
        trainer.compile()
        trainer.reset(0)
        sums = trainer.train(engine.place(permutation(rows, 0, "batches")), 0, steps)
        assert sums.examples == rows
        results.append(trainer.model.get_weights())
    assert largest_difference(*results) < 1e-5


def test_parameters_of_an_activation_reach_the_model(dataset, trained):
    engine = CompiledEngine(setting(train_samples=ROWS), dataset)
    plain, steep = (
        train(engine, cell("leaky_relu", negative_slope=slope), [(0, 7)])[1] for slope in (0.0, 0.5)
    )
    relu = trained[CompiledEngine]
    assert largest_difference(plain.model.get_weights(), relu.model.get_weights()) < 1e-6
    assert largest_difference(steep.model.get_weights(), relu.model.get_weights()) > 1e-3


NUMBERS = np.random.default_rng(5)
X = NUMBERS.standard_normal((160, 6)).astype(np.float32)
RISE = (X[:, 0] + X[:, 1] ** 2 + 0.1 * NUMBERS.standard_normal(160)).astype(np.float32)
SIDE = (np.median(RISE) < RISE).astype(np.int32)
TARGETS = {"rise": Target("rise", RISE, None), "side": Target("side", SIDE, 2)}


def tabular(*names):
    info = DatasetInfo(
        name="table", sha256="", train=100, validation=20, test=40, split_rule="by hand", split_sha256=""
    )
    targets = tuple(TARGETS[name] for name in names)
    return Dataset(X, targets, range(100), range(100, 120), range(120, 160), info)


@pytest.mark.parametrize(
    ("targets", "loss", "asked"),
    [
        (["rise"], "mse", {}),
        pytest.param(["rise"], "mae", {}, marks=pytest.mark.heavy),
        pytest.param(["rise"], "huber", {}, marks=pytest.mark.heavy),
        pytest.param(["side"], "binary_crossentropy", {}, marks=pytest.mark.heavy),
        (
            ["rise", "side"],
            None,
            {"rise": {"loss": "huber", "weight": 0.8}, "side": {"loss": "binary_crossentropy"}},
        ),
    ],
)
def test_engines_agree_on_every_loss_and_on_several_heads(targets, loss, asked):
    """Held against a Keras script that knows nothing of actbench, too."""
    config = setting(optimizer="adam", learning_rate=0.01, batch_size=32, loss=loss, targets=asked)
    data = tabular(*targets)
    trainers, sums = [], []
    for engine in (CompiledEngine(config, data), KerasEngine(config, data)):
        trainer = engine.trainer(cell("tanh"))
        trainer.compile()
        trainer.reset(seed=3)
        start = trainer.model.get_weights()
        for epoch in range(2):
            placed = engine.place(permutation(100, 7, "batches", epoch))
            parts = [trainer.train(placed, first, last) for first, last in ((0, 2), (2, 4))]
        trainers.append(trainer)
        sums.append(parts[0] + parts[1])
    compiled, stock = trainers
    assert largest_difference(compiled.model.get_weights(), start) > 1e-2
    assert largest_difference(compiled.model.get_weights(), stock.model.get_weights()) < 1e-5
    assert sums[0].loss == pytest.approx(sums[1].loss, rel=1e-5)
    assert sums[0].tallies == pytest.approx(sums[1].tallies, rel=1e-5)
    assert compiled.train_score(sums[0]) == pytest.approx(stock.train_score(sums[1]), abs=1e-6)
    ours, theirs = compiled.evaluate(data.test), stock.evaluate(data.test)
    assert ours.loss == pytest.approx(theirs.loss, rel=1e-5)
    assert ours.metrics == pytest.approx(theirs.metrics, abs=1e-5)

    script = keras_script(targets)
    script.set_weights(start)
    losses = {"rise": asked.get("rise", {}).get("loss", loss), "side": "binary_crossentropy"}
    weights = {"rise": asked.get("rise", {}).get("weight", 1.0), "side": 1.0}
    made = {"binary_crossentropy": keras.losses.BinaryCrossentropy(from_logits=True)}
    script.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=[made.get(losses[name], losses[name]) for name in targets],
        loss_weights=[weights[name] for name in targets],
    )
    for epoch in range(2):
        order = permutation(100, 7, "batches", epoch)
        y = [TARGETS[name].y[order] for name in targets]
        script.fit(X[order], y if len(y) > 1 else y[0], batch_size=32, shuffle=False, verbose=0)
    assert largest_difference(compiled.model.get_weights(), script.get_weights()) < 1e-5


def keras_script(targets):
    inputs = hidden = keras.Input((6,))
    for units in (16, 8):
        hidden = keras.layers.Dense(units, activation="tanh")(hidden)
    return keras.Model(inputs, [keras.layers.Dense(1)(hidden) for _ in targets])


@pytest.mark.parametrize("engine", [CompiledEngine, KerasEngine])
def test_metrics_of_several_targets_are_what_numpy_makes_of_the_outputs(engine):
    data = tabular("rise", "side")
    trainer = engine(setting(targets={"side": {"loss": "binary_crossentropy"}}), data).trainer(cell("relu"))
    trainer.compile()
    trainer.reset(seed=0)
    found = trainer.evaluate(data.test)
    rise, logit = (output.astype(np.float64)[:, 0] for output in trainer.model.predict(X[120:], verbose=0))
    errors = rise - RISE[120:]
    squares = np.sum((RISE[120:].astype(np.float64) - RISE[120:].astype(np.float64).mean()) ** 2)
    expected = {
        "rise_r2": 1 - np.sum(errors**2) / squares,
        "rise_rmse": np.sqrt(np.mean(errors**2)),
        "rise_mae": np.mean(np.abs(errors)),
        "side_accuracy": np.mean((logit > 0) == SIDE[120:]),
    }
    assert found.metrics == pytest.approx(expected, abs=1e-5)
    assert found.score == pytest.approx((expected["rise_r2"] + expected["side_accuracy"]) / 2, abs=1e-5)
    losses = errors**2 + np.logaddexp(0, np.where(SIDE[120:] == 1, -logit, logit))
    assert found.loss == pytest.approx(losses.mean(), rel=1e-5)
    assert found.correct is None
