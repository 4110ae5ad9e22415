"""docs/ci.md says what works: its script is run here, block by block, on a repository with two commits."""

import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
import yaml

from actbench.config.loader import parse_config
from tests.commands import ROOT
from tests.factories import SyntheticRun, make_info
from tests.stored import store

TEXT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
TINY = """\
name: guard
dataset: {name: mnist, validation: 0, train_samples: 400, test_samples: 100}
model: {hidden_units: [8]}
activations: [relu, tanh]
baseline: relu
placebo: false
probes: false
train: {optimizer: sgd, learning_rate: 0.1, batch_size: 50, epochs: 2}
seeds: 2
timing: {inference_batch_sizes: [8], inference_rounds: 3}
"""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def git(folder, *arguments):
    names = ("-c", "user.name=ci", "-c", "user.email=ci@example.org")
    done = subprocess.run(["git", *names, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """Two commits with the same benchmark."""
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "guard.yaml").write_text(TINY)
    git(tmp_path, "init", "--quiet")
    for message in ("base", "head"):
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", message)
    return tmp_path


@pytest.fixture
def environment(repository):
    """What the job gives the script; nothing is installed, for the package index may be out of reach."""
    programs = repository / "programs"
    programs.mkdir()
    program(repository, "actbench", f'exec "{sys.executable}" -m actbench "$@"')
    return os.environ | {
        "BASE": git(repository, "rev-parse", "HEAD~1"),
        "SETUP": "true",
        "GITHUB_STEP_SUMMARY": str(repository / "summary.md"),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }


def run_script(repository, environment):
    script = repository / "benchmark.sh"
    script.write_text("".join(blocks("sh")))
    return subprocess.run(
        ["bash", "-e", str(script)],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def program(repository, name, text):
    path = repository / "programs" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def training_nothing(repository, done="exit 0"):
    """An actbench whose runs end at once, so that only the comparison is real."""
    program(
        repository, "actbench", f'[ "$1" != run ] || {{ {done}; }}\nexec "{sys.executable}" -m actbench "$@"'
    )


@pytest.mark.tensorflow
@pytest.mark.timeout(240)
def test_the_script_runs_as_it_stands(repository, environment):
    done = run_script(repository, environment)
    # Equal commits train the same; whether their times look it is the machine's affair.
    assert done.returncode in (0, 1), done.stderr
    comparison = (repository / "comparison.md").read_text()
    assert "- **accuracy**: all 2 EQUIVALENT; 2 identical bit for bit\n" in comparison
    assert (repository / "summary.md").read_text() == comparison
    root = ET.parse(repository / "comparison.xml").getroot()
    assert int(root.attrib["tests"]) == 6
    assert (int(root.attrib["failures"]) > 0) == (done.returncode == 1)
    assert ("NEW is beyond" in done.stderr) == (done.returncode == 1)
    history = json.loads((repository / "history.json").read_text())
    assert len(history) == 6
    assert all(set(entry) <= {"name", "unit", "value", "range", "extra"} for entry in history)


@pytest.mark.parametrize(("where", "runs"), [(".base", 0), ("head", 1)])
def test_a_setup_that_fails_ends_the_script_before_its_run(repository, environment, where, runs):
    training_nothing(repository, f'echo run >> "{repository}/log"; exit 0')
    inside = '*/.base) here=".base" ;; *) here=head ;;'
    program(repository, "setup", f'case "$PWD" in {inside} esac\n[ "$here" != {where} ] || exit 7')
    (repository / "log").touch()
    done = run_script(repository, environment | {"SETUP": "setup"})
    assert done.returncode == 7
    assert (repository / "log").read_text() == "run\n" * runs


def test_a_run_that_fails_ends_the_script_with_its_own_code(repository, environment):
    training_nothing(repository, "exit 6")
    assert run_script(repository, environment).returncode == 6
    assert not (repository / "comparison.md").exists()


def test_a_missing_run_stays_code_2(repository, environment):
    training_nothing(repository)
    done = run_script(repository, environment)
    assert done.returncode == 2
    assert "is no run folder" in done.stderr


def test_nothing_to_compare_stays_code_5(repository, environment):
    training_nothing(repository)
    for name in ("base", "head"):
        store(repository / "results" / name, SyntheticRun(make_info(), []))
    done = run_script(repository, environment)
    assert done.returncode == 5
    assert "blocks is finished" in done.stderr


def test_the_benchmark_is_a_config():
    config, _ = blocks("yaml")
    assert parse_config(config, "docs/ci.md").name == "guard"


def test_the_job_is_yaml_and_runs_the_script():
    _, job = blocks("yaml")
    steps = yaml.safe_load(job)["jobs"]["benchmark"]["steps"]
    assert "bash -e ci/benchmark.sh" in [step.get("run") for step in steps]
    named = set(re.findall(r"\w+\.(?:md|xml|json)\b", job))
    written = set(re.findall(r"--output (\S+)", "".join(blocks("sh"))))
    assert named == written


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5])
def test_every_exit_code_is_explained(code):
    assert f"\n| {code} | " in TEXT
