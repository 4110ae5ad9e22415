import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from actbench.datasets.dataset import describe, prepare
from actbench.datasets.readers import csv as csv_module
from actbench.datasets.spec import DatasetSpec
from actbench.errors import DataError
from tests.datasets.files import CSV, table, write_csv

SECONDS = [1_700_000_000 + 10 * n for n in range(400)]


def test_columns_are_in_their_order_and_texts_become_columns(tmp_path):
    made = prepare(table(write_csv(tmp_path), preprocess="none"))
    assert made.info.features == 4
    assert (len(made.train), len(made.test)) == (8, 2)
    by_age = made.x[np.argsort(made.x[:, 0])]
    assert by_age[:3].tolist() == [[18, 1, 0, 1], [19, 0, 1, 0], [20, 1, 0, 0]]
    (charges,) = made.targets
    assert (charges.name, charges.classes, charges.y.dtype) == ("charges", None, np.float32)
    assert np.array_equal(charges.y, (made.x[:, 0] - 17) * 100 + 0.5)


def test_features_and_targets_can_be_chosen(tmp_path):
    path = write_csv(tmp_path)
    made = prepare(table(path, ("sex", "charges"), features=("smoker", "age"), preprocess="none"))
    assert made.x.shape == (10, 2)
    assert set(made.x[:, 0]) == {0, 1}
    assert [(target.name, target.classes) for target in made.targets] == [("sex", 2), ("charges", None)]
    female = made.targets[0].y == 0
    assert (made.x[female, 1] % 2 == 0).all()
    assert "class of sex" in made.info.split_rule


def test_a_test_table_is_taken_as_it_is(tmp_path):
    train = write_csv(tmp_path)
    test = write_csv(tmp_path, "charges,smoker,sex,age\n5.5,true,other,99\n6.5,false,male,98\n", "test.csv")
    made = prepare(table(train, test=None, test_path=test, preprocess="none"))
    # the category that the training part does not know is zeros, the columns are found by name
    assert made.x[10:].tolist() == [[99, 0, 0, 1], [98, 0, 1, 0]]
    assert made.targets[0].y[10:].tolist() == [5.5, 6.5]
    assert set(made.info.files) == {"data.csv", "test: test.csv"}


def test_all_columns_that_cannot_be_used_are_told_in_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", 1 << 12)
    rows = [f"{'' if n in (700, 900) else n},{n % 2},2024-01-01,name {n},{n},{n / 2}" for n in range(1500)]
    rows[1200] = rows[1200].replace("1200,0,", "1200,,").replace(",600.0", ",1e400")
    path = write_csv(tmp_path, "\n".join(["a,b,when,who,c,y", *rows, ""]))
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    said = str(caught.value).replace(f"{path}: ", "").splitlines()
    assert [line.partition(";")[0] for line in said] == [
        "row 701, column a: the value is missing",
        "row 1201, column b: the value is missing",
        "column when holds values of the kind date32[day]",
        "column who has more than 1,000 texts, too many to make classes or columns of",
        "row 1201, column y: the value is infinite (inf)",
    ]
    assert said[0].endswith("; and 1 more such")
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",), features=("c",)))
    assert str(caught.value) == f"{path}: row 1201, column y: the value is infinite (inf)"


