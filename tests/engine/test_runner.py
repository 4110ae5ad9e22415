import json
import math
from dataclasses import replace

import numpy as np
import pytest

from actbench.config.schema.train import EarlyStoppingConfig
from actbench.engine.rounds import Stopwatch
from actbench.engine.runner import BlockRunner
from actbench.environment import describe_environment
from actbench.execution.protocol import Progress
from actbench.records.block import BlockRecord, unpack
from tests.blocks import block, cell
from tests.fakes import FakeEngine, FakeTrainer

TRAINING_ROWS = 500
VALIDATION = range(500, 600)
TEST = range(600, 800)
LABELS = ("relu", "tanh", "gelu", "placebo")


@pytest.fixture
def engine():
    return FakeEngine()


def run(engine, *, labels=LABELS, seed=0, validation=VALIDATION, runner=None, **values):
    runner = runner or BlockRunner(engine, TRAINING_ROWS, validation, TEST, describe_environment())
    epochs = []
    record = runner.run(
        block(*(cell(label) for label in labels), seed=seed, **values),
        Stopwatch(engine.clock, import_s=3.0),
        lambda epoch, accuracies: epochs.append((epoch, accuracies)),
    )
    return record, epochs


def rounds(engine):
    """The training calls, grouped by the steps they ran."""
    grouped = {}
    for name, *rest in engine.calls:
        if name == "train":
            label, *steps = rest
            grouped.setdefault(tuple(steps), []).append(label)
    return grouped


def test_every_round_runs_one_slice_of_every_activation(engine):
    run(engine, epochs=1, slices_per_epoch=3)
    grouped = rounds(engine)
    assert len(grouped) == 3
    assert all(sorted(labels) == sorted(LABELS) for labels in grouped.values())
    # 500 rows in batches of 64 are 8 steps; the slices follow each other and leave none out.
    assert sorted(grouped) == [(0, 3), (3, 6), (6, 8)] or sorted(grouped) == [(0, 2), (2, 5), (5, 8)]


def test_rounds_come_in_random_orders_that_the_seed_repeats(engine):
    run(engine, epochs=1, slices_per_epoch=8)
    orders = [tuple(labels) for labels in rounds(engine).values()]
    assert len(set(orders)) > 3
    again, other = FakeEngine(), FakeEngine()
    run(again, epochs=1, slices_per_epoch=8)
    run(other, epochs=1, slices_per_epoch=8, seed=1)
    assert [tuple(labels) for labels in rounds(again).values()] == orders
    assert [tuple(labels) for labels in rounds(other).values()] != orders


def test_batch_order_depends_on_seed_and_epoch_but_not_on_the_activations(engine):
    run(engine, epochs=2)
    fewer, other_seed = FakeEngine(), FakeEngine()
    run(fewer, labels=("relu",), epochs=2)
    run(other_seed, epochs=2, seed=1)

    def placed(some):
        return [call for call in some.calls if call[0] == "place"]

    assert placed(engine) == placed(fewer)
    assert placed(engine)[0] != placed(engine)[1]
    assert placed(engine)[0] != placed(other_seed)[0]
    assert sorted(placed(engine)[0][1]) == list(range(TRAINING_ROWS))


def test_times_are_those_of_the_slice_and_nothing_else(engine):
    engine.step_s = {"relu": 0.01, "gelu": 0.03}
    record, _ = run(engine, epochs=2, slices_per_epoch=4)
    slices = {measured.activation: measured.slice_s for measured in record.cells}
    assert record.slice_steps == (2,) * 8
    assert slices["relu"] == pytest.approx([0.02] * 8)
    assert slices["gelu"] == pytest.approx([0.06] * 8)
    assert record.cells[0].inference[1].latency_s == pytest.approx([0.008] * 3)


