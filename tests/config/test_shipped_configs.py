from pathlib import Path

import pytest

from actbench.config.loader import load_config
from actbench.plan.build import make_plan
from actbench.plan.describe import describe_cells

CONFIGS = Path(__file__).parents[2] / "configs"
ROOT = CONFIGS.parent
FILES = sorted(CONFIGS.glob("*.yaml"))
# Run id, then the ids of the settings: a new id means that finished runs are measured again.
IDS = {
    "classic": ("8ad89bdd3338", ["3b8eb0b1"]),
    "custom": ("004d629a12e8", ["b5e71799"]),
    "depth": ("c5231481c844", ["510ec47b", "8d492ffd", "0bfca038", "549848a7", "032764f8", "10224def"]),
    "engines": ("73d3ee12a2fd", ["b05a08d9", "dc82e344"]),
    "gated": ("c6faa8ee3e36", ["b5e71799"]),
    "health": ("7a25b7b69519", ["ecfa0153"]),
    "inference": ("23c5e57553fe", ["7e75d140", "d850de08"]),
    "initialisers": ("929a342ec8d0", ["da2f1566"]),
    "mnist": ("d513f7918c99", ["b791fdfc"]),
    "perceptron": ("72543b017652", ["489f4399"]),
    "regression": ("f595d3db130c", ["24b64ad1", "c87b3da0", "25f5f62c"]),
    "smoke": ("e392b9b60620", ["da5963d1"]),
    "tuned": ("213524a9e6d5", ["dc3e4f97"]),
    "unscaled": ("3d6f027217f6", ["e7579536"]),
}
HEADER = "# yaml-language-server: $schema="


def test_there_are_configs():
    assert {path.stem for path in FILES} == {
        *("mnist", "smoke", "gated", "initialisers", "custom"),
        *("classic", "depth", "perceptron", "regression", "health", "unscaled", "inference", "engines"),
        "tuned",
    }


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    """Where custom.yaml finds its functions."""
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_fine_and_called_as_its_file(path):
    assert load_config(path).name == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_its_first_line_names_a_schema_that_exists(path):
    first = path.read_text().splitlines()[0]
    assert first.startswith(HEADER)
    assert (path.parent / first.removeprefix(HEADER)).is_file()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_its_run_and_setting_ids_stay_what_they_are(path):
    plan = make_plan(load_config(path))
    assert (plan.run_id, [setting.id for setting in plan.settings]) == IDS[path.stem]


def test_mnist_compares_the_thirteen_with_relu():
    plan = make_plan(load_config(CONFIGS / "mnist.yaml"))
    assert (len(plan.blocks), len(plan.blocks[0].cells), plan.trainings) == (10, 14, 140)
    assert plan.baseline == "relu"


def test_no_two_cells_of_a_config_are_the_same_but_by_name():
    for path in FILES:
        described = describe_cells(make_plan(load_config(path)).final[0].cells)
        assert {entry.label for entry in described if entry.twin_of is not None} == {"placebo"}, path.name


@pytest.mark.tensorflow
def test_the_functions_of_custom_yaml_are_what_they_say():
    import numpy as np

    from actbench.engine.imported_function import import_function

    x = np.array([-1e4, -3.0, -0.4, 0.0, 0.3, 2.0, 1e4], dtype=np.float32)
    cells = make_plan(load_config(CONFIGS / "custom.yaml")).blocks[0].cells
    found = {cell.label: cell for cell in cells if cell.function is not None}
    assert set(found) == {"tanhexp", "smelu_0.5"}
    expected = {
        "tanhexp": x * np.tanh(np.exp(np.minimum(x, 50))),
        "smelu_0.5": np.where(x < -0.5, 0, np.where(x < 0.5, (x + 0.5) ** 2 / 2, x)),
    }
    for label, cell in found.items():
        y = import_function(cell.function, cell.params, cell.source_sha256)(x)
        np.testing.assert_allclose(np.asarray(y), expected[label], rtol=2e-6, atol=1e-7)
