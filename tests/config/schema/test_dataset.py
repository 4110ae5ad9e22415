from pathlib import Path

import pytest
from pydantic import ValidationError

from actbench.config.loader import load_config, parse_config
from actbench.config.schema.dataset import DatasetConfig
from actbench.datasets.spec import DatasetSpec
from actbench.errors import ConfigError
from tests.config.configs import FINE

TABLE = {"path": "a.csv", "target": "y", "test": 0.2}


def mistakes(**raw):
    with pytest.raises(ValidationError) as caught:
        DatasetConfig.model_validate(raw)
    return [(".".join(map(str, item["loc"])), item["msg"]) for item in caught.value.errors()]


OF_FILES = "path, format, test, validation, train_samples, test_samples, preprocess"
OF_TABLES = f"{OF_FILES}, target, features, test_path"
OF_NAMES = "name, validation, train_samples, test_samples, preprocess"
OF_MADE = "name, samples, noise, test, validation, train_samples, test_samples, preprocess"

ALL = ", ".join(DatasetConfig.model_fields)


@pytest.mark.parametrize(
    ("raw", "path", "sentence"),
    [
        ({}, "name",
         "is missing; needed: a dataset's name, as `actbench list datasets` shows it, or path with "
         "a file of your own"),
        ({"name": "mnist", "path": "a.npz"}, "path", "the data has a name already; remove name or path"),
        ({"name": "mnist", "noise": 0.1}, "noise",
         f"has no effect for a dataset with a test set of its own; use only {OF_NAMES}"),
        ({"name": "cifar10", "test": 0.1}, "test",
         f"has no effect for a dataset with a test set of its own; use only {OF_NAMES}"),
        ({"name": "xor", "target": "y"},
         "target", f"has no effect for a synthetic dataset; use only {OF_MADE}"),
        ({"name": "mnist", "format": "npz"}, "format",
         f"has no effect for a dataset with a test set of its own; use only {OF_NAMES}"),
        ({"path": "a.npz", "target": "y"},
         "target", f"has no effect for an .npz file; use only {OF_FILES}"),
        ({"path": "folder", "features": ["y"]}, "features",
         f"has no effect for a folder of IDX files; use only {OF_FILES}"),
        (TABLE | {"samples": 10}, "samples", f"has no effect for a table; use only {OF_TABLES}"),
        ({"path": "a.csv", "test": 0.2}, "target",
         "is missing; needed: the column to predict, or a list of them"),
        ({"path": "a.csv", "target": "y"}, "test",
         "is missing; needed: either a share or count to test on, such as "
         "test: 0.2, or test_path with a second table"),
        (TABLE | {"test_path": "b.csv"}, "test_path",
         "test is given already; needed: either a share or count to test "
         "on, such as test: 0.2, or test_path with a second table"),
        (TABLE | {"features": ["a", "y"]}, "features.1", "'y' is the target; remove it"),
        (TABLE | {"target": ["y", "y"]}, "target.1", "'y' is in the list already; remove it"),
        (TABLE | {"target": []}, "target", "the list is empty; add at least one item, such as [price]"),
        (TABLE | {"features": 3}, "features", "3 is neither a name nor a list of names; "
         "allowed: text, or a list such as [age, sex]"),
        (TABLE | {"test": 1.0}, "test", "1.0 is neither a count nor a share; "
         "allowed: 1 to 1000000000 examples, or a share between 0 and 1 such as 0.2"),
        (TABLE | {"test": True}, "test", "true is neither a count nor a share; "
         "allowed: 1 to 1000000000 examples, or a share between 0 and 1 such as 0.2"),
        (TABLE | {"validation": -0.1}, "validation", "-0.1 is neither a count nor a share; "
         "allowed: 0 to 1000000000 examples, or a share between 0 and 1 such as 0.2"),
        (TABLE | {"format": "cvs"}, "format",
         "'cvs' is not a known format; allowed: auto, idx, npz, csv, parquet; "
         "did you mean 'csv'?"),
        ({"path": ""}, "path", "'' names no file; use a path, relative to the config's folder"),
        (TABLE | {"path": "", "format": "csv"}, "path",
         "'' names no file; use a path, relative to the config's folder"),
        ({"path": "a.dat"}, "path",
         "the name does not tell the format; use one of the suffixes .npz, .csv, .csv.gz, .tsv, .txt, "
         ".parquet, .pq, a folder without a suffix, or one of the formats idx, npz, csv, parquet"),
        ({"name": "xor", "samples": 3}, "samples", "3 is too small; allowed: 4 to 10000000"),
        ({"name": "xor", "noise": -1}, "noise",
         "-1 is below 0; allowed: a number at least 0 and at most 1000"),
        ({"name": "xor", "noise": 3e38}, "noise",
         "3e+38 is above 1000; allowed: a number at least 0 and at most 1000"),
        ({"path": "a.csv", "targt": "y", "test": 0.2}, "targt",
         f"unknown key; allowed: {ALL}; did you mean 'target'?"),
        (TABLE | {"test": None, "tst": 0.2}, "tst", f"unknown key; allowed: {ALL}; did you mean 'test'?"),
        ({"path": "a.csv", "target": "y", "tst_path": "b.csv"}, "tst_path",
         f"unknown key; allowed: {ALL}; did you mean 'test_path'?"),
        ({"name": "mnist", "preprocess": "standardise"}, "preprocess", "'standardise' is not a known way to "
         "preprocess; allowed: none, unit, standardize; did you mean 'standardize'?"),
        ({"name": "mnist", "validation": 0.5, "train_samples": 40000}, "train_samples",
         "40000 is more than there are; allowed: 10 to 30000 "
         "(mnist has 60000 training examples, 30000 of which go to validation)"),
    ],
)  # fmt: skip
def test_one_mistake_gets_one_sentence(raw, path, sentence):
    assert mistakes(**raw) == [(path, sentence)]