def test_what_is_infinite_is_told_with_what_is_missing_before_and_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", 1 << 9)
    rows = [[str(n), str(n), str(n), str(n % 2)] for n in range(400)]
    rows[5][0], rows[6][0], rows[200][1], rows[350][2], rows[390][0] = "inf", "-inf", "", "1e39", "inf"
    path = write_csv(tmp_path, "\n".join(["a,b,c,y", *map(",".join, rows), ""]))
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    assert str(caught.value).replace(f"{path}: ", "").splitlines() == [
        "row 6, column a: the value is infinite, or beyond single precision (inf); and 2 more such",
        "row 201, column b: the value is missing",
        "row 351, column c: the value is infinite, or beyond single precision (inf)",
    ]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize(
    ("numbers", "fine"),
    [
        (SECONDS, False),
        ([10**18 + n for n in range(400)], False),
        ([1e9 + n / 7 for n in range(400)], False),
        ([1_700_000_000 + 318 * n for n in range(400)], False),  # 991 steps of 128
        ([1_700_000_000 + 323 * n for n in range(400)], True),  # 1,007
        ([1e9 + 1] * 400, True),  # constant columns are 0, whatever they are
        ([0.1 + 0.2, 0.3] * 200, True),  # and so is what was meant to be
        ([10 * n for n in range(400)], True),
        ([20_240_101 + 100 * n for n in range(400)], True),
        ([1e9 * n + 1 for n in range(400)], True),
    ],
)
def test_numbers_that_single_precision_would_make_equal_are_refused(tmp_path, name, numbers, fine):
    frame = pd.DataFrame({"t": numbers, "x": np.arange(400) / 7, "y": np.arange(400) % 2})
    path = tmp_path / name
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    if fine:
        found = np.sort(prepare(table(path, ("y",))).x[:, 0])
        exact = np.array(numbers, dtype=float) - min(numbers)
        assert np.corrcoef(found, exact)[0, 1] > 0.99999 if np.ptp(exact) > 1e-9 else (found == 0).all()
        return
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    assert re.match(rf"{path}: column t has numbers from 1\S+ to 1\S+, ", str(caught.value))
    assert "too close together for single precision, in which models are trained" in str(caught.value)
    with pytest.raises(
        DataError, match=r"the target t has numbers from 1|column t has whole numbers from 2\^53"
    ):
        prepare(table(path, ("t",)))


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_whole_numbers_that_double_precision_would_make_equal_are_refused(tmp_path, kind):
    numbers = np.arange(100).astype(kind) + kind(2**60)
    frame = pd.DataFrame({"t": numbers, "y": np.arange(100) % 2})
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="column t has numbers from 1"):
        prepare(table(tmp_path / "t.parquet", ("y",)))


def test_a_test_table_may_lie_as_close_together_as_it_likes(tmp_path):
    years, hour = 1e9 + 1e6 * np.arange(400), 1.2e9 + np.arange(9)
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    pd.DataFrame({"t": years, "y": [0, 1] * 200}).to_csv(train, index=False)
    pd.DataFrame({"t": hour, "y": [0, 1, 0] * 3}).to_csv(test, index=False)
    assert prepare(table(train, ("y",), test=None, test_path=str(test))).info.test == 9
    arrays = {
        "x_train": years[:, None],
        "y_train": [0, 1] * 200,
        "x_test": hour[:, None],
        "y_test": [0, 1, 0] * 3,
    }
    np.savez(tmp_path / "t.npz", **arrays)
    assert prepare(DatasetSpec(path=str(tmp_path / "t.npz"))).info.test == 9


def test_all_kinds_of_columns_that_cannot_be_used_are_told_together(tmp_path):
    frame = pd.DataFrame({"gap": [1.5, None] * 200, "t": SECONDS, "none": None, "y": [0, 1] * 200})
    frame.to_csv(tmp_path / "t.csv")  # with an index without a name
    frame.to_parquet(tmp_path / "t.parquet")
    told = ["column 1 has no name", "row 2, column gap", "column t has numbers", "row 1, column none"]
    for name, expected in (("t.csv", told), ("t.parquet", told[1:])):
        with pytest.raises(DataError) as caught:
            prepare(table(tmp_path / name, ("y",)))
        lines = str(caught.value).replace(f"{tmp_path / name}: ", "").splitlines()
        assert [line.startswith(start) for line, start in zip(lines, expected, strict=True)] == [True] * len(
            lines
        )


def test_of_very_many_columns_that_cannot_be_used_twenty_are_told(tmp_path):
    names = [f"c{n}" for n in range(30)]
    path = write_csv(tmp_path, ",".join([*names, "y"]) + "\n" + "," * 30 + "1\n" + "," * 30 + "2\n")
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    said = str(caught.value).splitlines()
    assert len(said) == 21
    assert said[-1] == "and 10 more columns that cannot be used"


