"""Bad data gets one clear message and exit code 2, whichever command meets it, and nothing is written."""

import gzip

import numpy as np
import pytest
from click.testing import CliRunner

from actbench.cli._app import main
from tests.config.configs import FINE
from tests.datasets.files import CSV, write_csv, write_idx

TABLE = "{path: data.csv, target: charges, test: 0.2}"


def write_config(folder, dataset):
    path = folder / "config.yaml"
    path.write_text(FINE.replace("{name: mnist, validation: 5000}", dataset))
    return str(path)


def a_table(text):
    return lambda folder: write_csv(folder, text)


def a_truncated_gz(folder):
    path = folder / "data.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode() * 100)[:-50])


def a_pickle(folder):
    np.savez(folder / "data.npz", x=np.array([[{}]] * 9), y=np.arange(9) % 2)


def wrong_shapes(folder):
    np.savez(folder / "data.npz", x=np.ones((9, 2)), y=np.arange(8) % 2)


def wrong_labels(folder):
    x = np.ones((4, 2))
    np.savez(folder / "data.npz", x_train=x, y_train=[0, 1, 0, 1], x_test=x, y_test=[0, 1, 2, 1])


def half_a_folder(folder):
    write_idx(folder / "set")
    (folder / "set" / "train-labels-idx1-ubyte").unlink()


NPZ = "{path: data.npz, test: 0.2}"
CASES = {
    "no file": (lambda _: None, TABLE, "data.csv: there is no such file"),
    "a folder": (lambda folder: (folder / "data.csv").mkdir(), TABLE, "data.csv: is a folder"),
    "empty": (a_table(""), TABLE, "data.csv: is empty"),
    "header only": (a_table("a,charges\n"), TABLE, "data.csv: has no rows, only a header"),
    "no target": (
        a_table(CSV.replace("charges", "charge")),
        TABLE,
        "config.yaml:2:35: dataset.target: there is no column 'charges' in",
    ),
    "missing value": (
        a_table(CSV.replace("300.5", "")),
        TABLE,
        "row 3, column charges: the value is missing",
    ),
    "infinite": (a_table(CSV.replace("20,", "inf,")), TABLE, "row 3, column age: the value is infinite"),
    "constant": (a_table("x,charges\n1,2.5\n2,2.5\n3,2.5\n"), TABLE, "the target charges is constant"),
    "one class": (a_table("x,charges\n1,a\n2,a\n3,a\n"), TABLE, "the target charges has one class only, a"),
    "empty split": (a_table(CSV), TABLE.replace("0.2", "0.01"), "makes an empty part"),
    "no csv": (a_table(b"PK\x03\x04"), TABLE, "is not what its name or format says"),
    "truncated": (a_truncated_gz, TABLE.replace(".csv", ".csv.gz"), "is damaged or truncated"),
    "a pickle": (a_pickle, NPZ, "has arrays of Python objects, which are never loaded"),
    "wrong shapes": (wrong_shapes, NPZ, "9 examples but 8 labels"),
    "labels out of range": (
        wrong_labels,
        "{path: data.npz}",
        "label is 2, a class that the training set does",
    ),
    "half a folder": (half_a_folder, "{path: set}", "there are no labels of the train set"),
}


@pytest.mark.parametrize("command", ["run", "plan", "validate"])
@pytest.mark.parametrize("case", CASES)
def test_one_message_and_exit_code_2(tmp_path, case, command):
    write, dataset, message = CASES[case]
    write(tmp_path)
    config, before = write_config(tmp_path, dataset), sorted(tmp_path.iterdir())
    options = ["--out", str(tmp_path / "out")] if command != "validate" else []
    done = CliRunner().invoke(main, [command, config, *options])
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{config}:2:")
    assert message in line
    assert sorted(tmp_path.iterdir()) == before


def test_validate_tells_of_configs_and_of_data_together(tmp_path):
    write_csv(tmp_path, CSV.replace("300.5", ""))
    config = write_config(tmp_path, TABLE)
    bad = tmp_path / "bad.yaml"
    bad.write_text(FINE.replace("epochs: 5", "epochs: 0"))
    done = CliRunner().invoke(main, ["validate", config, str(bad), "configs/smoke.yaml"])
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 2
    assert done.stdout.startswith("configs/smoke.yaml: fine")


def test_an_override_that_does_not_fit_the_data_is_named(tmp_path):
    write_csv(tmp_path)
    config = write_config(tmp_path, TABLE)
    done = CliRunner().invoke(main, ["run", config, "--dry-run", "--set", "dataset.test=300"])
    assert done.exit_code == 2
    assert done.stderr == ("--set dataset.test: 300 is not possible with this data; allowed: 1 to 9\n")


def test_good_data_is_planned(tmp_path, monkeypatch):
    write_csv(tmp_path)
    config = write_config(tmp_path, TABLE.replace("charges", "smoker"))
    done = CliRunner().invoke(main, ["plan", config])
    assert done.exit_code == 0
    assert "data.csv, hidden units [128, 64]" in done.stdout
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    done = CliRunner().invoke(main, ["plan", config, "--set", "dataset={name: fashion_mnist}"])
    assert "warning: fashion_mnist is not in Keras's cache: a run downloads it first" in done.stdout
