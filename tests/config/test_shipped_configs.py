from pathlib import Path

import pytest

from actbench.config.loader import load_config
from actbench.plan import make_plan

CONFIGS = Path(__file__).parents[2] / "configs"
FILES = sorted(CONFIGS.glob("*.yaml"))
HEADER = "# yaml-language-server: $schema="


def test_there_are_configs():
    assert {path.name for path in FILES} >= {"mnist.yaml", "smoke.yaml"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_fine_and_called_as_its_file(path):
    assert load_config(path).name == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_its_first_line_names_a_schema_that_exists(path):
    first = path.read_text().splitlines()[0]
    assert first.startswith(HEADER)
    assert (path.parent / first.removeprefix(HEADER)).is_file()


def test_mnist_compares_the_thirteen_with_relu():
    plan = make_plan(load_config(CONFIGS / "mnist.yaml"))
    assert (len(plan.blocks), len(plan.blocks[0].cells), plan.trainings) == (10, 14, 140)
    assert plan.baseline == "relu"
