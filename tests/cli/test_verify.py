import json
from functools import partial

import pytest
from click.testing import CliRunner

from actbench.cli._app import main
from actbench.execution.local import run_blocks
from actbench.workflows import verify
from tests.commands import actbench, fake_worker
from tests.verify_runs import having, store


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Runs `actbench verify` with a worker that gives every cell of a seed the same numbers."""
    attempts = tmp_path / "attempts"
    attempts.mkdir()

    def run(*arguments, mishaps=()):
        execute = partial(run_blocks, command=fake_worker(attempts, *mishaps))
        monkeypatch.setattr(verify, "verify_run", partial(verify.verify_run, execute=execute))
        return CliRunner().invoke(main, ["verify", *map(str, arguments), "--out", str(tmp_path / "results")])

    return run


def test_the_table_and_the_conclusion_go_to_standard_output(invoke, tmp_path):
    path = store(tmp_path / "results")
    result = invoke("tiny", "--cells", 9)
    assert result.exit_code == 0
    title = "".join(result.stdout.split("\n\n")[0].split())  # a long path is folded
    assert title == f"verify{path}"
    assert result.stdout.count("identical\n") == 9
    assert result.stdout.splitlines()[-1].startswith(
        "The run is reproduced here bit by bit: 9 of 9 trainings"
    )
    assert "block 3/3 (seed 2)" in result.stderr


def test_settings_are_called_by_what_varies(invoke, tmp_path, monkeypatch):
    path = store(tmp_path / "results")
    info = json.loads((path / "run.json").read_text())
    info["settings"][0]["varied"] = {"train.epochs": 1}
    (path / "run.json").write_text(json.dumps(info))
    result = invoke("tiny")
    assert result.exit_code == 0
    assert result.stdout.count("epochs 1") == 3
    assert info["settings"][0]["id"] not in result.stdout


def test_quiet_leaves_standard_error_empty(invoke, tmp_path):
    store(tmp_path / "results")
    assert invoke("tiny", "--quiet").stderr == ""


def test_json_is_one_object(invoke, tmp_path):
    path = store(tmp_path / "results", having(test_loss=0.25))
    result = invoke(path, "--cells", 1, "--format", "json", "--quiet")
    assert result.exit_code == 0
    value = json.loads(result.stdout)
    [cell] = value.pop("cells")
    assert value.pop("conclusion").startswith("The run is reproduced here within 0.5 percentage points")
    assert value == {
        "run": {"run_id": path.name, "path": str(path)},
        "tolerance": 0.005,
        "result": "within tolerance",
        "changes": [],
    }
    assert (cell["recorded"], cell["again"], cell["differing"]) == (
        (50 + cell["seed"]) / 100,
        (50 + cell["seed"]) / 100,
        ["test_loss"],
    )


def test_another_result_is_exit_code_1_and_still_printed(invoke, tmp_path):
    store(tmp_path / "results", having(test_score=0.9))
    result = invoke("tiny", "--quiet")
    assert result.exit_code == 1
    assert "The run is not reproduced here: 3 of 3 trainings" in result.stdout
    assert result.stderr == "Error: 3 trainings gave another result\n"
    assert invoke("tiny", "--quiet", "--tolerance", 1).exit_code == 0


def test_failed_blocks_are_exit_code_6_and_nothing_at_all_5(invoke, tmp_path):
    store(tmp_path / "results")
    some = invoke("tiny", "--quiet", "--cells", 9, mishaps=["1=exit"])
    assert some.exit_code == 6
    assert "1 blocks could not be measured again" in some.stderr
    assert some.stdout.count("failed\n") == 3
    none = invoke("tiny", "--quiet", mishaps=["0=exit", "1=exit", "2=exit"])
    assert (none.exit_code, none.stdout) == (5, "")


@pytest.mark.parametrize("arguments", [["nowhere"], [""], ["tiny", "--cells", "0"], ["tiny", "--cells", "x"]])
def test_a_wrong_command_line_is_exit_code_2(invoke, tmp_path, arguments):
    store(tmp_path / "results")
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_the_defaults_are_those_of_the_python_api():
    defaults = {option.name: option.default for option in main.get_command(None, "verify").params}
    assert (defaults["cells"], defaults["tolerance"]) == (verify.CELLS, verify.TOLERANCE)


@pytest.mark.heavy  # test_faults verifies a run with the default options in every run of the tests
@pytest.mark.tensorflow
def test_a_real_run_is_reproduced_bit_by_bit(tmp_path):
    config = tmp_path / "tiny.yaml"
    config.write_text(
        "name: tiny\n"
        "dataset: {name: mnist, validation: 100, train_samples: 500, test_samples: 200}\n"
        "model: {hidden_units: [16, 8]}\n"
        "activations: [relu, tanh, gelu]\n"
        "baseline: relu\n"
        "train: {optimizer: adam, learning_rate: 0.001, batch_size: 64, epochs: 2}\n"
        "seeds: 2\n"
        "timing: {slices_per_epoch: 2, inference_batch_sizes: [8], inference_rounds: 3}\n"
    )
    out = tmp_path / "results"
    actbench("run", config, "--out", out, "--quiet").check_returncode()
    done = actbench("verify", "tiny", "--out", out, "--format", "json")
    done.check_returncode()
    value = json.loads(done.stdout)
    assert (value["result"], value["changes"], len(value["cells"])) == ("identical", [], 3)
