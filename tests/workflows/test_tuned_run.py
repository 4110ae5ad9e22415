"""Hyper-parameters that are tuned, from the config to the tables; the worker is a fake, all else is real."""

import csv
import io
import json
from itertools import groupby
from pathlib import Path

import pytest

from actbench.analysis.comparison.runs import compare_runs
from actbench.api import load
from actbench.errors import NothingMeasuredError
from actbench.execution.protocol import Finished, Started
from actbench.report.plan import outline_to_json, outline_to_text
from actbench.store.ledger import Ledger
from actbench.store.reading import open_run
from actbench.workflows.plan import make_outline
from actbench.workflows.run import run_benchmark
from actbench.workflows.verify import verify_run
from tests.commands import run_with_fake_worker as run
from tests.fake_worker import record_of

RATE = "train.learning_rate"
CONFIG = """
name: tiny
dataset: {name: mnist, validation: 100, train_samples: 300, test_samples: 100}
model: {hidden_units: [8]}
activations: [relu, tanh]
baseline: relu
train: {optimizer: adam, batch_size: 64, epochs: 1}
tune: {train.learning_rate: [0.001, 0.01, 0.03], seeds: 2}
seeds: 3
timing: {slices_per_epoch: 2, inference_batch_sizes: [8]}
"""
CHOSEN = {"relu": {RATE: 0.01}, "tanh": {RATE: 0.001}, "placebo": {RATE: 0.01}}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG)
    return path


def stop_after(count):
    """A listener that interrupts a run when that many blocks are on disk."""
    finished = []

    def listen(event):
        if isinstance(event, Finished):
            finished.append(event)
            if len(finished) == count:
                raise KeyboardInterrupt

    return listen


def chosen(record):
    return {cell.activation: cell.tuned for cell in record.cells}


def test_candidates_are_tried_first_and_the_best_is_what_is_compared(config, attempts):
    outcome = run(config, attempts)
    tuning = [record for record in outcome.records if record.tuning]
    final = [record for record in outcome.records if not record.tuning]
    assert list(outcome.records) == [*tuning, *final]
    assert [rate for rate, _ in groupby(record.candidate[RATE] for record in tuning)] == [0.001, 0.01, 0.03]
    assert [cell.activation for cell in tuning[0].cells] == ["relu", "tanh"]
    assert [record.seed for record in final] == [0, 1, 2]
    assert {record.seed for record in tuning}.isdisjoint({0, 1, 2})
    assert [chosen(record) for record in final] == [CHOSEN] * 3


def test_tuning_asks_for_no_timing_no_probes_and_no_test_data(config, attempts):
    blocks = []

    def execute(pending):
        for block in pending:
            blocks.append(block)
            yield Finished(record=record_of(block))

    run_benchmark(config, config.parent / "results", overrides=["timing.target_ci=0.5"], execute=execute)
    tuning, final = blocks[:6], blocks[6:]
    assert {block.inference_batch_sizes for block in tuning} == {()}
    assert {block.probe_epochs for block in tuning} == {()}
    assert {block.target_ci for block in tuning} == {None}
    assert {block.inference_batch_sizes for block in final} == {(8,)}
    assert {block.probe_epochs for block in final} == {("last",)}
    assert {block.target_ci for block in final} == {0.5}
    assert {block.extra_budget_s for block in tuning} == {0.0}
    assert all(block.setting == final[0].setting for block in tuning)  # one id, one content


@pytest.mark.parametrize("blocks", [1, 3, 6, 7])
def test_a_run_that_is_stopped_anywhere_goes_on_to_the_same_choice(config, attempts, blocks):
    with pytest.raises(KeyboardInterrupt):
        run(config, attempts, listen=stop_after(blocks))
    started = []
    outcome = run(
        config, attempts, listen=lambda event: isinstance(event, Started) and started.append(event.block)
    )
    assert len(started) == 9 - blocks
    assert [chosen(record) for record in outcome.records if not record.tuning] == [CHOSEN] * 3


def test_where_a_candidate_cannot_be_tried_nothing_is_compared_until_it_can(config, attempts):
    seed = make_outline(config, (), config.parent / "results").plan.tuning[0].seed
    with pytest.raises(NothingMeasuredError, match="no block could be measured: the worker"):
        run(config, attempts, f"{seed}=exit")
    stored = open_run(next((config.parent / "results" / "tiny").iterdir()))
    assert [record.status for record in stored.records] == ["failed", "ok"] * 3
    outcome = run(config, attempts)
    assert (len(outcome.records), outcome.failed) == (9, ())


def test_each_setting_of_a_sweep_tunes_for_itself(config, attempts):
    order = []

    def listen(event):
        if isinstance(event, Finished):
            order.append((event.record.setting, event.record.tuning))

    outcome = run(config, attempts, overrides=["sweep={train.epochs: [1, 2]}"], listen=listen)
    first, second = (setting.id for setting in outcome.info.settings)
    assert [key for key, _ in groupby(order)] == [
        (first, True), (first, False), (second, True), (second, False),
    ]  # fmt: skip
    assert len(outcome.info.tuning_blocks) == 12
    assert len(outcome.info.final_blocks) == 6
    assert (outcome.path / "summary.csv").exists()


