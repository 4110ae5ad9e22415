"""The README, the pages of docs/ and the shipped run say what the program says."""

import csv
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from actbench.cli._app import main
from actbench.config.loader import parse_config
from actbench.report import build
from actbench.store.reading import open_run

README = Path("README.md").read_text(encoding="utf-8")
CONFIGS = Path("docs/configs.md").read_text(encoding="utf-8")
COMMANDS = Path("docs/commands.md").read_text(encoding="utf-8")
PAGES = sorted([Path("README.md"), Path("CONTRIBUTING.md"), *Path("docs").glob("*.md")])
REFERENCE = Path("results/reference/mnist")


def commands():
    """Every `actbench ...` line of the README's and docs/commands.md's shell blocks, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", README + COMMANDS, flags=re.DOTALL)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return list(dict.fromkeys(line for line in lines if line.startswith("actbench ")))


def test_there_are_commands():
    assert len(commands()) >= 20


def test_a_newcomer_reads_the_readme_in_five_minutes():
    assert len(README.splitlines()) <= 200


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_index_lists_every_page():
    index = Path("docs/index.md").read_text(encoding="utf-8")
    assert [page.name for page in Path("docs").glob("*.md") if f"({page.name})" not in index] == ["index.md"]


# Other tests run these verbs with a real worker in every run: test_doctor, test_micro_faults, test_verify.
WITH_A_WORKER = {"doctor", "micro", "verify"}


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(line, marks=pytest.mark.heavy if line.split()[1] in WITH_A_WORKER else ())
        for line in commands()
    ],
)
def test_the_commands_work(command, tmp_path):
    arguments = shlex.split(command.replace("mine.yaml", str(tmp_path / "mine.yaml")))[1:]
    if "mine.yaml" in command and arguments[0] != "init":
        started = ["init", "configs/health.csv", "--output", str(tmp_path / "mine.yaml")]
        assert CliRunner().invoke(main, started).exit_code == 0
    shorter = {
        "run": ["--dry-run"],
        "init": [] if "--output" in arguments else ["--output", str(tmp_path / "start.yaml")],
        "doctor": ["--seconds", "1"],
        "micro": ["--sizes", "1e3", "--rounds", "6", "--out", str(tmp_path)],
    }
    arguments += shorter.get(arguments[0], [])
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output


def test_the_readmes_config_of_own_data_is_one():
    [config] = re.findall(r"```yaml\n(name: .*?)```", README, flags=re.DOTALL)
    assert len(parse_config(config, "README.md").activations) == 4


def test_the_config_with_more_of_the_keys_is_one():
    [config] = re.findall(r"```yaml\n(# like .*?)```", CONFIGS, flags=re.DOTALL)
    assert parse_config(config, "docs/configs.md").baseline == "relu"


def test_every_shipped_config_is_listed():
    listed = re.findall(r"`(?:configs/)?(\w+)(?:\.yaml)?`", CONFIGS)
    assert {path.stem for path in Path("configs").glob("*.yaml")} <= set(listed)


def test_the_shown_tuning_is_one():
    [tune] = re.findall(r"```yaml\n(tune:.*?)```", CONFIGS, flags=re.DOTALL)
    config = Path("configs/mnist.yaml").read_text(encoding="utf-8")
    assert len(parse_config(f"{config}{tune}", "docs/configs.md").candidates) == 5


def test_the_shown_entries_make_a_config():
    [entries] = re.findall(r"```yaml\n(model: .*?)```", CONFIGS, flags=re.DOTALL)
    rest = Path("configs/mnist.yaml").read_text(encoding="utf-8")
    kept = rest[: rest.index("model:")] + entries + rest[rest.index("baseline:") :]
    assert len(parse_config(kept, "docs/configs.md").activations) == 6


def test_the_shown_sweep_makes_four_settings():
    [sweep] = re.findall(r"```yaml\n(sweep:.*?)```", CONFIGS, flags=re.DOTALL)
    config = Path("configs/mnist.yaml").read_text(encoding="utf-8")
    assert len(parse_config(f"{config}{sweep}", "docs/configs.md").variants) == 4


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
    for name, text in build.table_files(stored.info, stored.records).items():
        words, numbers = cells((REFERENCE / name).read_text())
        assert cells(text) == (words, pytest.approx(numbers, rel=1e-7, abs=1e-9))
    markdown = build.render(build.build(stored.info, stored.records), "markdown")
    assert (REFERENCE / "report.md").read_text() == markdown
    assert (REFERENCE / "config.yaml").read_text() == Path("configs/mnist.yaml").read_text()
