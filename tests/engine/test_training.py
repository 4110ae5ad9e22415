"""Layers, optimizers and early stopping: both engines train alike, and a reset restores all of it."""

import inspect

import keras
import numpy as np
import pytest

from actbench.config.schema.measurement import ProbesConfig, TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.train import TrainConfig
from actbench.engine.compiled import CompiledEngine
from actbench.engine.keras_fit import KerasEngine
from actbench.engine.model import Dropout
from actbench.engine.rounds import Stopwatch
from actbench.engine.runner import BlockRunner
from actbench.environment import describe_environment
from actbench.plan.models import Block
from actbench.rng import permutation
from tests.engine import tiny

pytestmark = pytest.mark.tensorflow

ENGINES = [CompiledEngine, KerasEngine]
ADAM = {"optimizer": "adam", "learning_rate": 0.01}
DROPPING = {"layers": [{"dense": 16, "activation": "*"}, {"dropout": 0.5}, {"alpha_dropout": 0.2}]}

TRAININGS = {
    "nesterov, clipped, by a schedule": (
        {"hidden_units": [6, 5]},
        {
            "optimizer": {
                "name": "sgd",
                "params": {"momentum": 0.9, "nesterov": True, "global_clipnorm": 0.3},
            },
            "learning_rate": {"schedule": "cosine_decay", "initial_learning_rate": 0.2, "decay_steps": 5},
        },
    ),
    "normalised, residual, regularized": (
        {
            "layers": [
                {"dense": 6, "activation": "*"},
                {"batch_norm": {"momentum": 0.5}},
                {"residual": [{"dense": 5, "activation": "*"}, {"dense": 6}]},
                {"residual": [{"dense": 4, "activation": "tanh"}]},
                "layer_norm",
            ],
            "kernel_regularizer": {"l1": 1e-3, "l2": 1e-2},
        },
        {"optimizer": {"name": "adam", "params": {"clipnorm": 0.5}}, "learning_rate": 0.02},
    ),
    "with dropout": (DROPPING, ADAM),
}


def setting(model, train):
    made = tiny.setting()
    return made.model_copy(
        update={
            "model": ModelConfig.model_validate(model),
            "train": TrainConfig.model_validate({"batch_size": tiny.BATCH, "epochs": 1} | train),
            "timing": TimingConfig(slices_per_epoch=1, inference_batch_sizes=()),
            "probes": ProbesConfig(epochs=()),
        }
    )


def trained(trainer, engine, seed=3, epochs=3):
    trainer.reset(seed)
    rows = len(engine.dataset.train)
    sums = [
        trainer.train(engine.place(permutation(rows, seed, "batches", epoch)), 0, -(-rows // tiny.BATCH))
        for epoch in range(epochs)
    ]
    return trainer.model.get_weights(), sums, trainer.evaluate(engine.dataset.test)


def by_both(model, train):
    """The trainers of both engines and what `trained` gives of them, which has to be the same."""
    trainers, results = [], []
    for make in ENGINES:
        engine = make(setting(model, train), tiny.dataset())
        trainers.append(engine.trainer(tiny.cell("gelu")))
        trainers[-1].compile()
        results.append(trained(trainers[-1], engine))
    (ours, our_sums, our_test), (theirs, their_sums, their_test) = results
    assert max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True)) < 2e-5
    assert [part.tallies for part in our_sums] == [part.tallies for part in their_sums]
    for one, other in zip([*our_sums, our_test], [*their_sums, their_test], strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-4)
    return trainers


@pytest.mark.parametrize("name", TRAININGS)
def test_both_engines_end_with_the_same_weights_and_report_the_data_loss(name):
    by_both(*TRAININGS[name])


# The learning rate of each schedule after six steps; the optimizers and the clipping are those not met above.
SIX_STEPS = {
    "exponential_decay": ({"initial_learning_rate": 0.2, "decay_steps": 2, "decay_rate": 0.5}, 0.2 / 8),
    "inverse_time_decay": ({"initial_learning_rate": 0.2, "decay_steps": 2, "decay_rate": 0.5}, 0.2 / 2.5),
    "piecewise_constant_decay": ({"boundaries": [2, 4], "values": [0.02, 0.01, 0.005]}, 0.005),
    "polynomial_decay": (
        {"initial_learning_rate": 0.02, "decay_steps": 8, "end_learning_rate": 0.004},
        0.008,
    ),
    "cosine_decay_restarts": (
        {"initial_learning_rate": 0.2, "first_decay_steps": 4},  # then eight, a quarter of which is over
        0.1 * (1 + np.cos(np.pi / 4)),
    ),
}
OPTIMIZERS = {
    "exponential_decay": {"name": "sgd", "params": {"clipvalue": 0.05}},
    "piecewise_constant_decay": {"name": "lamb"},
    "polynomial_decay": {"name": "muon"},
}


@pytest.mark.parametrize(
    "schedule",
    [
        name if name == "exponential_decay" else pytest.param(name, marks=pytest.mark.heavy)
        for name in SIX_STEPS
    ],
)
def test_both_engines_follow_a_schedule(schedule):
    params, rate = SIX_STEPS[schedule]
    muon = inspect.signature(keras.optimizers.Muon).parameters
    if schedule == "polynomial_decay" and "rms_rate" not in muon:
        pytest.skip("the muon of Keras 3.12, the last for Python 3.10, cannot be applied outside of fit")
    train = {
        "optimizer": OPTIMIZERS.get(schedule, {"name": "sgd"}),
        "learning_rate": {"schedule": schedule, **params},
    }
    for trainer in by_both({"hidden_units": [6, 5]}, train):
        assert float(trainer.optimizer.learning_rate) == pytest.approx(rate, rel=1e-5)


