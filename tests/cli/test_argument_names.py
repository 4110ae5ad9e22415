"""Errors about an argument name it as Python does; the command line names the option."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import actbench
from actbench.cli._app import main
from actbench.errors import ArgumentError
from actbench.report.chart import check_suffix
from actbench.workflows.init import summarize_data
from actbench.workflows.verify import verify_run
from tests.cli.test_report import store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("birds.csv").write_text("mass,species\n1,a\n2,b\n")
    return store(tmp_path)


CALLS: dict[str, tuple[Callable[[Path], object], list[str], str]] = {
    "against": (
        lambda run: actbench.load(run).report(against="tahn"),
        ["report", "RUN", "--against", "tahn"],
        "against: 'tahn' is no activation of the run",
    ),
    "against without effect": (
        lambda run: actbench.load(run).report(against="tanh", table="why"),
        ["report", "RUN", "--against", "tanh", "--table", "why"],
        "against: the table diagnostics compares nothing",
    ),
    "generalise": (
        lambda run: actbench.load(run).report(generalise=True, table="time"),
        ["report", "RUN", "--generalise", "--table", "time"],
        "generalise: adds nothing to the table time",
    ),
    "table": (
        lambda run: actbench.load(run).report(table="summary"),
        ["report", "RUN", "--table", "summary"],
        "table summary: it is over settings",
    ),
    "cells": (lambda run: verify_run(run, 0), ["verify", "RUN", "--cells", "0"], "cells: 0 cells"),
    "tolerance": (
        lambda run: verify_run(run, 1, tolerance=2.0),
        ["verify", "RUN", "--tolerance", "2"],
        "tolerance: 2.0 is not a difference",
    ),
    "plot": (
        lambda _: check_suffix(Path("a.jpg")),
        ["show", "relu", "--plot", "a.jpg"],
        "plot a.jpg: .jpg is not the suffix of a picture",
    ),
    "target": (
        lambda _: summarize_data("birds.csv", ["specis"]),
        ["init", "birds.csv", "--target", "specis"],
        "target: there is no column 'specis'",
    ),
    "target twice": (
        lambda _: summarize_data("birds.csv", ["mass", "mass"]),
        ["init", "birds.csv", "--target", "mass", "--target", "mass"],
        "target: 'mass' is there twice",
    ),
    "target of no table": (
        lambda _: summarize_data("mnist", ["mass"]),
        ["init", "mnist", "--target", "mass"],
        "target: mnist has no columns",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_library_names_the_argument_and_the_command_line_the_option(folder: Path, name: str) -> None:
    call, arguments, message = CALLS[name]
    with pytest.raises(ArgumentError) as caught:
        call(folder)
    assert str(caught.value).startswith(message)
    done = CliRunner().invoke(main, [str(folder) if text == "RUN" else text for text in arguments])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"--{message}")