def test_all_columns_that_are_not_there_are_told_with_their_keys(tmp_path):
    with pytest.raises(DataError) as caught:
        prepare(table(write_csv(tmp_path), ("charge", "smoker"), features=("aeg", "sex", "weight")))
    assert str(caught.value).splitlines() == [
        f"dataset.{key}: there is no column {name!r} in data.csv; allowed: age, sex, smoker, charges{hint}"
        for key, name, hint in (
            ("target[0]", "charge", "; did you mean 'charges'?"),
            ("features[0]", "aeg", "; did you mean 'age'?"),
            ("features[2]", "weight", ""),
        )
    ]


def test_a_test_table_of_another_kind_is_refused(tmp_path):
    train = write_csv(tmp_path, "x,y\n1,1.5\n2,2.5\n")
    for text, message in (
        ("x,y\na,1.5\nb,2.5\n", "{}: column x holds text, but numbers in"),
        ("x,y\n1,a\n2,b\n", "{}: column y is of another kind than in"),
        ("z,y\n1,1.5\n", "there is no column 'x' in test.csv"),
    ):
        test = write_csv(tmp_path, text, "test.csv")
        with pytest.raises(DataError) as caught:
            prepare(table(train, ("y",), test=None, test_path=test))
        assert str(caught.value).startswith(f"dataset.test_path: {message.format(test)}")


def test_names_that_are_not_unique_are_no_matter_where_they_are_not_wanted(tmp_path):
    path = write_csv(tmp_path, ",,a,a,b,y\n" + "".join(f"1,2,3,4,{n},{n}.5\n" for n in range(20)))
    made = prepare(table(path, ("y",), features=("b",), preprocess="none"))
    assert sorted(made.x[:, 0].tolist()) == list(range(20))
    with pytest.raises(DataError, match="several columns have the name a; use a different name for each"):
        prepare(table(path, ("y",), features=("a", "b")))
    with pytest.raises(DataError, match="several columns have the name a; use a different name for each"):
        prepare(table(path, ("y",)))


def test_what_is_damaged_is_told(tmp_path):
    packed = gzip.compress(CSV.encode() * 50)
    frame = pd.read_csv(write_csv(tmp_path))
    frame.to_parquet(tmp_path / "whole.parquet")
    parquet = (tmp_path / "whole.parquet").read_bytes()
    for name, content, message in (
        ("cut.csv.gz", packed[:-20], "is damaged or truncated: "),
        ("plain.csv.gz", CSV.encode(), "is not what its name or format says, a gzip file"),
        ("cut.parquet", parquet[:-30], "is damaged or truncated: "),
        (
            "text.parquet",
            CSV.encode(),
            "is not what its name or format says, a Parquet file; it is something else",
        ),
        ("empty.parquet", b"", "is empty; use a Parquet file"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            prepare(table(path))
        assert str(caught.value).startswith(f"{path}: {message}"), name


def test_what_cannot_be_opened_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    for name, message in (
        ("none.csv", "there is no such file"),
        ("folder.csv", "is a folder; use a file, or format: idx"),
    ):
        with pytest.raises(DataError) as caught:
            prepare(table(tmp_path / name))
        assert str(caught.value) == f"{tmp_path / name}: {message}"
    with pytest.raises(DataError, match="cannot be read"):
        prepare(table("a\0.csv"))
    write_csv(tmp_path)
    with pytest.raises(DataError, match=r"there is one at data\.csv, but paths are relative to the config"):
        prepare(table(tmp_path / "elsewhere" / "data.csv"))


def test_the_hash_is_that_of_the_content(tmp_path):
    first = describe(table(write_csv(tmp_path)))
    assert first.files == {"data.csv": first.sha256}
    assert describe(table(write_csv(tmp_path, name="copy.csv"))).sha256 == first.sha256
    changed = write_csv(tmp_path, CSV.replace("100.5", "100.6"))
    assert describe(table(changed)).sha256 != first.sha256
    with pytest.raises(DataError, match="has changed since the run was planned"):
        prepare(table(changed), sha256=first.sha256)


def test_what_may_not_be_read_is_told(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    path = write_csv(tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError) as caught:
        prepare(table(path))
    assert str(caught.value) == f"{path}: cannot be read: Permission denied"