def test_a_plain_keras_script_does_the_same_residual_block_and_regularizer():
    engine = KerasEngine(setting(*TRAININGS["normalised, residual, regularized"]), tiny.dataset())
    trainer = engine.trainer(tiny.cell("relu"))
    trainer.reset(0)
    model = trainer.model
    l1_l2 = keras.regularizers.L1L2(1e-3, 1e-2)
    kernels = [layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert len(kernels) == 6  # four hidden, a projection from 6 to 4 units, and the head
    assert float(sum(model.losses)) == pytest.approx(
        float(sum(l1_l2(kernel) for kernel in kernels)), rel=1e-5
    )
    # scale and offset are trained, moving mean and variance are not
    assert trainer.parameters == model.count_params() - 2 * 6


@pytest.mark.parametrize("make", ENGINES)
def test_a_reset_restores_moving_statistics_the_schedule_and_what_dropout_leaves_out(make):
    model = {"layers": [*DROPPING["layers"], "batch_norm"]}
    train = {"optimizer": "sgd"} | {
        "learning_rate": {"schedule": "exponential_decay", "initial_learning_rate": 0.5, "decay_steps": 2,
                          "decay_rate": 0.5}
    }  # fmt: skip
    engine = make(setting(model, train), tiny.dataset())
    trainer = engine.trainer(tiny.cell("tanh"))
    first, other, again = (trained(trainer, engine, seed)[0] for seed in (0, 1, 0))
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert any((one != different).any() for one, different in zip(first, other, strict=True))
    fresh = engine.trainer(tiny.cell("tanh"))
    for one, same in zip(first, trained(fresh, engine, 0)[0], strict=True):
        np.testing.assert_array_equal(one, same)


def test_dropout_leaves_out_the_same_for_every_activation_and_is_off_in_a_test():
    engine = CompiledEngine(setting(DROPPING, ADAM), tiny.dataset())
    masks = []
    for label in ("relu", "tanh"):
        trainer = engine.trainer(tiny.cell(label))
        trainer.reset(5)
        dropout = next(layer for layer in trainer.model.layers if isinstance(layer, Dropout))
        masks.append(np.asarray(dropout(np.ones((7, 16), np.float32), training=True)) == 0)
    np.testing.assert_array_equal(*masks)
    assert 0.2 < masks[0].mean() < 0.8
    assert trainer.evaluate(range(8)).loss == trainer.evaluate(range(8)).loss


@pytest.mark.parametrize("make", ENGINES)
def test_the_softmax_is_in_inference_alone(make):
    engine = make(setting({"hidden_units": [6], "output": "softmax"}, ADAM), tiny.dataset())
    trainer = engine.trainer(tiny.cell("relu"))
    trainer.reset(0)
    x = engine.inference_batch(5)
    logits = np.asarray(trainer.model(x, training=False))
    answers = np.asarray(trainer.inference_model(x, training=False))
    np.testing.assert_allclose(answers, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), rtol=1e-5)
    trainer.compile_inference(x)
    trainer.infer(x)


STOPPING = {"early_stopping": {"patience": 2}, "epochs": 12, "optimizer": "sgd", "learning_rate": 2.0}


def stopped_early(make, *probes):
    """A record for each way to probe, all of one engine, whose models are compiled once."""
    planned, data = setting({"hidden_units": [6]}, STOPPING), tiny.dataset()
    engine = make(planned, data)
    runner = BlockRunner(engine, len(data.train), data.validation, data.test, describe_environment())
    for epochs in probes:
        probed = planned.model_copy(update={"probes": ProbesConfig(epochs=epochs)})
        block = Block(id="tiny-0", setting=probed, seed=0, cells=(tiny.cell("relu"), tiny.cell("sigmoid")))
        yield runner.run(block, Stopwatch(), lambda *_: None)


def test_both_engines_stop_in_the_same_epoch_and_test_the_best_weights():
    records = [record for make in ENGINES for record in stopped_early(make, ())]
    for ours, theirs in zip(*(record.cells for record in records), strict=True):
        assert (ours.epochs_trained, ours.best_epoch) == (theirs.epochs_trained, theirs.best_epoch)
        best = int(np.argmin(ours.validation_loss)) + 1
        assert ours.best_epoch == best
        assert ours.epochs_trained in (best + 2, 12)
        assert ours.test_loss == pytest.approx(theirs.test_loss, rel=1e-4)
        assert len(ours.slice_s) == ours.epochs_trained * records[0].slices_per_epoch
    assert min(cell.epochs_trained for cell in records[0].cells) < 12


def test_the_last_probe_of_a_training_that_stopped_early_looks_at_its_best_epoch():
    last, every = (record.cells for record in stopped_early(CompiledEngine, ("last",), tuple(range(1, 13))))
    assert any(cell.best_epoch < cell.epochs_trained for cell in last)
    for cell, looked_at in zip(last, every, strict=True):
        assert [probe.epoch for probe in cell.probes] == [cell.best_epoch]
        assert [probe.epoch for probe in looked_at.probes] == list(range(1, cell.epochs_trained + 1))
        assert cell.probes[0] == looked_at.probes[cell.best_epoch - 1]
