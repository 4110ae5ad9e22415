"""Hyper-parameters that a cell has in the place of its setting's, trained for real."""

import numpy as np
import pytest

from actbench.analysis.tuning import summarize_tuning
from actbench.config.schema.bench import BenchConfig
from actbench.engine.compiled import CompiledEngine
from actbench.engine.keras_fit import KerasEngine
from actbench.engine.runner import ENGINES, Measurer
from actbench.plan.build import make_plan
from tests.engine import tiny

pytestmark = pytest.mark.tensorflow

VALUES = {
    "train.learning_rate": 0.25,
    "train.optimizer.params.momentum": 0.5,
    "model.kernel_regularizer": {"l2": 0.1},
}


@pytest.mark.parametrize("engine", [CompiledEngine, KerasEngine])
def test_a_cell_trains_with_values_of_its_own_as_if_the_setting_had_them(engine):
    setting, data = tiny.setting(optimizer="sgd"), tiny.dataset()
    own = tiny.cell("tanh").model_copy(update={"tuned": VALUES})
    by_cell = engine(setting, data).trainer(own)
    by_setting = engine(setting.for_cell(own), data).trainer(tiny.cell("tanh"))
    plain = engine(setting, data).trainer(tiny.cell("tanh"))
    for trainer in (by_cell, by_setting, plain):
        trainer.reset(3)
    order = engine(setting, data).place(np.arange(32, dtype=np.int32))
    losses = [trainer.train(order, 0, 2).mean_loss for trainer in (by_cell, by_setting, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert losses[0] != pytest.approx(losses[2], rel=1e-4)
    weights = [np.concatenate([w.ravel() for w in trainer.state()[:4]]) for trainer in (by_cell, by_setting)]
    np.testing.assert_allclose(*weights, rtol=1e-5, atol=1e-6)


def test_an_absurd_learning_rate_loses_and_the_final_trainings_have_the_other():
    config = BenchConfig.model_validate(
        {
            "name": "tiny",
            "dataset": {"name": "mnist", "validation": 200, "train_samples": 608, "test_samples": 100},
            "model": {"hidden_units": [8]},
            "activations": ["relu"],
            "baseline": "relu",
            "placebo": False,
            "train": {"optimizer": "sgd", "batch_size": 32, "epochs": 2},
            "tune": {"train.learning_rate": [0.1, 1e6], "seeds": 1},
            "seeds": 1,
            "timing": {"inference_batch_sizes": []},
        }
    )
    plan = make_plan(config)
    measurer = Measurer(import_s=0.0)
    tried = [measurer.measure(block, lambda _: None) for block in plan.tuning]
    [own] = summarize_tuning(plan.settings[0].tune, tried, ["relu"])
    assert own.chosen == {"train.learning_rate": 0.1}
    [final] = plan.final
    record = measurer.measure(final.with_chosen({"relu": own.chosen}), lambda _: None)
    assert not record.tuning
    assert record.cells[0].test_score > 0.4
    assert record.cells[0].tuned == own.chosen


def test_final_blocks_are_measured_by_the_engine_that_tuned_and_by_the_setting_that_they_name(monkeypatch):
    config = BenchConfig.model_validate(
        {
            "name": "tiny",
            "dataset": {"name": "mnist", "validation": 200, "train_samples": 608, "test_samples": 100},
            "model": {"hidden_units": [8]},
            "activations": ["relu"],
            "baseline": "relu",
            "placebo": False,
            "train": {"optimizer": "sgd", "batch_size": 32, "epochs": 1},
            "tune": {"train.learning_rate": [0.1, 0.2], "seeds": 1},
            "seeds": 1,
            "timing": {"inference_batch_sizes": [4], "inference_rounds": 2},
            "probes": {"epochs": [0], "examples": 50},
        }
    )
    made = []

    class Engine(CompiledEngine):
        def __init__(self, setting, dataset):
            super().__init__(setting, dataset)
            made.append(setting)

    monkeypatch.setitem(ENGINES, "compiled", Engine)
    plan, measurer = make_plan(config), Measurer(import_s=0.0)
    final = plan.final[0].with_chosen({"relu": {"train.learning_rate": 0.1}})
    tried, _, measured = (measurer.measure(block, lambda _: None) for block in (*plan.tuning, final))
    assert made == [final.setting]
    assert (tried.cells[0].inference, tried.cells[0].probes) == ((), ())
    [inference], [probe] = measured.cells[0].inference, measured.cells[0].probes
    assert (inference.batch_size, len(inference.latency_s), probe.epoch) == (4, 2, 0)
    unprobed = final.setting.probes.model_copy(update={"epochs": ()})
    other = final.setting.model_copy(update={"probes": unprobed})
    measurer.measure(final.model_copy(update={"setting": other}), lambda _: None)
    assert made == [final.setting, other]  # an id that lies about its content is not believed
