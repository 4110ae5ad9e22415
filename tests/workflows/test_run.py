import json

import pytest

from actbench.analysis.comparison.runs import compare_runs
from actbench.errors import ConfigError, DataError, NothingMeasuredError
from actbench.execution.protocol import Beginning, Finished, Started
from actbench.store.reading import open_run
from actbench.workflows.verify import recorded_cells
from tests.commands import run_with_fake_worker as run

CONFIG = """
name: tiny
dataset: {name: mnist, validation: 100, train_samples: 300, test_samples: 100}
model: {hidden_units: [8]}
activations: [relu, tanh]
baseline: relu
train: {optimizer: adam, learning_rate: 0.001, batch_size: 64, epochs: 1}
seeds: 3
timing: {slices_per_epoch: 2, inference_batch_sizes: []}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG)
    return path


def seeds_tried(attempts):
    return sorted(path.name.split("-")[1] for path in attempts.iterdir())


def test_a_run_leaves_config_plan_ledger_and_tables(config, attempts):
    outcome = run(config, attempts)
    assert outcome.path.parent == config.parent / "results" / "tiny"
    names = {path.name for path in outcome.path.iterdir()}
    assert names >= {"config.yaml", "run.json", "ledger.jsonl"}
    # it times no inference, and the fake worker looks into no network
    assert {name for name in names if name.endswith(".csv")} == {
        *("accuracy.csv", "time.csv", "metrics.csv", "pareto.csv"),
    }
    assert (outcome.path / "config.yaml").read_text() == CONFIG
    assert len((outcome.path / "ledger.jsonl").read_text().splitlines()) == 3
    info = json.loads((outcome.path / "run.json").read_text())
    assert info["activations"] == ["relu", "tanh", "placebo"]
    assert info["config"]["seeds"] == [0, 1, 2]
    assert (outcome.path / "accuracy.csv").read_text().splitlines()[0].startswith("setting")
    assert [record.seed for record in outcome.records] == [0, 1, 2]
    assert outcome.failed == ()


def test_a_listener_hears_a_block_only_when_it_is_on_disk(config, attempts):
    lines = []

    def listen(event):
        if isinstance(event, Beginning):
            lines.append(event.path / "ledger.jsonl")
        if isinstance(event, Finished):
            ledger = lines[0].read_text()
            assert ledger.endswith("\n")
            lines.append(len(ledger.splitlines()))

    run(config, attempts, listen=listen)
    assert lines[1:] == [1, 2, 3]


def test_a_finished_run_is_not_measured_again(config, attempts):
    first = run(config, attempts)
    again = run(config, attempts)
    assert seeds_tried(attempts) == ["0", "1", "2"]
    assert again.path == first.path
    assert again.records == first.records


def test_an_interrupted_run_goes_on_where_it_was(config, attempts):
    def interrupt(event):
        if isinstance(event, Started) and event.block.endswith("-1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(config, attempts, listen=interrupt)
    beginnings = []
    outcome = run(config, attempts, listen=lambda event: beginnings.append(event))
    assert [block.seed for block in beginnings[0].pending] == [1, 2]
    assert seeds_tried(attempts) == ["0", "1", "2"]
    assert [record.status for record in outcome.records] == ["ok"] * 3


def test_fresh_measures_everything_again_and_deletes_nothing(config, attempts):
    first = run(config, attempts)
    run(config, attempts, fresh=True)
    assert seeds_tried(attempts) == ["0", "0", "1", "1", "2", "2"]
    assert len((first.path / "ledger.old-1.jsonl").read_text().splitlines()) == 3


def test_a_failed_block_is_recorded_and_tried_again_next_time(config, attempts):
    outcome = run(config, attempts, "1=kill")
    assert [record.seed for record in outcome.failed] == [1]
    assert [record.status for record in outcome.records] == ["ok", "failed", "ok"]
    assert (outcome.path / "accuracy.csv").exists()
    assert seeds_tried(attempts) == ["0", "1", "1", "2"]
    healed = run(config, attempts)
    assert healed.failed == ()
    assert seeds_tried(attempts) == ["0", "1", "1", "1", "2"]


def test_a_run_in_which_nothing_could_be_measured_says_why(config, attempts):
    with pytest.raises(NothingMeasuredError, match="Killed") as raised:
        run(config, attempts, "0=kill", "1=kill", "2=kill")
    assert raised.value.exit_code == 5


def test_a_refused_block_ends_the_run_and_keeps_what_is_finished(config, attempts):
    with pytest.raises(DataError, match="damaged"):
        run(config, attempts, "1=refuse")
    [ledger] = (config.parent / "results").glob("tiny/*/ledger.jsonl")
    assert len(ledger.read_text().splitlines()) == 1


def test_overrides_make_another_run_and_are_recorded(config, attempts):
    plain = run(config, attempts)
    fewer = run(config, attempts, overrides=("seeds=[5]", "train.epochs=2"))
    assert fewer.path != plain.path
    assert fewer.info.overrides == ("seeds=[5]", "train.epochs=2")
    assert [record.seed for record in fewer.records] == [5]


def test_a_config_that_is_wrong_leaves_nothing_on_disk(config, attempts):
    with pytest.raises(ConfigError):
        run(config, attempts, overrides=("seeds=true",))
    assert not (config.parent / "results").exists()


def test_a_sweep_is_measured_setting_by_setting_and_goes_on_where_it_was(config, attempts):
    swept = f"{CONFIG}sweep: {{train.learning_rate: [0.001, 0.01], model.init: [keras, recommended]}}\n"
    config.write_text(swept.replace("seeds: 3", "seeds: [1, 2]"))
    measured = []

    def listen(event):
        if isinstance(event, Finished):
            measured.append(event.record.block)
            if len(measured) == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(config, attempts, listen=listen)
    outcome = run(config, attempts, listen=listen)
    assert tuple(measured) == outcome.info.blocks
    names = [setting.name for setting in outcome.info.settings]
    assert names[1] == "learning_rate 0.001, init recommended"
    inits = {entry.init.partition(" ")[0] for entry in outcome.info.described_in(outcome.info.settings[1].id)}
    assert inits == {"he_normal", "glorot_uniform"}
    assert outcome.info.described == ()
    assert (outcome.path / "summary.csv").exists()
    assert len(recorded_cells(open_run(outcome.path))) == 8 * 3
    changes = compare_runs(outcome.info, outcome.records, outcome.info, outcome.records)
    assert [setting.pair.new.name for setting in changes.settings] == names
    assert changes.left_out == ()
