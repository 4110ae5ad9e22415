"""The README and the shipped run say what the program says."""

import csv
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from actbench.cli._app import main
from actbench.config.loader import parse_config
from actbench.report import build
from actbench.store.stored import open_run

README = Path("README.md").read_text(encoding="utf-8")
REFERENCE = Path("results/reference/mnist")


def commands():
    """Every `actbench ...` line of the README's shell blocks, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("actbench ")]


def test_the_readme_has_commands():
    assert len(commands()) >= 5


@pytest.mark.parametrize(
    "command",
    # test_doctor examines a machine in every run of the tests, and that takes a worker
    [pytest.param(line, marks=pytest.mark.heavy if " doctor" in line else ()) for line in commands()],
)
def test_the_readmes_commands_work(command, tmp_path):
    arguments = shlex.split(command)[1:]
    shorter = {
        "run": ["--dry-run"],
        "init": ["--output", str(tmp_path / "start.yaml")],
        "doctor": ["--seconds", "1"],
        "micro": ["--sizes", "1e3", "--rounds", "6", "--out", str(tmp_path)],
    }
    arguments += shorter.get(arguments[0], [])
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output


def test_the_readmes_entries_make_a_config():
    [entries] = re.findall(r"```yaml\n(model: .*?)```", README, flags=re.DOTALL)
    rest = Path("configs/mnist.yaml").read_text(encoding="utf-8")
    kept = rest[: rest.index("model:")] + entries + rest[rest.index("baseline:") :]
    assert parse_config(kept, "README.md").activations


def test_the_readmes_sweep_makes_four_settings():
    [sweep] = re.findall(r"```yaml\n(sweep:.*?)```", README, flags=re.DOTALL)
    config = Path("configs/mnist.yaml").read_text(encoding="utf-8")
    assert len(parse_config(f"{config}{sweep}", "README.md").variants) == 4


def test_the_readmes_output_is_the_shipped_runs_report():
    [shown] = re.findall(r"```text\n(.*?)```", README, flags=re.DOTALL)
    stored = open_run(REFERENCE)
    text = build.render(build.build(stored.info, stored.records), "terminal")
    for part in shown.split("…\n"):
        assert part.strip()
        assert part.strip("\n") in text


def cells(table):
    """A table's fields, the numbers apart: their last digits depend on SciPy's version."""
    fields = [field for row in csv.reader(table.splitlines()) for field in row]
    numbers = [float(field) for field in fields if is_number(field)]
    return [field for field in fields if not is_number(field)], numbers


def is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True


def test_the_shipped_tables_are_those_of_the_shipped_ledger():
    stored = open_run(REFERENCE)
    assert len(stored.records) == len(stored.info.blocks) == 10
    for name, text in build.tables(stored.info, stored.records).items():
        words, numbers = cells((REFERENCE / name).read_text())
        assert cells(text) == (words, pytest.approx(numbers, rel=1e-7, abs=1e-9))
    markdown = build.render(build.build(stored.info, stored.records), "markdown")
    assert (REFERENCE / "report.md").read_text() == markdown
    assert (REFERENCE / "config.yaml").read_text() == Path("configs/mnist.yaml").read_text()
