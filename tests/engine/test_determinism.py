"""Who else is in the config, in which order, and when it runs, changes no activation's accuracy by a bit."""

import pytest

from actbench.engine.measure import Measurer
from tests.blocks import block, cell

pytestmark = pytest.mark.tensorflow


def accuracies(*labels, engine="compiled", seeds=(0, 1)):
    measurer = Measurer(import_s=0.0)
    found = {}
    for seed in seeds:
        record = measurer.measure(
            block(
                *(cell(label, "relu" if label == "placebo" else label) for label in labels),
                seed=seed,
                engine=engine,
                slices_per_epoch=2,
                inference_batch_sizes=(),
            ),
            lambda *_: None,
        )
        for measured in record.cells:
            found[measured.activation, seed] = (
                measured.test_accuracy,
                measured.test_loss,
                measured.validation_accuracy,
                measured.train_loss,
            )
    return found


@pytest.fixture(scope="module")
def once():
    return accuracies("relu", "tanh", "placebo")


def test_running_twice_gives_the_same_numbers(once):
    assert accuracies("relu", "tanh", "placebo") == once


def test_seeds_differ_and_can_run_alone(once):
    assert once["relu", 0] != once["relu", 1]
    assert accuracies("relu", "tanh", "placebo", seeds=(1,)) == {
        key: value for key, value in once.items() if key[1] == 1
    }


def test_adding_and_reordering_activations_changes_nobody_elses_numbers(once):
    more = accuracies("gelu", "tanh", "placebo", "softsign", "relu")
    assert {key: more[key] for key in once} == once


def test_the_placebo_equals_its_baseline_exactly(once):
    assert once["placebo", 0] == once["relu", 0]
    assert once["placebo", 0] != once["tanh", 0]


def test_the_keras_engine_keeps_the_same_promises():
    first = accuracies("relu", "placebo", engine="keras", seeds=(0,))
    second = accuracies("placebo", "tanh", "relu", engine="keras", seeds=(0,))
    assert first["placebo", 0] == first["relu", 0]
    assert {key: second[key] for key in first} == first
