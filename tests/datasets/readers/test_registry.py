"""A table format is one reader and one registration: a toy format is read as CSV and Parquet are."""

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from actbench.cli._app import main
from actbench.config.schema.dataset import DatasetConfig
from actbench.datasets.dataset import describe, prepare
from actbench.datasets.formats import (
    TABLE_FORMATS,
    format_names,
    format_of,
    known_suffixes,
    register_table_format,
    unregister_table_format,
)
from actbench.datasets.spec import DatasetSpec
from actbench.errors import DataError
from tests.config.configs import FINE
from tests.datasets.files import CSV, write_csv

HEADER, *ROWS = (line.split(",") for line in CSV.splitlines())


class JsonLinesFile:
    """A reader of files with one JSON object in each line, as a new format has in a file of its own."""

    typed = True
    whole = frozenset()

    def __init__(self, path):
        try:
            self._table = pa.Table.from_pylist(
                [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            )
        except ValueError as error:
            raise DataError(f"{path}: is no JSON lines file: {error}") from None
        self.names = tuple(self._table.column_names)

    def batches(self, features, target):
        return iter(self._table.select([*features, *target]).to_batches(max_chunksize=3))


@pytest.fixture
def jsonl(tmp_path):
    """The path of a file in the toy format, which is registered during the test."""
    register_table_format("jsonl", (".jsonl",), JsonLinesFile)
    yield write_jsonl(tmp_path / "data.jsonl")
    unregister_table_format("jsonl")


def write_jsonl(path):
    rows = [
        {"age": int(age), "sex": sex, "smoker": smoker == "true", "charges": float(charges)}
        for age, sex, smoker, charges in ROWS
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("keys", [{}, {"format": "jsonl"}], ids=["by suffix", "by format"])
def test_a_registered_format_is_read_as_the_others_are(jsonl, tmp_path, keys):
    common = {"target": ["charges"], "test": 0.2, "validation": 2}
    spec = DatasetConfig.model_validate({"path": jsonl, **common, **keys}).spec()
    made = prepare(spec)
    as_csv = prepare(DatasetConfig.model_validate({"path": write_csv(tmp_path), **common}).spec())
    assert np.array_equal(made.x, as_csv.x)
    assert np.array_equal(made.targets[0].y, as_csv.targets[0].y)
    assert describe(spec) == made.info


def test_a_test_table_may_be_of_it(jsonl, tmp_path):
    spec = DatasetSpec(path=write_csv(tmp_path), test_path=jsonl, target=("charges",))
    assert len(prepare(spec).test) == len(ROWS)


def test_validate_knows_its_suffix_and_reads_its_columns(jsonl, tmp_path):
    config = tmp_path / "c.yaml"
    dataset = "{path: data.jsonl, target: charges, test: 0.2}"
    text = FINE.replace("{name: mnist, validation: 5000}", dataset)
    config.write_text(text)
    done = CliRunner().invoke(main, ["validate", str(config)])
    assert (done.exit_code, done.stderr) == (0, "")
    config.write_text(text.replace("charges", "charge"))
    done = CliRunner().invoke(main, ["validate", str(config)])
    assert done.exit_code == 2
    assert "there is no column 'charge' in data.jsonl; allowed: age, sex, smoker, charges" in done.stderr


def test_messages_list_what_is_registered(jsonl, tmp_path):
    archive = tmp_path / "a.npz"
    archive.touch()
    with pytest.raises(DataError, match=r"\.pq, \.jsonl, or dataset\.format"):
        describe(DatasetSpec(path="data.xyz"))
    with pytest.raises(DataError, match="one of the formats csv, parquet, jsonl"):
        describe(DatasetSpec(path=jsonl, test_path=str(archive), target=("charges",)))
    with pytest.raises(DataError, match=r"unknown format 'jsonlines'; allowed: auto, .*, parquet, jsonl"):
        describe(DatasetSpec(path=jsonl, format="jsonlines"))


def test_an_unregistered_format_is_gone():
    assert "jsonl" not in format_names()
    assert ".jsonl" not in known_suffixes()
    assert format_of("data.jsonl") is None


@pytest.mark.parametrize(
    ("name", "suffix", "message"),
    [
        ("csv", ".mine", "there is a format 'csv' already; use another name"),
        ("auto", ".mine", "there is a format 'auto' already; use another name"),
        ("mine", ".npz", "the suffix '.npz' means another format already; use another suffix"),
    ],
)
def test_a_name_or_suffix_that_is_taken_is_refused(name, suffix, message):
    before = dict(TABLE_FORMATS)
    with pytest.raises(ValueError, match=message):
        register_table_format(name, (suffix,), JsonLinesFile)
    assert before == TABLE_FORMATS


def test_the_registry_loads_neither_numpy_nor_pyarrow():
    code = "import sys, actbench.datasets.formats; print({'numpy', 'pyarrow', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
