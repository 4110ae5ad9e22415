import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from actbench.activations.catalogue import ACTIVATIONS
from actbench.cli._app import main
from actbench.datasets.spec import DATASETS
from actbench.store import find as store


@dataclass(frozen=True)
class Summary:
    path: Path
    name: str
    run_id: str
    created_at: str
    finished: int
    planned: int
    note: str | None
    kind: str | None = "benchmark"


@pytest.fixture
def two_runs(monkeypatch):
    runs = [
        Summary(
            Path("results/m/0123456789ab"), "m", "0123456789ab", "2025-01-02T03:04:05+00:00", 3, 10, None
        ),
        Summary(Path("results/m/ba9876543210"), "m", "ba9876543210", "", 0, 0, "run.json is [damaged]"),
    ]
    asked = []
    monkeypatch.setattr(store, "list_runs", lambda root: asked.append(root) or runs)
    return asked


def listed(*args):
    result = CliRunner().invoke(main, ["list", *args])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_activations_for_machines():
    rows = json.loads(listed("activations", "--format", "json"))["activations"]
    assert [row["name"] for row in rows] == list(ACTIVATIONS)
    relu = next(row for row in rows if row["name"] == "relu")
    assert relu == {
        "name": "relu",
        "aliases": [],
        "params": {"negative_slope": 0.0, "max_value": None, "threshold": 0.0},
        "formula": ACTIVATIONS["relu"].formula,
        "kind": "keras",
        "required": [],
        "trainable": "no",
        "element_wise": True,
        "monotonic": True,
        "smooth": False,
        "bounded": False,
        "recommended_init": "he_normal",
        "paper": "Nair and Hinton (2010), Rectified Linear Units Improve Restricted Boltzmann Machines, "
        "ICML 2010",
    }
    threshold = next(row for row in rows if row["name"] == "threshold")
    assert threshold["required"] == ["threshold", "default_value"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["--gated"], ["glu", "bilinear", "reglu", "geglu", "swiglu"]),
        (["--trainable"], ["prelu", "swish_beta", "isru", "pelu", "aria2", "snake"]),
        (["--trainable", "--monotonic"], ["prelu", "isru", "pelu", "snake"]),
        (["--gated", "--monotonic"], []),
    ],
)
def test_filters_all_have_to_hold(filters, names):
    rows = json.loads(listed("activations", *filters, "--format", "json"))["activations"]
    assert [row["name"] for row in rows] == names


def test_monotonic_activations_never_fall():
    names = {
        row["name"]
        for row in json.loads(listed("activations", "--monotonic", "--format", "json"))["activations"]
    }
    assert names == {name for name, entry in ACTIVATIONS.items() if entry.monotonic}
    assert {"relu", "tanh", "linear"} < names
    assert not names & {"gelu", "mish", "softmax", "glu"}


def test_a_filter_that_leaves_nothing_says_so():
    assert listed("activations", "--gated", "--trainable") == "no activations\n"


@pytest.mark.parametrize("what", [["datasets"], ["runs"], []])
@pytest.mark.parametrize("option", ["--gated", "--trainable", "--monotonic"])
def test_a_filter_of_anything_else_is_refused(what, option):
    result = CliRunner().invoke(main, ["list", *what, option])
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "--gated, --trainable and --monotonic filter activations; use: actbench list activations"
        in result.stderr
    )


def test_a_required_parameter_is_called_that_instead_of_having_a_default(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    [row] = [line for line in listed("activations").splitlines() if line.startswith("│ threshold ")]
    assert "threshold: required, default_value: required" in row


def test_tables_for_people_fit_80_columns(two_runs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = listed()
    assert max(map(len, shown.splitlines())) <= 80
    for word in ("swish", "negative_slope: 0.2", "approximate: false", "mnist", "60000", "ba9876543210"):
        assert word in shown


def test_activations_look_like_this(snapshot, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert listed("activations") == snapshot


def test_datasets():
    rows = json.loads(listed("datasets", "--format", "json"))["datasets"]
    assert [row["name"] for row in rows] == list(DATASETS)
    assert rows[0] == {
        "name": "mnist",
        "kind": "bundled",
        "train": 60000,
        "test": 10000,
        "features": 784,
        "classes": 10,
        "description": DATASETS["mnist"].description,
    }
    assert {row["kind"] for row in rows} == {"bundled", "keras", "synthetic"}


def test_datasets_look_like_this(snapshot, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert listed("datasets") == snapshot


def test_runs(two_runs):
    rows = json.loads(listed("runs", "--out", "elsewhere", "--format", "json"))["runs"]
    assert two_runs == [Path("elsewhere")]
    assert rows[0] == {
        "name": "m",
        "run_id": "0123456789ab",
        "created_at": "2025-01-02T03:04:05+00:00",
        "finished": 3,
        "planned": 10,
        "note": None,
        "kind": "benchmark",
        "path": "results/m/0123456789ab",
    }
    assert rows[1]["note"] == "run.json is [damaged]"


def test_what_is_in_brackets_is_not_taken_for_markup(two_runs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert "run.json is [damaged]" in listed("runs")


def test_no_runs(tmp_path):
    assert listed("runs", "--out", str(tmp_path / "none")) == "no runs\n"
    assert json.loads(listed("runs", "--out", str(tmp_path), "--format", "json")) == {"runs": []}


def test_without_an_argument_everything_is_listed(two_runs):
    assert list(json.loads(listed("--format", "json"))) == ["activations", "datasets", "runs"]


def test_something_else_is_a_usage_error():
    assert CliRunner().invoke(main, ["list", "optimizers"]).exit_code == 2
