import runpy
from pathlib import Path

from click.testing import CliRunner

from actbench.cli._app import main

ROOT = Path(__file__).parents[2]


def test_the_run_that_the_benchmark_makes_up_can_be_reported(tmp_path):
    tool = runpy.run_path(str(ROOT / "benchmarks" / "report.py"))
    path = tool["write_run"](tmp_path)
    result = CliRunner().invoke(main, ["report", str(path)])
    assert result.exit_code == 0, result.output
    assert f"{tool['SEEDS']} of {tool['SEEDS']} finished" in result.output
