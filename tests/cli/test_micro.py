import io
import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from actbench.cli._app import main
from actbench.execution.protocol import Beginning, Finished, Progress
from actbench.report.progress import ProgressDisplay
from actbench.workflows.micro import run_micro
from tests.factories import make_run
from tests.micro_runs import measured, micro_plan, micro_record
from tests.stored import store

CONFIG = """
name: mine
dataset: {name: mnist, validation: 500}
model: {hidden_units: [32], init: recommended}
activations: [relu, {name: elu, label: my_elu, params: {alpha: 0.5}}]
baseline: relu
train: {optimizer: adam, learning_rate: 0.001, batch_size: 64, epochs: 1}
seeds: 2
"""


@pytest.fixture(autouse=True)
def blocks(monkeypatch):
    """What would have been measured; it takes no time."""
    executed = []

    def execute(some):
        for block in some:
            executed.append(block)
            yield from measured([block])

    monkeypatch.setattr("actbench.workflows.micro.run_micro", partial(run_micro, execute=execute))
    return executed


def invoke(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def micro(tmp_path, *arguments):
    return invoke("micro", "--out", tmp_path / "results", *arguments)


@pytest.mark.parametrize("option", ["--plot", "--output"])
def test_a_file_that_could_not_be_written_is_refused_before_anything_is_timed(tmp_path, blocks, option):
    result = micro(tmp_path, option, tmp_path / "none" / "a.svg")
    assert result.exit_code == 2
    assert "there is no folder" in result.output
    assert blocks == []


def test_without_arguments_a_few_activations_on_all_sizes_in_both_modes(tmp_path, blocks):
    result = micro(tmp_path)
    assert result.exit_code == 0, result.output
    assert len(blocks) == 20
    assert {block.labels for block in blocks} == {("copy", "relu", "tanh", "gelu", "silu", "mish", "placebo")}
    assert sorted({block.elements for block in blocks}) == [10**power for power in range(3, 8)]
    assert {(block.dtype, block.compiled, block.rounds) for block in blocks} == {
        ("float32", True, 50),
        ("float32", False, 50),
    }
    assert result.stdout.startswith("micro: activations alone")
    assert "float32, not compiled (broken: with gradient)" in result.stdout
    assert list((tmp_path / "results" / "micro").iterdir())


def test_names_mappings_and_expressions_are_timed(tmp_path, blocks):
    result = micro(
        tmp_path, "gelu", "{name: leaky_relu, params: {negative_slope: 0.3}, label: leaky}", "x * sigmoid(x)",
        "--sizes", "2000, 1e4", "--mode", "compiled", "--dtype", "bfloat16", "--dtype", "float32",
        "--rounds", "9", "--name", "some", "--format", "csv",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert len(blocks) == 8
    assert blocks[0].labels == ("copy", "gelu", "leaky", "x * sigmoid(x)", "placebo")
    assert blocks[0].cells[1].params == {"negative_slope": 0.3}
    assert [(block.elements, block.dtype) for block in blocks[::2]] == [
        (2000, "bfloat16"), (2000, "float32"), (10_000, "bfloat16"), (10_000, "float32"),
    ]  # fmt: skip
    assert {block.rounds for block in blocks} == {9}
    assert len(result.stdout.splitlines()) == 1 + 8 * 5
    assert list((tmp_path / "results" / "some").iterdir())


def test_of_a_config_the_activations_and_the_name_count(tmp_path, blocks):
    path = tmp_path / "mine.yaml"
    path.write_text(CONFIG)
    assert micro(tmp_path, path, "--sizes", "1e3").exit_code == 0
    assert blocks[0].labels == ("copy", "relu", "my_elu", "placebo")
    assert blocks[0].cells[1].params == {"alpha": 0.5}
    assert {cell.init for cell in blocks[0].cells} == {"keras"}
    assert list((tmp_path / "results" / "mine-micro").iterdir())


def test_a_finished_run_is_printed_again_and_not_measured(tmp_path, blocks):
    first = micro(tmp_path, "relu", "--sizes", "1e3")
    measured_then = len(blocks)
    again = micro(tmp_path, "relu", "--sizes", "1e3")
    assert again.stdout == first.stdout
    assert "4 of 4 blocks are already in the ledger" in again.stderr
    assert len(blocks) == measured_then
    assert micro(tmp_path, "relu", "--sizes", "1e3", "--fresh").exit_code == 0
    assert len(blocks) == 2 * measured_then


@pytest.mark.parametrize("form", ["terminal", "markdown", "csv", "json"])
def test_report_prints_what_micro_printed(tmp_path, form):
    first = micro(tmp_path, "relu", "gelu", "--sizes", "1e3,1e4", "--format", form)
    again = invoke("report", "--out", tmp_path / "results", "--format", form)
    assert (again.exit_code, again.stdout) == (0, first.stdout)


def test_the_result_and_the_picture_are_written_where_asked(tmp_path):
    for suffix, start in ((".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")):
        picture, table = tmp_path / f"cost{suffix}", tmp_path / "table.md"
        result = micro(
            tmp_path,
            "relu",
            "--sizes",
            "1e3,1e4",
            "--plot",
            picture,
            "--output",
            table,
            "--format",
            "markdown",
        )
        assert (result.exit_code, result.stdout) == (0, ""), result.output
        assert picture.read_bytes().startswith(start)
        assert table.read_text().startswith("# micro: activations alone")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rely"], ["'rely' is not a known activation", "did you mean 'relu'?"]),
        (["relu", "relu"], ["relu: is named more than once; use another label for each"]),
        (["{name: relu, label: copy}"], ["copy: is the label of the plain copy"]),
        (
            ["{name: relu, label: placebo}", "tanh", "tanh"],
            ["placebo: is the label of the second copy", "tanh: is named more than once"],
        ),
        (["x +", "rely"], ["x +:", "'rely' is not a known activation"]),
        (["a.yaml", "relu"], ["a.yaml: a config stands alone; use one config, or activations"]),
        (["missing.yaml"], ["missing.yaml: there is no such file"]),
        (["relu", "--sizes", "1e9,1e3,big,1050"], ["'1e9', 'big', '1050' cannot be measured; allowed: "]),
        (["relu", "--sizes", "nan"], ["'nan' cannot be measured"]),
        (["relu", "--sizes", ""], ["'' cannot be measured"]),
        (["relu", "--rounds", "5"], ["5 is not in the range"]),
        (["relu", "--name", "../x"], ["'../x' cannot name a folder"]),
        (["relu", "--dtype", "float16"], ["'float16' is not one of"]),
        (["relu", "--plot", "cost.gif"], [".gif is not the suffix of a picture; allowed: .svg, .png, .pdf"]),
        (["relu", "--plot", "cost.svg", "--sizes", "1e4"], ["one size makes no line"]),
    ],
)  # fmt: skip
def test_mistakes_are_told_and_nothing_is_measured(tmp_path, blocks, arguments, words):
    result = micro(tmp_path, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    for word in words:
        assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert blocks == []
    assert not (tmp_path / "results").exists()


def test_progress_counts_rounds_and_says_on_what():
    file = io.StringIO()
    display = ProgressDisplay(Console(file=file, width=200), clock=iter([0.0, 0.0, *range(10, 99)]).__next__)
    plan = micro_plan("relu", sizes=(1000,))
    display(Beginning(Path("results/micro/0"), plan, plan.blocks))
    display(Progress(block=plan.blocks[0].id, epoch=3, epochs=8, unit="round", validation_score={}))
    assert "block 1/2 (1,000 elements, float32, compiled, forward): round 3/8, " in file.getvalue()


def test_failed_blocks_are_told_after_the_report(tmp_path, monkeypatch):
    def execute(blocks):
        failed = {"status": "failed", "error": "killed", "micro": (), "environment": None}
        yield from (
            Finished(record=micro_record(block, **(failed if block.direction != "forward" else {})))
            for block in blocks
        )

    monkeypatch.setattr("actbench.workflows.micro.run_micro", partial(run_micro, execute=execute))
    result = micro(tmp_path, "relu", "--sizes", "1e3,1e4", "--plot", tmp_path / "cost.svg")
    assert result.exit_code == 6
    assert "4 of 8 finished" in result.stdout
    assert "block 1000-float32-compiled-forward-backward: killed" in result.stderr
    assert (tmp_path / "cost.svg").exists()


def test_ctrl_c_is_130(tmp_path, monkeypatch):
    def execute(blocks):
        yield Finished(record=micro_record(next(iter(blocks))))
        raise KeyboardInterrupt

    monkeypatch.setattr("actbench.workflows.micro.run_micro", partial(run_micro, execute=execute))
    result = micro(tmp_path, "relu", "--sizes", "1e3")
    assert (result.exit_code, result.stdout) == (130, "")
    assert "1 of 4" in invoke("report", "--out", tmp_path / "results").stdout


@pytest.mark.parametrize(
    "option", [("--table", "time"), ("--sort", "time"), ("--against", "relu"), ("--generalise",)]
)
def test_report_refuses_what_does_nothing_for_it(tmp_path, option):
    micro(tmp_path, "relu", "--sizes", "1e3")
    result = invoke("report", "--out", tmp_path / "results", *option)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{option[0]} does nothing for a run of actbench micro" in result.stderr


def test_commands_about_trainings_refuse_it(tmp_path):
    micro(tmp_path, "relu", "--sizes", "1e3")
    out = tmp_path / "results"
    trained = store(out, make_run(("relu", "tanh", "placebo"), seeds=2))
    for command in (["compare", "micro", trained], ["compare", trained, "micro"], ["verify", "micro"]):
        result = invoke(*command, "--out", out)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "is a run of actbench micro, in which nothing was trained" in result.stderr


def test_runs_of_both_kinds_are_listed(tmp_path):
    micro(tmp_path, "relu", "--sizes", "1e3")
    store(tmp_path / "results", make_run(("relu", "tanh", "placebo"), seeds=2))
    listed = json.loads(invoke("list", "runs", "--out", tmp_path / "results", "--format", "json").stdout)
    assert {(run["name"], run["kind"]) for run in listed["runs"]} == {
        ("micro", "micro"),
        ("mnist", "benchmark"),
    }