@pytest.mark.parametrize("settings", [1, 8])
def test_the_ledger_is_read_as_often_with_many_settings_as_with_one(config, monkeypatch, settings):
    reads, read = [], Ledger.read
    monkeypatch.setattr(Ledger, "read", lambda ledger: reads.append(ledger.path) or read(ledger))

    def execute(pending):
        for block in pending:
            yield Finished(record=record_of(block))

    sweep = f"sweep={{train.epochs: {list(range(1, settings + 1))}}}"
    outcome = run_benchmark(config, config.parent / "results", overrides=[sweep], execute=execute)
    assert len(outcome.records) == 9 * settings
    assert len(reads) == 2  # what is there at the start, and what is tabulated in the end


def test_the_tables_tell_every_candidate_and_are_made_of_final_trainings(config, attempts):
    outcome = run(config, attempts)
    rows = list(csv.DictReader(io.StringIO((outcome.path / "tuning.csv").read_text())))
    assert [(row["activation"], row[RATE], row["chosen"]) for row in rows] == [
        ("relu", "0.001", "false"), ("relu", "0.01", "true"), ("relu", "0.03", "false"),
        ("tanh", "0.001", "true"), ("tanh", "0.01", "false"), ("tanh", "0.03", "false"),
    ]  # fmt: skip
    assert {row["seeds"] for row in rows} == {"2"}
    assert [row["on_edge"] for row in rows if row["on_edge"] != "[]"] == [f'["{RATE}"]']
    accuracy = list(csv.DictReader(io.StringIO((outcome.path / "accuracy.csv").read_text())))
    assert {row["seeds"] for row in accuracy} == {"3"}
    assert float(accuracy[0]["accuracy_mean"]) == pytest.approx(0.51)
    assert accuracy[0]["setting_train_learning_rate"] == "tuned"


def test_frames_hold_final_trainings_alone_and_the_tuning_has_its_own(config, attempts):
    loaded = load(run(config, attempts).path)
    assert len(loaded.trainings) == 9
    assert set(loaded.slices["seed"]) == {0, 1, 2}
    assert loaded.tuning.query("chosen")[["activation", RATE]].values.tolist() == [
        ["relu", 0.01],
        ["tanh", 0.001],
    ]


def test_json_has_the_choice_and_its_warning(config, attempts):
    loaded = load(run(config, attempts).path)
    [setting] = json.loads(loaded.report("json"))["settings"]
    tuning = setting["tuning"]
    assert tuning["trainings"] == 12
    assert [own["chosen"] for own in tuning["activations"]] == [{RATE: 0.01}, {RATE: 0.001}]
    assert [own["on_edge"] for own in tuning["activations"]] == [[], [RATE]]
    assert tuning["warnings"] == [
        "tanh: learning_rate 0.001 lies on the edge of the grid, and what is beyond may do better"
    ]


def test_the_pending_blocks_of_a_setting_count_those_that_tune(config):
    outline = make_outline(config, (), config.parent / "results")
    [setting] = json.loads(outline_to_json(outline))["settings"]
    assert setting["pending_blocks"] == len(outline.pending) == 9


def test_the_plan_tells_what_tuning_costs(config):
    outline = make_outline(config, (), config.parent / "results")
    assert (outline.plan.trainings, outline.design.seeds) == (6 * 2 + 3 * 3, 3)
    text = outline_to_text(outline)
    assert "3: 1 setting(s), 3 seed(s) each, after 6 to tune" in text
    assert "21, 12 of them to tune" in text


def test_the_plan_calls_what_is_tuned_so_and_not_by_its_first_candidate(config):
    text = outline_to_text(make_outline(config, (), config.parent / "results"))
    assert "hidden units [8], adam, learning rate tuned, batch 64, 1 epoch" in text
    more = (
        'tune={"train.learning_rate.initial_learning_rate": [0.01, 0.1], "train.optimizer.params": '
        '[{weight_decay: 0.1}, {weight_decay: 0.2}], "model.kernel_regularizer.l2": [0.01, 0.1]}',
        "train.learning_rate={schedule: cosine_decay, initial_learning_rate: 0.5, decay_steps: 9}",
        "train.optimizer=adamw",
    )
    outline = make_outline(config, more, config.parent / "results")
    told = "kernel_regularizer {l2: tuned}, {name: adamw, params: tuned} {schedule: cosine_decay, "
    assert f"{told}initial_learning_rate: tuned, decay_steps: 9}}" in outline_to_text(outline)
    [setting] = json.loads(outline_to_json(outline))["settings"]
    assert setting["train"]["learning_rate"]["initial_learning_rate"] == "tuned"
    assert setting["tune"]["train.learning_rate.initial_learning_rate"] == [0.01, 0.1]


def test_verify_trains_with_what_was_chosen(config, attempts):
    path = run(config, attempts).path
    ran = []

    def execute(blocks):
        for block in blocks:
            ran.append(block)
            yield Finished(record=record_of(block))

    verification = verify_run(path, 99, execute=execute)
    assert verification.result == "identical"
    assert len(verification.checks) == 9
    assert [{cell.label: cell.tuned for cell in block.cells} for block in ran] == [CHOSEN] * 3


def test_two_tuned_runs_compare_by_their_final_trainings(config, attempts):
    old = run(config, attempts)
    changes = compare_runs(old.info, old.records, old.info, old.records)
    [setting] = changes.settings
    assert [row.score.pairs for row in setting.rows if row.score is not None] == [3, 3]
    new = run(config, attempts, overrides=["timing.slices_per_epoch=1"])
    assert new.info.settings[0].id != old.info.settings[0].id
    assert len(compare_runs(old.info, old.records, new.info, new.records).settings) == 1
    untuned = run(config, attempts, overrides=["tune={}", "train.learning_rate=0.01"])
    assert compare_runs(old.info, old.records, untuned.info, untuned.records).settings == ()
