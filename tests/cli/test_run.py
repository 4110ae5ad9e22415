import re
from pathlib import Path

from click.testing import CliRunner

from actbench.cli._app import main
from actbench.execution.protocol import Finished
from actbench.workflows.run import run_benchmark
from tests.fake_worker import record_of

CONFIG = "configs/smoke.yaml"


def invoke(*arguments):
    return CliRunner().invoke(main, ["run", *arguments])


def test_dry_run_prints_the_plan_and_writes_nothing(tmp_path):
    result = invoke(CONFIG, "--dry-run", "--out", str(tmp_path / "results"), "--set", "seeds=7")
    assert result.exit_code == 0
    lines = dict(re.split(r"  +", line, maxsplit=1) for line in result.stdout.splitlines())
    assert lines["activations"] == "relu, tanh, gelu and a placebo of relu"
    assert lines["blocks"] == "7: 1 setting(s), 7 seed(s) each"
    assert lines["trainings"] == "28"
    assert re.match(r"about \d+:\d\d here", lines["time"])
    assert lines["smallest p"].startswith("0.016 with 7 seed(s)")
    assert not (tmp_path / "results").exists()


def test_a_fresh_dry_run_looks_at_no_earlier_run(tmp_path):
    def measured(blocks):
        yield from (Finished(record=record_of(block)) for block in blocks)

    run_benchmark(Path(CONFIG), tmp_path, execute=measured)
    pending = [
        re.search(r"pending +(\d of \d)", invoke(CONFIG, "--dry-run", "--out", str(tmp_path), *fresh).stdout)[
            1
        ]
        for fresh in ((), ("--fresh",))
    ]
    assert pending == ["0 of 2", "2 of 2"]


def test_a_spread_without_a_dry_run_would_do_nothing(tmp_path):
    result = invoke(CONFIG, "--sd", "0.3%", "--out", str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--sd does nothing without --dry-run" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_config_is_told_in_one_line_with_exit_code_2(tmp_path):
    config = tmp_path / "wrong.yaml"
    config.write_text(Path(CONFIG).read_text().replace("baseline: relu", "baseline: rely"))
    result = invoke(str(config))
    assert result.exit_code == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith(f"{config}:7:11: baseline:")
    assert "did you mean 'relu'?" in line


def test_a_results_folder_that_cannot_be_written_is_told_with_exit_code_2(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = invoke(CONFIG, "--out", str(blocked))
    assert result.exit_code == 2
    assert str(blocked) in result.stderr
    assert "Traceback" not in result.output