def test_all_that_is_wrong_is_told():
    found = mistakes(path="a.csv", features=["a", "a"], noise=1, validation="x")
    assert [path for path, _ in found] == ["noise", "target", "test", "features.1", "validation"]


def test_a_key_that_means_no_other_hides_none_that_is_missing():
    found = mistakes(path="a.csv", colour="y")
    assert [path for path, _ in found] == ["colour", "target", "test"]


@pytest.mark.parametrize("raw", [TABLE, {"path": "f"}, {"name": "xor", "samples": 9, "noise": 0.5}])
def test_it_survives_round_trips(raw):
    config = DatasetConfig.model_validate(raw)
    assert DatasetConfig.model_validate(config.model_dump(mode="json")) == config
    assert DatasetConfig.model_validate_json(config.model_dump_json()) == config


def test_one_name_stands_for_a_list():
    config = DatasetConfig.model_validate(TABLE | {"features": "a"})
    assert config.spec() == DatasetSpec(path="a.csv", target=("y",), features=("a",), test=0.2)
    assert config.title == "a.csv"


def test_shares_and_counts_stay_what_they_are():
    config = DatasetConfig.model_validate(TABLE | {"test": 1, "validation": 0.5})
    assert (type(config.test), type(config.validation)) == (int, float)


OWN = FINE.replace(
    "{name: mnist, validation: 5000}", "{path: data/a.csv, target: y, test_path: ../b.csv, validation: 1}"
)


def test_paths_are_relative_to_the_config(tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "c.yaml").write_text(OWN)
    expected = (str(tmp_path / "configs/data/a.csv"), str(tmp_path / "b.csv"))
    for folder, path in ((tmp_path, "configs/c.yaml"), (tmp_path / "configs", "c.yaml"), (Path("/"), None)):
        monkeypatch.chdir(folder)
        dataset = load_config(Path(path) if path else tmp_path / "configs/c.yaml").dataset
        assert (dataset.path, dataset.test_path) == expected
    moved = load_config(tmp_path / "configs/c.yaml", ["dataset.path=other.csv"]).dataset
    assert moved.path == str(tmp_path / "configs/other.csv")


def test_absolute_paths_and_homes_are_taken_as_they_are(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    for written, meant in (("/data/a.csv", "/data/a.csv"), ("~/a.csv", "/home/somebody/a.csv")):
        text = OWN.replace("data/a.csv", written)
        assert parse_config(text, "configs/c.yaml").dataset.path == meant


def test_a_mistake_has_its_line():
    with pytest.raises(ConfigError) as caught:
        parse_config(OWN.replace("target: y", "noise: 1"), "c.yaml")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("c.yaml:2:1: dataset.target: is missing; needed: the column")
    assert lines[1].startswith("c.yaml:2:36: dataset.noise: has no effect for a table")
