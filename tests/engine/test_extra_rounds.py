import math
import random

import numpy as np
import pytest

from actbench.engine.rounds import Stopwatch
from actbench.engine.runner import BlockRunner
from actbench.environment import describe_environment
from tests.blocks import block, cell
from tests.fakes import FakeEngine

TRAINING_ROWS = 500
LABELS = ("relu", "tanh", "placebo")
# 500 rows in batches of 64 are 8 steps, in 3 slices, in 2 epochs; 3 inference rounds at 2 batch sizes.
STEPS = (2, 3, 3)


@pytest.fixture
def engine():
    return FakeEngine()


def noisy(engine, *, train=0.0, infer=0.0):
    """Lets the times vary, each call's on its own, by these relative standard deviations."""
    rng = random.Random(0)
    spread = {"train": train, "infer": infer}
    engine.noise = lambda call: rng.lognormvariate(0, spread[call[0]])
    return engine


def run(engine, *, labels=LABELS, target_ci=0.01, budget_s=1e6, **values):
    runner = BlockRunner(engine, TRAINING_ROWS, range(0), range(500, 600), describe_environment())
    cells = [cell(label) for label in labels]
    planned = block(*cells, target_ci=target_ci, budget_s=budget_s if target_ci else None, **values)
    return runner.run(planned, Stopwatch(engine.clock), lambda *_: None)


def times(record, label):
    """Training slices, then the calls of each batch size."""
    (measured,) = (measured for measured in record.cells if measured.activation == label)
    return [
        measured.slice_s + measured.extra_slice_s,
        *(entry.latency_s for entry in measured.inference),
    ]


def half_widths(record):
    """Of each ratio to relu, by the textbook's error of a median; the noise here is independent."""
    for label in LABELS[1:]:
        for ours, base in zip(times(record, label), times(record, "relu"), strict=True):
            ratios = np.log(ours) - np.log(base)
            yield 1.96 * math.sqrt(math.pi / 2 / len(ratios)) * ratios.std(ddof=1)


def spent_s(target_ci, budget_s, **noise):
    with_rounds, without = FakeEngine(), FakeEngine()
    record = run(noisy(with_rounds, **noise), target_ci=target_ci, budget_s=budget_s)
    return record, record.phases.wall_s - run(noisy(without, **noise), target_ci=None).phases.wall_s


def test_without_a_target_there_are_none(engine):
    record = run(noisy(engine, train=0.1, infer=0.1), target_ci=None)
    assert record.extra_slice_steps == ()
    assert [len(samples) for samples in times(record, "tanh")] == [6, 3, 3]


def test_they_go_on_until_every_ratio_is_known_as_well_as_asked(engine):
    before = run(noisy(FakeEngine(), train=0.03, infer=0.06), target_ci=None)
    assert min(half_widths(before)) > 0.015
    record = run(noisy(engine, train=0.03, infer=0.06))
    # the engine's estimate of an error is itself uncertain by a fifth or so
    assert max(half_widths(record)) < 0.013
    # and not much further: half the rounds are too few
    training = [len(times(record, "tanh")[0]), len(times(before, "tanh")[0])]
    assert training[0] > 3 * training[1]
    assert max(half_widths(record)) > 0.005


def test_they_stop_within_the_budget_and_use_it():
    record, extra_s = spent_s(1e-5, 20.0, train=0.5, infer=0.5)
    assert record.extra_slice_steps
    assert extra_s <= 20.0 * 1.1  # what a pass takes is guessed from the ones before
    assert extra_s > 19.0


def test_a_budget_too_small_for_a_slice_still_serves_inference():
    # a training round takes at least 3 * 0.02 s, eleven calls of one example 0.033 s
    record, extra_s = spent_s(1e-5, 0.05, train=0.1, infer=0.1)
    assert record.extra_slice_steps == ()
    assert [len(samples) for samples in times(record, "tanh")] == [6, 13, 3]
    assert extra_s <= 0.05


def test_a_budget_too_small_for_anything_is_left_alone():
    record, extra_s = spent_s(1e-5, 0.01, train=0.1, infer=0.1)
    assert [len(samples) for samples in times(record, "tanh")] == [6, 3, 3]
    assert extra_s == pytest.approx(0.0)


def test_what_is_known_already_is_not_measured_again():
    training = run(noisy(FakeEngine(), train=0.1), inference_rounds=6)
    assert len(training.extra_slice_steps) > 6
    assert {len(samples) for samples in times(training, "tanh")[1:]} == {6}
    on_the_way = run(noisy(FakeEngine(), train=0.1), inference_rounds=3)
    assert len(on_the_way.extra_slice_steps) > 6
    assert {len(samples) for samples in times(on_the_way, "tanh")[1:]} == {13}
    inference = run(noisy(FakeEngine(), infer=0.1), inference_rounds=6)
    assert inference.extra_slice_steps == ()
    assert min(len(samples) for samples in times(inference, "tanh")[1:]) > 100


