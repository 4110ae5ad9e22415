import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml

import actbench
from actbench import api
from actbench.execution.local import run_blocks
from actbench.execution.protocol import Started
from actbench.workflows.run import run_benchmark
from tests import verify_runs as runs
from tests.commands import ROOT, fake_worker
from tests.factories import SyntheticRun, make_failed_block, make_run
from tests.micro_runs import micro_run
from tests.stored import store

CONFIG = {**runs.CONFIG, "timing": {"slices_per_epoch": 2, "inference_batch_sizes": []}}


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Has the fake worker measure, with the mishaps that are given."""
    attempts = tmp_path / "attempts"
    attempts.mkdir()

    def use(*mishaps):
        execute = partial(run_blocks, command=fake_worker(attempts, *mishaps))
        monkeypatch.setattr(api, "run_benchmark", partial(run_benchmark, execute=execute))

    use()
    return use


def test_a_mapping_is_run_and_its_config_file_gives_the_same_run(worker, tmp_path):
    run = actbench.run(CONFIG, out=tmp_path, overrides=["train.epochs=2"])
    assert (len(run.records), run.info.config["train"]["epochs"]) == (3, 2)
    again = actbench.run(run.path / "config.yaml", out=tmp_path / "again")
    assert again.path.relative_to(tmp_path / "again") == run.path.relative_to(tmp_path)
    assert again.info.config == run.info.config
    resumed = actbench.run(str(run.path / "config.yaml"), out=tmp_path)
    assert resumed.records == run.records


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ("train.epochs=1", "overrides: 'train.epochs=1' is not a list"),
        (None, "overrides: null is not a list"),
        ({"train.epochs": 1}, "overrides: a mapping is not a list"),
        (["train.epochs=1", 3], "overrides[1]: 3 is not text"),
    ],
)
def test_overrides_that_are_no_list_of_text_are_one_mistake(overrides, told, tmp_path):
    with pytest.raises(actbench.ConfigError) as caught:
        actbench.run(CONFIG, out=tmp_path, overrides=overrides)
    assert str(caught.value) == f'{told}; allowed: a list such as ["train.epochs=1"]'
    assert list(tmp_path.iterdir()) == []


def test_a_path_in_a_mapping_is_relative_to_the_current_folder_and_kept_in_full(
    worker, tmp_path, monkeypatch
):
    (tmp_path / "xy.csv").write_text("x,y\n" + "".join(f"{i / 7},{'ab'[i % 2]}\n" for i in range(60)))
    dataset = {"path": "xy.csv", "target": "y", "test": 0.2}
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the worker
    monkeypatch.chdir(tmp_path)
    run = actbench.run({**CONFIG, "dataset": dataset}, out="out", quiet=True)
    monkeypatch.chdir(tmp_path.parent)
    again = actbench.run(tmp_path / run.path / "config.yaml", out=tmp_path / "again", quiet=True)
    assert again.path.name == run.path.name
    assert again.info.dataset == run.info.dataset


def test_the_copy_of_a_config_finds_its_data_from_the_run_folder(worker, tmp_path):
    (tmp_path / "xy.csv").write_text("x,y\n" + "".join(f"{i / 7},{'ab'[i % 2]}\n" for i in range(60)))
    dataset = {"path": "xy.csv", "target": "y", "test": 0.2}
    (tmp_path / "c.yaml").write_text(f"# why\n{yaml.safe_dump({**CONFIG, 'dataset': dataset})}")
    run = actbench.run(tmp_path / "c.yaml", out=tmp_path / "out", quiet=True)
    assert (run.path / "config.yaml").read_text().startswith("# why\n")
    assert actbench.run(run.path / "config.yaml", out=tmp_path / "out", quiet=True).path == run.path


def test_a_config_that_was_loaded_is_run_as_the_file_is(worker, tmp_path):
    smoke = Path("configs/smoke.yaml")
    by_file = actbench.run(smoke, out=tmp_path / "file")
    by_object = actbench.run(actbench.load_config(smoke), out=tmp_path / "object")
    assert by_object.path.name == by_file.path.name
    assert by_object.info.settings == by_file.info.settings
    assert (by_file.path / "config.yaml").read_text() == smoke.read_text()


def test_progress_is_on_standard_error_and_can_be_silenced(worker, tmp_path, capsys):
    actbench.run(CONFIG, out=tmp_path)
    loud = capsys.readouterr()
    assert "block 3/3" in loud.err
    actbench.run(CONFIG, out=tmp_path, fresh=True, quiet=True)
    quiet = capsys.readouterr()
    assert (loud.out, quiet.out, quiet.err) == ("", "", "")


def test_mistakes_are_exceptions_of_the_package_and_leave_nothing(worker, tmp_path):
    with pytest.raises(actbench.ConfigError, match=r"^config: train.epochs: true is not a whole number"):
        actbench.run({**CONFIG, "train": {**CONFIG["train"], "epochs": True}}, out=tmp_path / "out")
    with pytest.raises(actbench.ConfigError, match=r"no/such.yaml: there is no such file"):
        actbench.run("no/such.yaml", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_blocks_that_failed_are_warned_of_and_listed(worker, tmp_path):
    worker("1=kill")
    with pytest.warns(UserWarning, match="could not be measured: .*-1: "):
        run = actbench.run(CONFIG, out=tmp_path, quiet=True)
    assert [record.seed for record in run.failed] == [1]
    assert len(run.trainings) == 2 * 3
    worker("0=kill", "1=kill", "2=kill")
    with pytest.raises(actbench.NothingMeasuredError):
        actbench.run(CONFIG, out=tmp_path, fresh=True, quiet=True)


def test_an_interrupt_keeps_what_is_finished_and_ends_the_worker(tmp_path, monkeypatch):
    ended = []

    def interrupted(blocks):
        first, second, *_ = blocks
        try:
            yield from run_blocks([first], fake_worker(tmp_path))
            yield Started(second.id)
        finally:
            ended.append(True)

    class Interrupting(api.ProgressDisplay):
        def __call__(self, event):
            if isinstance(event, Started) and event.block.endswith("-1"):
                raise KeyboardInterrupt

    monkeypatch.setattr(api, "run_benchmark", partial(run_benchmark, execute=interrupted))
    monkeypatch.setattr(api, "ProgressDisplay", Interrupting)
    with pytest.raises(KeyboardInterrupt):
        actbench.run(CONFIG, out=tmp_path / "out")
    assert ended == [True]
    assert [record.seed for record in actbench.load(out=tmp_path / "out").records] == [0]


def test_a_run_is_loaded_by_folder_by_name_by_id_and_the_newest_without(tmp_path):
    path = store(tmp_path, make_run(("relu", "tanh", "placebo"), seeds=3))
    found = [
        actbench.load(path),
        actbench.load(str(path)),
        actbench.load("mnist", out=tmp_path),
        actbench.load(path.name, out=str(tmp_path)),
        actbench.load(out=tmp_path),
    ]
    assert {run.path for run in found} == {path}
    assert all(run == found[0] for run in found)


def test_what_is_no_run_of_trainings_is_refused(tmp_path):
    with pytest.raises(actbench.StoreError, match="no run folder"):
        actbench.load(tmp_path / "nothing", out=tmp_path)
    with pytest.raises(actbench.StoreError, match="there is no run under"):
        actbench.load(out=tmp_path)
    with pytest.raises(actbench.StoreError, match="actbench micro"):
        actbench.load(store(tmp_path, SyntheticRun(*micro_run())))


def test_a_run_without_a_finished_training_has_no_tables(tmp_path):
    run = make_run(("relu", "tanh"), seeds=1)
    run.records[:] = [make_failed_block()]
    loaded = actbench.load(store(tmp_path, run))
    assert len(loaded.failed) == 1
    assert loaded.trainings.empty
    with pytest.raises(actbench.NothingMeasuredError):
        _ = loaded.accuracy


HEAVY = ("tensorflow", "keras", "pandas", "numpy", "scipy", "pydantic", "yaml", "rich", "click", "matplotlib")


def loaded_after(code):
    code = f"import sys; {code}; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_import_loads_nothing_and_nothing_ever_loads_tensorflow():
    assert loaded_after("import actbench") == set()
    used = "import actbench; run = actbench.load('results/reference/mnist'); run.accuracy; run._repr_html_()"
    assert not loaded_after(used) & {"tensorflow", "keras", "matplotlib"}
    assert not loaded_after("import actbench; actbench.run") & {"tensorflow", "keras"}


def test_every_exported_name_is_there_and_run_is_a_function_whatever_was_imported():
    names = [name for name in actbench.__all__ if not callable(getattr(actbench, name))]
    assert names == []
    assert set(actbench.__all__) <= set(dir(actbench))
    everything = (
        "import actbench, pkgutil, importlib; "
        "skipped = ('actbench.__main__', 'actbench.engine'); "
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(actbench.__path__, 'actbench.') "
        "if not m.name.startswith(skipped)]; "
        "assert callable(actbench.run) and callable(actbench.load), actbench.run"
    )
    loaded_after(everything)
    with pytest.raises(AttributeError, match="no attribute 'ruin'"):
        actbench.ruin  # noqa: B018 - it raises
