"""Who else is in the config, in which order, and when it runs, changes no activation's accuracy by a bit."""

from itertools import count

import numpy as np
import pytest

from actbench.datasets.dataset import prepare
from actbench.datasets.spec import DatasetSpec
from actbench.engine.rounds import Stopwatch
from actbench.engine.runner import ENGINES, BlockRunner, Measurer
from actbench.environment import describe_environment
from tests.blocks import block, cell, setting

pytestmark = pytest.mark.tensorflow

# A short last batch is one more program to compile for each model, the longest of them.
WHOLE_BATCHES = {"train_samples": 448, "slices_per_epoch": 2}


def accuracies(*labels, engine="compiled", seeds=(0, 1), **timing):
    measurer = Measurer(import_s=0.0)
    found = {}
    for seed in seeds:
        record = measurer.measure(
            block(
                *(cell(label, "relu" if label == "placebo" else label) for label in labels),
                seed=seed,
                engine=engine,
                **(WHOLE_BATCHES | {"inference_batch_sizes": ()} | timing),
            ),
            lambda *_: None,
        )
        for measured in record.cells:
            found[measured.activation, seed] = learned(measured)
    return found


def learned(measured):
    """Everything in a record that training decides."""
    names = ("test_score", "test_loss", "validation_score", "validation_loss", "train_score", "train_loss")
    return [getattr(measured, name) for name in (*names, "test_correct")]


@pytest.fixture(scope="module")
def once():
    return accuracies("relu", "tanh", "placebo")


@pytest.mark.heavy  # the test after the next one does the same with others beside them
@pytest.mark.parametrize("rows", [448, 500])
def test_running_twice_gives_the_same_numbers(rows):
    first, second = (accuracies("relu", "tanh", "placebo", train_samples=rows) for _ in range(2))
    assert first == second


def test_seeds_differ(once):
    assert once["relu", 0] != once["relu", 1]


def test_a_seed_alone_with_another_activation_in_another_order_gives_the_same_numbers(once):
    others = accuracies("tanh", "softsign", "relu", seeds=(1,))
    assert {key: others[key] for key in others if key in once} == {
        ("tanh", 1): once["tanh", 1],
        ("relu", 1): once["relu", 1],
    }


@pytest.mark.heavy  # the test before this one does both at once
def test_a_seed_can_run_alone(once):
    assert accuracies("relu", "tanh", "placebo", seeds=(1,)) == {
        key: value for key, value in once.items() if key[1] == 1
    }


@pytest.mark.heavy  # likewise
def test_adding_and_reordering_activations_changes_nobody_elses_numbers(once):
    more = accuracies("gelu", "tanh", "placebo", "softsign", "relu")
    assert {key: more[key] for key in once} == once


def test_the_placebo_equals_its_baseline_exactly(once):
    assert once["placebo", 0] == once["relu", 0]
    assert once["placebo", 0] != once["tanh", 0]


@pytest.mark.heavy  # accuracies and probes, below, would tell
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_timing_only_rounds_move_no_trained_model_by_a_bit(engine):
    config = setting(engine=engine, slices_per_epoch=1)
    dataset = prepare(DatasetSpec(name="mnist", validation=100, train_samples=500, test_samples=200))

    def trained(**timing):
        made, extra = {}, []
        runner = BlockRunner(
            Keeping(ENGINES[engine](config, dataset), made),
            len(dataset.train),
            dataset.validation,
            dataset.test,
            describe_environment(),
        )
        for seed in (0, 1):
            planned = block(
                *(cell("relu"), cell("tanh")),
                seed=seed,
                engine=engine,
                slices_per_epoch=1,
                inference_batch_sizes=(),
                **timing,
            )
            # a clock that counts its readings: every machine runs the same rounds, however slow it is
            record = runner.run(planned, Stopwatch(count(step=0.01).__next__), lambda *_: None)
            extra.append(len(record.extra_slice_steps))
        states = {label: trainer.state() for label, trainer in made.items()}
        return states, extra

    plain, none = trained()
    timed, extra = trained(target_ci=0.01)
    # two epochs of one slice each, and six samples are believed
    assert (none, extra) == ([0, 0], [4, 4])
    assert plain.keys() == timed.keys() == {"relu", "tanh"}
    for label, state in plain.items():
        assert len(state) > 12  # weights and the optimizer
        for ours, theirs in zip(state, timed[label], strict=True):
            np.testing.assert_array_equal(ours, theirs)


class Keeping:
    """An engine whose trainers can be looked at afterwards."""

    def __init__(self, engine, made):
        self._engine = engine
        self._made = made

    def trainer(self, cell):
        self._made[cell.label] = self._engine.trainer(cell)
        return self._made[cell.label]

    def __getattr__(self, name):
        return getattr(self._engine, name)


@pytest.mark.parametrize("engine", ["compiled", pytest.param("keras", marks=pytest.mark.heavy)])
def test_timing_only_rounds_change_no_accuracy_by_a_bit(engine, once):
    plain = accuracies("relu", "tanh", engine=engine) if engine == "keras" else once
    timed = accuracies(
        "relu", "tanh", engine=engine, inference_batch_sizes=(8,), target_ci=1e-6, budget_s=0.4
    )
    assert timed == {key: plain[key] for key in timed}
    assert len(timed) == 4


@pytest.mark.parametrize("engine", ["compiled", pytest.param("keras", marks=pytest.mark.heavy)])
def test_probes_change_no_accuracy_by_a_bit_and_nobody_elses_probes(engine, once):
    def measured(*labels):
        planned = block(
            *map(cell, labels),
            engine=engine,
            inference_batch_sizes=(),
            probes=[0, 1, "last"],
            **WHOLE_BATCHES,
        )
        record = Measurer(import_s=0.0).measure(planned, lambda *_: None)
        return {found.activation: found for found in record.cells}

    plain = accuracies("relu", "tanh", engine=engine, seeds=(0,)) if engine == "keras" else once
    probed, alone = measured("relu", "tanh"), measured("tanh")
    for label, found in probed.items():
        assert learned(found) == plain[label, 0]
    assert [probe.epoch for probe in probed["tanh"].probes] == [0, 1, 2]
    assert probed["tanh"].probes == alone["tanh"].probes
    assert len({probe.gradient_norm for probe in probed["tanh"].probes}) == 3


@pytest.mark.heavy  # the tests of parity compare both engines' weights
def test_the_keras_engine_keeps_the_same_promises():
    first = accuracies("relu", "placebo", engine="keras", seeds=(0,))
    second = accuracies("placebo", "tanh", "relu", engine="keras", seeds=(0,))
    assert first["placebo", 0] == first["relu", 0]
    assert {key: second[key] for key in first} == first
