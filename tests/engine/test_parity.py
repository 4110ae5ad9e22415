"""Both engines, and a Keras script that knows nothing of actbench, end a training with the same weights."""

import keras
import numpy as np
import pytest

from actbench.datasets import Wanted, prepare
from actbench.engine.compiled import CompiledEngine
from actbench.engine.stock import StockEngine
from actbench.streams import permutation
from tests.blocks import cell, setting

pytestmark = pytest.mark.tensorflow

ROWS, EPOCHS = 500, 2


@pytest.fixture(scope="module")
def dataset():
    return prepare(Wanted(name="mnist", validation=100, train_samples=ROWS, test_samples=200))


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


@pytest.mark.parametrize(("optimizer", "learning_rate"), RATES.items())
def test_engines_and_a_plain_keras_script_end_with_the_same_weights(dataset, optimizer, learning_rate):
    config = setting(train_samples=ROWS, optimizer=optimizer, learning_rate=learning_rate)
    activation = cell("gelu")
    start, compiled, compiled_sums = train(
        CompiledEngine(config, dataset), activation, [(0, 3), (3, 5), (5, 8)]
    )
    stock_start, stock, stock_sums = train(StockEngine(config, dataset), activation, [(0, 8)])
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
    assert compiled_sums.correct == stock_sums.correct
    assert compiled_sums.loss == pytest.approx(stock_sums.loss, rel=1e-5)


def test_engines_evaluate_alike_and_as_numpy_does(dataset):
    config = setting(train_samples=ROWS)
    _, compiled, _ = train(CompiledEngine(config, dataset), cell("relu"), [(0, 8)])
    _, stock, _ = train(StockEngine(config, dataset), cell("relu"), [(0, 8)])
    ours, theirs = compiled.evaluate(dataset.test), stock.evaluate(dataset.test)
    assert ours.correct == theirs.correct
    assert ours.loss == pytest.approx(theirs.loss, rel=1e-5)

    hidden = dataset.x[dataset.test.start : dataset.test.stop].astype(np.float64)
    weights = compiled.model.get_weights()
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        hidden = np.maximum(hidden @ kernel + bias, 0.0)
    logits = hidden @ weights[-2] + weights[-1]
    labels = dataset.targets[0].y[dataset.test.start : dataset.test.stop]
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]
    assert ours.correct == int((logits.argmax(axis=1) == labels).sum())
    assert ours.loss == pytest.approx(float(losses.sum()), rel=1e-5)


@pytest.mark.parametrize("engine", [CompiledEngine, StockEngine])
def test_the_examples_that_were_right_are_those_that_are_counted(dataset, engine):
    _, trainer, _ = train(engine(setting(train_samples=ROWS), dataset), cell("tanh"), [(0, 8)])
    sums, correct = trainer.evaluate_each(dataset.test)
    logits = trainer.model.predict(dataset.x[dataset.test.start : dataset.test.stop], verbose=0)
    np.testing.assert_array_equal(
        correct, logits.argmax(axis=1) == dataset.targets[0].y[dataset.test.start : dataset.test.stop]
    )
    assert 0 < int(correct.sum()) == sums.correct < 200
    assert sums.correct == trainer.evaluate(dataset.test).correct
    assert sums.loss == trainer.evaluate(dataset.test).loss


def test_evaluation_in_pieces_is_evaluation_as_a_whole(dataset, monkeypatch):
    _, trainer, _ = train(CompiledEngine(setting(train_samples=ROWS), dataset), cell("tanh"), [(0, 8)])
    whole, each = trainer.evaluate_each(dataset.test)
    monkeypatch.setattr("actbench.engine.trainer.EVALUATION_BATCH", 64)
    pieces, in_pieces = trainer.evaluate_each(dataset.test)
    np.testing.assert_array_equal(in_pieces, each)
    assert pieces.examples == whole.examples == 200
    assert pieces.correct == whole.correct
    assert pieces.loss == pytest.approx(whole.loss, rel=1e-5)


@pytest.mark.parametrize("rows", [64, 128, 40])
def test_epochs_without_a_short_batch_and_shorter_than_a_batch(rows):
    dataset = prepare(Wanted(name="mnist", train_samples=rows, test_samples=50))
    config = setting(train_samples=rows, validation=0)
    steps = -(-rows // 64)
    results = []
    for engine in (CompiledEngine(config, dataset), StockEngine(config, dataset)):
        trainer = engine.trainer(cell("relu"))
        trainer.compile()
        trainer.reset(0)
        sums = trainer.train(engine.place(permutation(rows, 0, "batches")), 0, steps)
        assert sums.examples == rows
        results.append(trainer.model.get_weights())
    assert largest_difference(*results) < 1e-5


def test_parameters_of_an_activation_reach_the_model(dataset):
    engine = CompiledEngine(setting(train_samples=ROWS), dataset)
    plain, steep = (
        train(engine, cell("leaky_relu", negative_slope=slope), [(0, 8)])[1] for slope in (0.0, 0.5)
    )
    relu = train(engine, cell("relu"), [(0, 8)])[1]
    assert largest_difference(plain.model.get_weights(), relu.model.get_weights()) < 1e-6
    assert largest_difference(steep.model.get_weights(), relu.model.get_weights()) > 1e-3