def test_compiles_once_however_many_seeds_follow(engine):
    runner = BlockRunner(engine, TRAINING_ROWS, VALIDATION, TEST, describe_environment())
    first, _ = run(engine, runner=runner, seed=0)
    second, _ = run(engine, runner=runner, seed=1)
    compiled = [call for call in engine.calls if call[0].startswith("compile")]
    assert len(compiled) == len(set(compiled)) == len(LABELS) * 3
    assert [measured.compile_s for measured in first.cells] == pytest.approx([2.0] * 4)
    assert [measured.compile_s for measured in second.cells] == [None] * 4
    assert {timed.compile_s for measured in first.cells for timed in measured.inference} == {1.0}
    assert {timed.compile_s for measured in second.cells for timed in measured.inference} == {None}
    assert ("reset", "relu", 1) in engine.calls


def test_all_cells_are_asked_about_the_same_batch_placed_anew_for_every_block(engine):
    runner = BlockRunner(engine, TRAINING_ROWS, VALIDATION, TEST, describe_environment())
    for seed in (0, 1):
        run(engine, runner=runner, seed=seed)
    assert [call for call in engine.calls if call[0] == "inference batch"] == [
        ("inference batch", size) for size in (1, 8, 1, 8)
    ]


def test_phases_add_up(engine):
    record, _ = run(engine, epochs=1, slices_per_epoch=1)
    phases = record.phases
    assert phases.import_s == 3.0
    assert phases.compile_s == pytest.approx(4 * (2.0 + 2 * 1.0))
    assert phases.training_s == pytest.approx(4 * 8 * 0.01)
    assert phases.evaluation_s == pytest.approx(4 * 2 * 0.5)
    assert phases.inference_s == pytest.approx(4 * (3 + 1) * 0.001 * (1 + 8))
    total = phases.import_s + phases.compile_s + phases.training_s + phases.inference_s + phases.evaluation_s
    assert phases.wall_s == pytest.approx(total)


@pytest.mark.parametrize(
    ("epochs", "probed"),
    [((0, "last"), [0, 3]), (("last",), [3]), ((1, 2), [1, 2]), ((3, "last", 0), [0, 3]), ((), [])],
)
def test_probes_are_taken_after_the_epochs_asked_for_and_outside_the_timing(engine, epochs, probed):
    record, _ = run(engine, epochs=3, slices_per_epoch=2, probes={"epochs": epochs})
    for measured in record.cells:
        assert [probe.epoch for probe in measured.probes] == probed
        assert measured.slice_s == pytest.approx([0.04] * 6)
    # 500 rows in batches of 64 are 8 steps
    calls = [call[1:] for call in engine.calls if call[0] == "probe"]
    assert calls == [(label, epoch, 8 * epoch) for epoch in probed for label in LABELS]
    assert record.phases.probes_s == pytest.approx(0.25 * 4 * len(probed))


def test_a_diverged_cell_is_not_probed_any_more(engine):
    engine.diverges_at = {("tanh", 0)}
    record, _ = run(engine, epochs=3, probes=[0, 1, "last"])
    probed = {measured.activation: [probe.epoch for probe in measured.probes] for measured in record.cells}
    assert probed == {"relu": [0, 1, 3], "tanh": [0], "gelu": [0, 1, 3], "placebo": [0, 1, 3]}


def test_validation_each_epoch_and_the_test_set_once_at_the_end(engine):
    record, epochs = run(engine, epochs=3)
    seen = [call[2] for call in engine.calls if call[:2] == ("evaluate", "relu")]
    assert seen == [VALIDATION] * 3 + [TEST]
    assert [epoch for epoch, _ in epochs] == [1, 2, 3]
    assert epochs[0][1] == dict.fromkeys(LABELS, 0.5)
    assert record.cells[0].validation_score == (0.5, 0.5, 0.5)
    assert record.cells[0].validation_loss == (0.25, 0.25, 0.25)
    assert record.cells[0].test_score == 0.5
    np.testing.assert_array_equal(unpack(record.cells[0].test_correct, 200), np.arange(200) % 2 == 1)