def test_too_few_samples_are_not_believed_however_alike(engine):
    record = run(engine)
    assert [len(samples) for samples in times(record, "tanh")] == [6, 13, 13]


def test_cells_of_a_block_have_equally_many_and_the_steps_are_written_down(engine):
    record = run(noisy(engine, train=0.05, infer=0.05))
    counts = {label: [len(samples) for samples in times(record, label)] for label in LABELS}
    assert counts["relu"] == counts["tanh"] == counts["placebo"]
    assert len(record.extra_slice_steps) == counts["relu"][0] - 6
    assert record.extra_slice_steps[:5] == (2, 3, 3, 2, 3)
    assert record.slice_steps == STEPS * 2


def test_extra_slices_train_on_an_order_of_their_own(engine):
    record = run(noisy(engine, train=0.05))
    assert record.extra_slice_steps
    placed = [call[1] for call in engine.calls if call[0] == "place"]
    assert len(placed) == 3
    assert len(set(placed)) == 3
    assert sorted(placed[-1]) == list(range(TRAINING_ROWS))


def test_they_come_in_fresh_random_orders(engine):
    run(noisy(engine, train=0.2, infer=0.2))
    trained = [call[1] for call in engine.calls if call[0] == "train"][6 * 3 :]
    asked = [call[1] for call in engine.calls if call[0] == "infer"][-30 * 3 :]
    for calls in (trained, asked):
        rounds = [tuple(calls[start : start + 3]) for start in range(0, len(calls), 3)]
        assert {tuple(sorted(labels)) for labels in rounds} == {tuple(sorted(LABELS))}
        assert len(set(rounds)) == 6


def test_every_extra_round_starts_from_the_trained_weights_and_they_are_back_at_the_end(engine):
    run(noisy(engine, train=0.1))
    assert {trainer.trained_steps for trainer in engine.trainers.values()} == {16}
    names = [call[0] for call in engine.calls if call[:2] in {("train", "relu"), ("put back", "relu")}]
    assert "".join(name[0] for name in names).startswith("ttttttptptpt")
    assert names[-1] == "put back"


def test_a_diverged_cell_is_left_out(engine):
    engine.diverges_at = {("tanh", 2)}
    record = run(noisy(engine, train=0.1, infer=0.1))
    diverged = record.cells[1]
    assert (diverged.status, diverged.extra_slice_s, diverged.inference) == ("diverged", (), ())
    assert [len(samples) for samples in times(record, "placebo")] == [
        len(samples) for samples in times(record, "relu")
    ]
    assert len(record.extra_slice_steps) == len(record.cells[0].extra_slice_s) > 0


@pytest.mark.parametrize("labels", [("tanh", "placebo"), ("relu",)])
def test_where_there_is_no_ratio_there_is_nothing_to_know(engine, labels):
    record = run(noisy(engine, train=0.1, infer=0.1), labels=labels)
    assert record.extra_slice_steps == ()
    assert [len(samples) for samples in times(record, labels[0])] == [6, 3, 3]


def test_where_the_baseline_diverged_there_are_none(engine):
    engine.diverges_at = {("relu", 2)}
    assert run(noisy(engine, train=0.1, infer=0.1)).extra_slice_steps == ()


def test_seeds_share_the_work_but_two_know_little_of_how_they_differ():
    # the half-width is t(seeds - 1) / sqrt(seeds) standard errors: 9.0 of them with 2, 0.7 with 10
    rounds = {
        seeds: len(run(noisy(FakeEngine(), train=0.02), seeds=seeds).extra_slice_steps)
        for seeds in (1, 2, 10)
    }
    assert rounds[2] > 4 * rounds[1]
    assert rounds[1] > 2 * rounds[10]


def test_they_belong_to_the_phases_of_what_they_time(engine):
    record = run(noisy(engine, train=0.1, infer=0.1), budget_s=30.0)
    trained_s = sum(sum(measured.slice_s + measured.extra_slice_s) for measured in record.cells)
    assert record.phases.training_s == pytest.approx(trained_s)
    phases = record.phases
    total_s = phases.compile_s + phases.training_s + phases.inference_s + phases.evaluation_s
    assert phases.wall_s == pytest.approx(total_s)


def test_what_a_block_leaves_of_its_budget_goes_to_the_next():
    runner_of = {}
    for name, first_target in (("quiet first", 0.5), ("noisy first", 1e-6)):
        engine = FakeEngine()
        runner = BlockRunner(engine, TRAINING_ROWS, range(0), range(500, 600), describe_environment())
        rng = random.Random(0)
        engine.noise = lambda _, rng=rng: rng.lognormvariate(0, 0.1)
        cells = [cell(label) for label in LABELS]
        for seed, target in enumerate((first_target, 1e-6)):
            planned = block(*cells, seed=seed, target_ci=target, budget_s=20.0)
            record = runner.run(planned, Stopwatch(engine.clock), lambda *_: None)
        runner_of[name] = len(record.extra_slice_steps)
    assert runner_of["quiet first"] > 1.5 * runner_of["noisy first"] > 0
