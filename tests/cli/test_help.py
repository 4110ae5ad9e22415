import os
import re
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from actbench.cli import _app
from actbench.cli._app import main
from actbench.errors import (
    ActbenchError,
    ArgumentError,
    CellsFailedError,
    ConfigError,
    NothingMeasuredError,
    StoreError,
)
from tests.commands import ROOT, actbench, modules_after

HEAVY = {"tensorflow", "keras", "pandas", "scipy", "numpy", "pydantic", "yaml", "rich"}
VERBS = list(_app._VERBS)


@pytest.mark.parametrize(
    "args",
    [["--help"], ["-h"], ["--version"], ["validate", "--help"], ["list", "--help"], ["show", "--help"]],
)
def test_help_imports_nothing_heavy(args):
    assert not modules_after(*args) & HEAVY


@pytest.mark.parametrize("args", [["validate", "configs/smoke.yaml"], ["list"], ["schema"]])
def test_no_light_verb_imports_tensorflow(args):
    assert not modules_after(*args) & {"tensorflow", "keras", "scipy"}


def test_help_shows_every_verb_and_an_example():
    shown = actbench("--help")
    assert shown.returncode == 0
    assert [verb for verb in VERBS if f"\n  {verb} " not in shown.stdout] == []
    assert "actbench run configs/mnist.yaml\n" in shown.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_as_the_overview_says(verb):
    shown = CliRunner().invoke(main, [verb, "--help"])
    assert shown.exit_code == 0
    assert _app._VERBS[verb] in " ".join(shown.output.split())
    assert f"    actbench {verb}" in shown.output


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_explained_in_a_sentence(verb):
    options = [option for option in main.get_command(None, verb).params if isinstance(option, click.Option)]
    unexplained = [
        option.name
        for option in options
        if not re.match(r"[A-Z].*[.\]]$", option.help or "", flags=re.DOTALL)
    ]
    assert unexplained == []


def test_a_misspelt_verb_is_exit_code_2():
    done = actbench("lits")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == (
        f"Error: 'lits' is not a command; allowed: {', '.join(VERBS)}; did you mean 'list'?"
    )


def test_a_wrong_option_is_exit_code_2():
    assert actbench("validate", "--nope").returncode == 2


def test_version():
    done = actbench("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("actbench")


@pytest.fixture
def failing(monkeypatch):
    """Makes the verb `run` raise."""

    def with_error(error):
        @click.command()
        def command():
            raise error

        monkeypatch.setattr(_app, "import_module", lambda _: type("Module", (), {"command": command}))
        return CliRunner().invoke(main, ["run"])

    return with_error


@pytest.mark.parametrize(
    ("error", "code", "stderr"),
    [
        (
            ConfigError("c.yaml:1:2: a: wrong\nc.yaml:2:2: b: wrong"),
            2,
            "c.yaml:1:2: a: wrong\nc.yaml:2:2: b: wrong\n",
        ),
        (ActbenchError("so"), 2, "Error: so\n"),
        (NothingMeasuredError("none"), 5, "Error: none\n"),
        (StoreError("is of another plan; use `fresh`"), 2, "Error: is of another plan; use --fresh\n"),
        (ArgumentError("max_drop", "is `large`"), 2, "--max-drop: is `large`\n"),
        (CellsFailedError("some"), 6, "Error: some\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (OSError(28, "No space left on device"), 2, "Error: [Errno 28] No space left on device\n"),
    ],
)
def test_failures_become_a_message_and_an_exit_code(failing, error, code, stderr):
    result = failing(error)
    assert (result.exit_code, result.stderr, result.stdout) == (code, stderr, "")


def test_a_bug_keeps_its_traceback(failing):
    assert isinstance(failing(ZeroDivisionError("bug")).exception, ZeroDivisionError)


def test_a_closed_pipe_is_no_complaint():
    reader, writer = os.pipe()
    os.close(reader)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "actbench", "list", "activations"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, env=environment, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_missing_module_is_noticed_only_by_its_verb(monkeypatch):
    monkeypatch.setitem(sys.modules, "actbench.cli.report", None)
    assert CliRunner().invoke(main, ["schema"]).exit_code == 0
    assert isinstance(CliRunner().invoke(main, ["report"]).exception, ImportError)