def test_without_a_validation_split_nothing_is_validated(engine):
    record, epochs = run(engine, validation=range(500, 500))
    assert record.cells[0].validation_score == ()
    assert epochs[-1] == (2, {})


def test_divergence_ends_that_cell_and_no_other(engine):
    engine.diverges_at = {("tanh", 3), ("tanh", 2)}
    record, epochs = run(engine, epochs=2, slices_per_epoch=3)
    cells = {measured.activation: measured for measured in record.cells}
    diverged = cells["tanh"]
    assert diverged.status == "diverged"
    assert len(diverged.slice_s) == 2
    assert diverged.train_loss == (None,)
    assert diverged.test_score is None
    assert diverged.test_loss is None
    assert diverged.test_correct is None
    assert diverged.inference == ()
    assert "tanh" not in epochs[0][1]
    for label in ("relu", "gelu", "placebo"):
        assert cells[label].status == "ok"
        assert len(cells[label].slice_s) == 6
        assert math.isfinite(cells[label].train_loss[-1])


def test_weights_that_overflow_at_the_end_of_an_epoch_end_that_cell_and_no_other(engine):
    engine.losses = {"tanh": [math.nan]}  # all losses of its training were finite
    record, epochs = run(engine, epochs=1)
    for epoch, scores in epochs:
        Progress(block=record.block, epoch=epoch, epochs=1, validation_score=scores)  # refuses NaN
    assert epochs == [(1, {"relu": 0.5, "gelu": 0.5, "placebo": 0.5})]
    cells = {measured.activation: measured for measured in record.cells}
    assert {label: one.status for label, one in cells.items()} == {
        "relu": "ok", "tanh": "diverged", "gelu": "ok", "placebo": "ok",
    }  # fmt: skip
    assert (cells["tanh"].validation_loss, cells["tanh"].validation_score) == ((None,), (None,))


def test_a_metric_without_a_value_is_left_out(engine, monkeypatch):
    evaluate = FakeTrainer.evaluate

    def with_another_metric(trainer, examples):
        return replace(evaluate(trainer, examples), metrics={"accuracy": 0.5, "own": math.nan})

    monkeypatch.setattr(FakeTrainer, "evaluate", with_another_metric)
    record, _ = run(engine)
    assert [measured.test_metrics for measured in record.cells] == [{"accuracy": 0.5}] * 4


def test_the_record_survives_json_without_nan(engine):
    engine.diverges_at = {("tanh", 0)}
    record, _ = run(engine)
    text = record.model_dump_json()
    assert BlockRecord.model_validate_json(text) == record
    json.loads(text, parse_constant=pytest.fail)


PATIENT = EarlyStoppingConfig(patience=2)


def test_each_cell_stops_when_its_own_validation_loss_has_stopped_falling(engine):
    engine.losses = {
        "relu": [0.5, 0.4, 0.4, 0.4],  # not lower in epochs 3 and 4
        "tanh": [0.5, float("nan"), 0.6],
        "gelu": [0.5, 0.45, 0.42, 0.41, 0.40, 0.39],
        "placebo": [0.5, 0.4, 0.4, 0.4],
    }
    record, epochs = run(engine, epochs=6, slices_per_epoch=2, early_stopping=PATIENT)
    cells = {measured.activation: measured for measured in record.cells}
    assert {label: (one.epochs_trained, one.best_epoch) for label, one in cells.items()} == {
        "relu": (4, 2), "tanh": (3, 1), "gelu": (6, 6), "placebo": (4, 2),
    }  # fmt: skip
    assert {label: len(one.slice_s) for label, one in cells.items()} == {
        "relu": 8, "tanh": 6, "gelu": 12, "placebo": 8,
    }  # fmt: skip
    assert record.slice_steps == (4,) * 12
    assert {one.status for one in cells.values()} == {"ok"}
    assert all(len(one.inference) == 2 for one in cells.values())
    assert len(epochs) == 6
    # the weights of the best epoch are back before the test
    steps = {label: trainer.trained_steps for label, trainer in engine.trainers.items()}
    assert steps == {"relu": 2 * 8, "tanh": 8, "gelu": 6 * 8, "placebo": 2 * 8}
    names = [call[0] for call in engine.calls if call[1] == "relu" and call[0] in ("put back", "evaluate")]
    assert names == [*["evaluate"] * 4, "put back", "evaluate"]


def test_a_block_ends_when_all_of_its_cells_have_stopped(engine):
    record, epochs = run(engine, epochs=50, slices_per_epoch=2, early_stopping=PATIENT)
    assert [measured.epochs_trained for measured in record.cells] == [3] * 4
    assert len(record.slice_steps) == 6
    assert epochs[-1][0] == 3


def test_a_loss_has_to_be_lower_by_min_delta_and_the_last_weights_may_stay(engine):
    engine.losses = {"relu": [0.5, 0.45, 0.41, 0.40]}
    stopping = EarlyStoppingConfig(patience=2, min_delta=0.1, restore_best=False)
    record, _ = run(engine, labels=("relu",), epochs=5, early_stopping=stopping)
    assert (record.cells[0].epochs_trained, record.cells[0].best_epoch) == (3, None)
    assert engine.trainers["relu"].trained_steps == 3 * 8


def test_without_early_stopping_nothing_is_said_of_it(engine):
    record, _ = run(engine)
    assert {(one.epochs_trained, one.best_epoch) for one in record.cells} == {(None, None)}


def tuning_run(engine, runner, *, candidate, seed=0, **values):
    cells = [cell(label).model_copy(update={"tuned": candidate}) for label in ("relu", "tanh")]
    made = block(*cells, seed=seed, inference_batch_sizes=(), **values)
    return runner.run(
        made.model_copy(update={"candidate": candidate}),
        Stopwatch(engine.clock, import_s=3.0),
        lambda *_: None,
    )


def test_a_tuning_block_looks_at_validation_data_alone(engine):
    runner = BlockRunner(engine, TRAINING_ROWS, VALIDATION, TEST, describe_environment())
    record = tuning_run(engine, runner, candidate={"train.learning_rate": 0.1})
    looked_at = {rows for name, _, rows in (call for call in engine.calls if call[0] == "evaluate")}
    assert looked_at == {VALIDATION}
    assert record.tuning
    for trained in record.cells:
        assert (trained.status, trained.test_score, trained.inference) == ("ok", None, ())
        assert len(trained.validation_score) == 2
        assert trained.tuned == {"train.learning_rate": 0.1}


def test_each_candidate_is_compiled_once_and_what_is_timed_is_compiled_afresh(engine):
    runner = BlockRunner(engine, TRAINING_ROWS, VALIDATION, TEST, describe_environment())

    def compiled():
        found = [label for name, label, *_ in engine.calls if name == "compile"]
        engine.calls.clear()
        return found

    for rate in (0.1, 0.2):
        tuning_run(engine, runner, candidate={"train.learning_rate": rate}, seed=5)
        assert compiled() == ["relu", "tanh"]
        tuning_run(engine, runner, candidate={"train.learning_rate": rate}, seed=6)
        assert compiled() == []
    final = [cell("relu").model_copy(update={"tuned": {"train.learning_rate": 0.2}}), cell("tanh")]
    for seed, expected in ((0, ["relu", "tanh"]), (1, [])):
        made = block(*final, seed=seed)
        record = runner.run(made, Stopwatch(engine.clock, import_s=3.0), lambda *_: None)
        assert compiled() == expected
        assert [trained.compile_s is not None for trained in record.cells] == [seed == 0] * 2
    assert [trained.tuned for trained in record.cells] == [{"train.learning_rate": 0.2}, {}]
