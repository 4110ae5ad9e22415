import gzip
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actbench.datasets.dataset import describe, prepare
from actbench.datasets.readers import csv as csv_module
from actbench.datasets.readers.csv import CsvFile
from actbench.datasets.spec import DatasetSpec
from actbench.errors import DataError
from tests.datasets.files import CSV, write_csv

ROWS = CSV.splitlines()


def table(path, target=("charges",), **more):
    return DatasetSpec(path=str(path), target=target, **({"test": 0.2} | more))


def test_columns_are_in_their_order_and_texts_become_columns(tmp_path):
    made = prepare(table(write_csv(tmp_path), preprocess="none"))
    assert made.info.features == 4
    assert (len(made.train), len(made.test)) == (8, 2)
    by_age = made.x[np.argsort(made.x[:, 0])]
    assert by_age[:3].tolist() == [[18, 1, 0, 1], [19, 0, 1, 0], [20, 1, 0, 0]]
    (charges,) = made.targets
    assert (charges.name, charges.classes, charges.y.dtype) == ("charges", None, np.float32)
    assert np.array_equal(charges.y, (made.x[:, 0] - 17) * 100 + 0.5)


def test_all_ways_to_write_a_table_come_to_the_same(tmp_path):
    expected = prepare(table(write_csv(tmp_path)))
    frame = pd.read_csv(write_csv(tmp_path))
    others = {
        "data.parquet": frame.to_parquet,
        "data.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV.encode())),
        "data.tsv": lambda path: path.write_text(CSV.replace(",", "\t")),
        "semicolons.csv": lambda path: path.write_text(CSV.replace(",", ";")),
        "bom.csv": lambda path: path.write_bytes(b"\xef\xbb\xbf" + CSV.encode()),
        "windows.csv": lambda path: path.write_bytes(CSV.replace("\n", "\r\n").encode()),
        "quoted.csv": lambda path: path.write_text(CSV.replace("female", '"female"')),
        "unfinished.csv": lambda path: path.write_text(CSV.rstrip()),
    }
    for name, write in others.items():
        write(tmp_path / name)
        made = prepare(table(tmp_path / name))
        assert np.array_equal(made.x, expected.x), name
        assert np.array_equal(made.targets[0].y, expected.targets[0].y), name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"size, m";"w, kg";y\n1.5;2;0\n2.5;3;1\n', ("size, m", "w, kg", "y")),
        ("size, m;y\n1.5;0\n2.5;1\n", ("size, m", "y")),
        ("a;b\ty\n1\t0\n", ("a;b", "y")),
        ("a,b\n1;2,3\n4;5,6\n", ("a", "b")),
        ("\ufeffa;b\r\n1,5;2\r\n", ("a", "b")),
    ],
)
def test_what_separates_values_is_seen_in_the_first_rows(tmp_path, text, names):
    assert CsvFile(Path(write_csv(tmp_path, text))).names == names


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


def test_categories_are_those_of_the_training_part(tmp_path):
    made = []
    for row in ROWS[1:]:
        rare = CSV.replace(row, row.replace("female", "other").replace("male", "other"))
        made.append(prepare(table(write_csv(tmp_path, rare), test=3, preprocess="none")))
    in_training = [data.info.features == 5 for data in made]
    assert in_training.count(False) == 3  # the one example is tested on
    for data, trained in zip(made, in_training, strict=True):
        assert (data.x[:, 1:-1].sum(axis=1) == 0).sum() == (not trained)


def test_the_classes_keep_their_shares_in_a_made_test_set(tmp_path):
    rows = "".join(f"{n},{'abbbb'[n % 5]}\n" for n in range(100))
    made = prepare(table(write_csv(tmp_path, f"x,y\n{rows}"), ("y",), validation=0.25))
    y = made.targets[0].y
    for part in (made.train, made.validation, made.test):
        assert np.mean(y[part.start : part.stop] == 0) == pytest.approx(0.2)
    assert (len(made.train), len(made.validation), len(made.test)) == (60, 20, 20)
    assert len(np.unique(made.x)) == 100


def test_the_rule_is_fixed(tmp_path):
    rows = "".join(f"{n},{n / 2}\n" for n in range(20))
    made = prepare(table(write_csv(tmp_path, f"x,y\n{rows}"), ("y",), preprocess="none", validation=4))
    assert made.x[made.test.start :, 0].tolist() == [6, 10, 12, 18]
    assert made.x[made.validation.start : made.validation.stop, 0].tolist() == [11, 13, 15, 16]


def test_describe_says_what_prepare_says(tmp_path):
    spec = table(write_csv(tmp_path), validation=2)
    assert describe(spec) == prepare(spec).info


def test_large_files_come_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", 4096)
    monkeypatch.setattr(csv_module, "_FIRST_BYTES", 4096)
    x = np.random.default_rng(0).normal(size=(3000, 3)).astype(np.float32)
    frame = pd.DataFrame(x, columns=["a", "b", "y"])
    frame["word"] = np.where(frame["a"] > 0, "up", "down")
    frame.to_csv(tmp_path / "large.csv", index=False)
    made = prepare(table(tmp_path / "large.csv", ("y",), features=("b", "word"), preprocess="none"))
    whole = dict(
        zip(x[:, 1].tolist(), zip(x[:, 2].tolist(), (x[:, 0] > 0).tolist(), strict=True), strict=True)
    )
    for (b, down, up), y in zip(made.x.tolist(), made.targets[0].y.tolist(), strict=True):
        assert whole[b] == (y, up == 1.0)
        assert down == 1 - up


def test_a_line_end_within_quotes_is_no_row_wherever_a_block_ends(tmp_path, monkeypatch):
    # what stands behind the line end looks like a row of its own
    rows = "".join(f'{n},"up\n1,down {n % 4}",{n}.5\n' for n in range(40))
    path = write_csv(tmp_path, "a,word,y\n" + rows)
    for block_bytes in range(200, 232):  # each divides other values
        monkeypatch.setattr(csv_module, "_BLOCK_BYTES", block_bytes)
        made = prepare(table(path, ("y",), preprocess="none"))
        assert made.x.shape == (40, 5)
        assert sorted(made.x[:, 0]) == list(range(40))
        assert np.array_equal(made.x[:, 1:].argmax(axis=1), made.x[:, 0] % 4)
        assert np.array_equal(made.targets[0].y, made.x[:, 0] + 0.5)


def stop(*_):
    raise pa.ArrowInvalid("not this way")


def test_threads_read_what_a_single_one_reads(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", 4096)
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(3000, 3)), columns=["a", "b", "y"])
    frame["word"], frame["flag"] = np.where(frame["a"] > 0, "up", "down"), frame["b"] > 0
    frame.to_csv(tmp_path / "large.csv", index=False)
    file = csv_module.CsvFile(tmp_path / "large.csv")
    read = []
    for other in ("_reader", "_read_with_threads"):
        with monkeypatch.context() as stopped:
            stopped.setattr(csv_module.CsvFile, other, stop)
            read.append(pa.Table.from_batches(file.batches(["word", "b", "flag"], ["y"])))
    assert read[0].num_rows == 3000
    assert read[0].to_pydict() == read[1].to_pydict()  # words may be numbered otherwise


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("7,8", "row 2001: there are 2 values, in the header 3"),
        ("7,,8", "row 2001, column b: the value is missing"),
        ("7,inf,8", "row 2001, column b: the value is infinite, or beyond single precision (inf)"),
    ],
)
def test_what_is_wrong_in_a_later_block_is_told_with_its_row(tmp_path, monkeypatch, line, message):
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", 4096)
    rows = "".join(f"{line if n == 2000 else f'{n},{n},{n}.5'}\n" for n in range(3000))
    path = write_csv(tmp_path, f"a,b,y\n{rows}")
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    assert str(caught.value) == f"{path}: {message}"


def test_a_target_may_begin_with_whole_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "_FIRST_BYTES", 4096)
    rows = "".join(f"{n},{n % 3 if n < 2000 else n / 8}\n" for n in range(3000))
    (target,) = prepare(table(write_csv(tmp_path, f"x,y\n{rows}"), ("y",))).targets
    assert target.classes is None


def test_a_value_that_does_not_fit_in_a_later_block_is_told_with_its_row(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", 4096)
    monkeypatch.setattr(csv_module, "_FIRST_BYTES", 4096)
    rows = "".join(f"{n},{n},{'oops' if n == 2000 else n}\n" for n in range(3000))
    path = write_csv(tmp_path, f"a,b,c\n{rows}")
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("a",), features=("c",)))
    assert str(caught.value) == (f"{path}: row 2001, column c: 'oops' is not a number, as in the first rows")


def broken(*changes):
    text = CSV
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; use a CSV file with a header"),
        ("\n\n", "is empty; use a CSV file with a header"),
        ("age,sex,smoker,charges\n", "has no rows, only a header"),
        ("age,sex,smoker,charges", "has no rows, only a header"),
        ("age;charges", "has no rows, only a header"),
        (broken(("age,sex", ",")), "columns 1, 2 have no name; add names to the header, or use "
         "dataset.features without them"),
        (broken(("18,", "0x12,")), "row 1, column age: '0x12' is hexadecimal; use decimal numbers"),
        (broken(("age,sex,smoker", "age,age,smoker")), "several columns have the name age"),
        (broken(("age,", ",")), "column 1 has no name, as when pandas writes its index; "
         "add a name to the header, or use dataset.features without it"),
        (broken(("20,female", "20,")), "row 3, column sex: the value is missing"),
        (broken(("20,", ",")), "row 3, column age: the value is missing"),
        (broken(("20,", "NaN,"), ("22,", ",")),
         "row 3, column age: the value is missing; and 1 more such"),
        (broken(("300.5", "")), "row 3, column charges: the value is missing"),
        (broken(("20,", "inf,")), "row 3, column age: the value is infinite, or beyond single "
         "precision (inf)"),
        (broken(("20,", "1e39,")), "row 3, column age: the value is infinite, or beyond single "
         "precision (inf)"),
        (broken(("300.5", "-inf")), "row 3, column charges: the value is infinite (-inf)"),
        (broken(("20,", "twenty,")), "row 3, column age: 'twenty' is not a number, as most of the column is"),
        (broken(("300.5", "300 EUR")),
         "row 3, column charges: '300 EUR' is not a number, as most of the column is"),
        (broken(("20,female,false,", "20,false,")), "row 3: there are 3 values, in the header 4"),
        ("y\n1,5\n", "row 1: there are 2 values, in the header 1"),
        ("x,y\n1,5\n2\n", "row 2: there is 1 value, in the header 2"),
        ("1.5,2,3\n2.5,3,4\n", "has no header: its first line is 1.5, 2, 3"),
        ("charges\n1.5\n2.5\n", "has no column to predict from beside the target; add one"),
        (broken(("18", "2024-01-01"), *((f"\n{n},", f"\n2024-01-{n},") for n in range(19, 28))),
         "column age holds values of the kind date32[day]; "
         "use numbers, text or booleans, or dataset.features without it"),
        (b"PAR1" + b"\0" * 50,
         "is not what its name or format says, a CSV file with a header; it is a Parquet file"),
        (b"PK\x03\x04zip", "is not what its name or format says, a CSV file with a header; "
         "it is a zip archive, as .npz and .xlsx are"),
        (b"a,b\n1,\0\n",
         "is not what its name or format says, a CSV file with a header; it is something else"),
    ],
)  # fmt: skip
def test_bad_csv_gets_one_message(tmp_path, text, message):
    path = write_csv(tmp_path, text)
    for reader in (prepare, describe):
        with pytest.raises(DataError) as caught:
            reader(table(path))
        assert str(caught.value).startswith(f"{path}: {message}")
        assert "\n" not in str(caught.value)


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


SECONDS = [1_700_000_000 + 10 * n for n in range(400)]


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


def test_what_the_first_rows_say_of_a_column_is_not_the_last_word(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "_FIRST_BYTES", 1 << 10)
    rows = [f"{seconds},{n % 2}" for n, seconds in enumerate([*SECONDS, 0])]
    path = write_csv(tmp_path, "\n".join(["t,y", *rows, ""]))
    assert describe(table(path, ("y",))).features == 1


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


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("charges", ["1.5"] * 10, "the target charges is constant, always 1.5: nothing to predict"),
        ("charges", ["yes"] * 10, "the target charges has one class only, yes: nothing to tell apart"),
        ("charges", ["7"] * 10, "the target charges has one class only, 7: nothing to tell apart"),
    ],
)
def test_a_target_that_teaches_nothing_is_refused(tmp_path, column, values, message):
    rows = [f"{n},{value}" for n, value in enumerate(values)]
    path = write_csv(tmp_path, "\n".join(["x,charges", *rows]))
    with pytest.raises(DataError) as caught:
        prepare(table(path))
    assert str(caught.value) == f"{tmp_path}/data.csv: {message}"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"test": 0.01}, "test: 0.01 of 10 examples makes an empty part; use a count"),
        ({"test": 10}, "test: 10 is not possible with this data; allowed: 1 to 9"),
        (
            {"validation": 0.01},
            "validation: 0.01 of 8 examples makes an empty part; use a count",
        ),
        ({"validation": 8}, "validation: 8 is not possible with this data; allowed: 0 to 7"),
        ({"train_samples": 9}, "train_samples: 9 is not possible with this data; allowed: 1 to 8"),
        ({"test_samples": 3}, "test_samples: 3 is not possible with this data; allowed: 1 to 2"),
    ],
)
def test_an_empty_part_is_refused(tmp_path, more, message):
    with pytest.raises(DataError) as caught:
        prepare(table(write_csv(tmp_path), **more))
    assert str(caught.value) == f"dataset.{message}"


def test_sizes_that_do_not_depend_on_each_other_are_refused_together(tmp_path):
    with pytest.raises(DataError) as caught:
        prepare(table(write_csv(tmp_path), train_samples=9, test_samples=3))
    assert [fault.key for fault in caught.value.faults] == [
        ("dataset", "train_samples"),
        ("dataset", "test_samples"),
    ]


def test_targets_that_nothing_can_be_learned_of_are_refused_together(tmp_path):
    same = write_csv(tmp_path, "x,y,z\n1,1.5,a\n2,1.5,a\n3,1.5,a\n")
    with pytest.raises(DataError) as caught:
        prepare(table(same, ("y", "z")))
    assert str(caught.value).splitlines() == [
        f"{same}: the target y is constant, always 1.5: nothing to predict",
        f"{same}: the target z has one class only, a: nothing to tell apart",
    ]
    with pytest.raises(DataError) as caught:
        prepare(table(write_csv(tmp_path), ("age", "charges"), train_samples=1))
    assert str(caught.value).splitlines() == [
        f"dataset.train_samples: {tmp_path}/data.csv: the training part has one value of {name} only; "
        "use more examples"
        for name in ("age", "charges")
    ]


def test_a_class_of_the_test_table_alone_is_refused(tmp_path):
    train = write_csv(tmp_path, "x,y\n1,a\n2,b\n3,a\n4,b\n")
    test = write_csv(tmp_path, "x,y\n1,a\n2,c\n3,c\n", "test.csv")
    with pytest.raises(DataError) as caught:
        prepare(table(train, ("y",), test=None, test_path=test))
    assert str(caught.value) == (
        f"dataset.test_path: {test}: row 2: y is c, a class that the training set does not have; "
        "and 1 more such; allowed: a, b"
    )


def test_a_class_that_only_a_later_part_has_is_refused(tmp_path):
    path = write_csv(tmp_path, "x,y\n" + "".join(f"{n},{word}\n" for n, word in enumerate("abcdefghijkl")))
    with pytest.raises(DataError, match="part has classes of y that the training part has no example of"):
        prepare(table(path, ("y",), test=3))


@pytest.mark.parametrize("look", [prepare, describe])
@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_part_without_anything_to_explain_is_refused(tmp_path, part, look):
    train = write_csv(tmp_path, "x,y\n" + "".join(f"{n},{n}.5\n" for n in range(10)))
    test = write_csv(
        tmp_path, "x,y\n1,0.1\n2,0.1\n3,0.1\n" if part == "test" else "x,y\n1,1.5\n2,2.5\n", "t.csv"
    )
    spec = table(train, ("y",), test=None, test_path=test, validation=1 if part == "validation" else 0)
    with pytest.raises(DataError) as caught:
        look(spec)
    assert str(caught.value) == (
        f"dataset.{'test_path' if part == 'test' else part}: {test if part == 'test' else train}: "
        f"the {part} part has one value of y only, so that there is no R²; use more examples"
    )


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


def test_too_many_texts_are_refused(tmp_path):
    names = write_csv(tmp_path, "name,y\n" + "".join(f"n{n},{n}.5\n" for n in range(1500)))
    with pytest.raises(DataError, match=r"column name has more than 1,000 texts, too many to make classes"):
        prepare(table(names, ("y",)))
    typo = write_csv(tmp_path, "age,y\n" + "".join(f"{'x' if n == 7 else n},{n}.5\n" for n in range(1500)))
    with pytest.raises(DataError, match=r"row 8, column age: 'x' is not a number"):
        prepare(table(typo, ("y",)))


@pytest.mark.parametrize("column", ["c", "y"])
def test_decimal_commas_are_told_not_made_categories(tmp_path, column):
    other = "y" if column == "c" else "c"
    text = f"{other};{column}\n0.5;7\n" + "".join(f"{n}.5;{n},125\n" for n in range(9))
    path = write_csv(tmp_path, text)
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    assert str(caught.value) == (
        f"{path}: row 2, column {column}: '0,125' is text, which would be a category; "
        "write numbers with plain digits and a decimal point"
    )


@pytest.mark.parametrize("wrong", ["5\u00a0", "1_000", "\uff15", "5\f"])
@pytest.mark.parametrize("column", ["c", "y"])
@pytest.mark.parametrize("most", [5, 20])  # of them, or of plain numbers
def test_numbers_that_only_people_can_read_are_told(tmp_path, wrong, column, most):
    other = "y" if column == "c" else "c"
    rows = [f"{n}.5,{wrong if n == 3 or n > most else n}\n" for n in range(20)]
    path = write_csv(tmp_path, f"{other},{column}\n" + "".join(rows))
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    assert str(caught.value) == (
        f"{path}: row 4, column {column}: {wrong!r} is text, which would be a category; "
        "write numbers with plain digits and a decimal point"
    )


def test_names_that_are_not_unique_are_no_matter_where_they_are_not_wanted(tmp_path):
    path = write_csv(tmp_path, ",,a,a,b,y\n" + "".join(f"1,2,3,4,{n},{n}.5\n" for n in range(20)))
    made = prepare(table(path, ("y",), features=("b",), preprocess="none"))
    assert sorted(made.x[:, 0].tolist()) == list(range(20))
    with pytest.raises(DataError, match="several columns have the name a; use a different name for each"):
        prepare(table(path, ("y",), features=("a", "b")))
    with pytest.raises(DataError, match="several columns have the name a; use a different name for each"):
        prepare(table(path, ("y",)))


def test_a_few_numbers_among_texts_are_texts(tmp_path):
    grades = ["none", "none", "none", "1", "2", "3", "none"] * 4
    rows = "".join(f"{grade},{n}.5\n" for n, grade in enumerate(grades))
    made = prepare(table(write_csv(tmp_path, f"grade,y\n{rows}"), ("y",), preprocess="none"))
    assert made.x.shape[1] == 4
    halves = write_csv(
        tmp_path, "dose,y\n" + "".join(f"{'placebo' if n % 2 else 5},{n}.5\n" for n in range(20))
    )
    assert prepare(table(halves, ("y",), preprocess="none")).x.shape[1] == 2


@pytest.mark.parametrize("zeros", [1, 19])
def test_a_category_may_have_a_number_for_a_name(tmp_path, zeros):
    days = (["0"] * zeros + ["a"]) * 5 + ["b", "c"]
    rows = "".join(f"{day},{n}.5\n" for n, day in enumerate(days))
    made = prepare(table(write_csv(tmp_path, f"day,y\n{rows}"), ("y",), test=0.2, preprocess="none"))
    assert made.x.shape[1] in (2, 3, 4)  # b or c may be tested alone


def test_a_few_odd_texts_among_many_numbers_are_mistakes(tmp_path):
    odd = {5: "?", 6: "-", 7: "unknown", 8: "err"}
    rows = "".join(f"{odd.get(n, n % 9 + 1)},{n}.5\n" for n in range(40))
    with pytest.raises(DataError, match=r"row 6, column c: '\?' is not a number, as most of the column is"):
        prepare(table(write_csv(tmp_path, f"c,y\n{rows}"), ("y",)))


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


def test_a_parquet_file_with_names_or_texts_that_are_not_utf8_is_told(tmp_path):
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame({"name": ["word", "other"] * 20, "gap": [None, 1.5] * 20, "y": range(40)})
    frame.to_parquet(path, compression=None)
    whole = path.read_bytes()
    for word in (b"word", b"name"):
        path.write_bytes(whole.replace(word, b"\xff\xfe\xfd\xfc"))
        with pytest.raises(DataError) as caught:
            prepare(table(path, ("y",)))
        assert str(caught.value).startswith(f"{path}: ")
        assert "is damaged" in str(caught.value)
        assert "'utf-8' codec can't decode" in str(caught.value)


@pytest.mark.parametrize("first_bytes", [1 << 20, 64])  # met when kinds are told, or only when it is read
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"gr\xf6\xdfe,y\n1,1.5\n2,2.5\n", "the header is not UTF-8; save the file as UTF-8"),
        (
            b"c,y\n" + b"red,1.5\n" * 20 + b"gr\xfcn,2.5\n",
            "row 21, column c: the text is not UTF-8; save the file as UTF-8",
        ),
    ],
)
def test_text_in_another_encoding_is_refused(tmp_path, monkeypatch, content, message, first_bytes):
    monkeypatch.setattr(csv_module, "_FIRST_BYTES", first_bytes)
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", 64)
    path = write_csv(tmp_path, content)
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    assert str(caught.value) == f"{path}: {message}"


def test_parquet_may_hold_other_kinds(tmp_path):
    path = tmp_path / "data.parquet"
    columns = {
        "word": pa.array(["a", "b"] * 5).dictionary_encode(),
        "code": pa.array(["1", "2"] * 5),  # text, because the file says so
        "price": pa.array([Decimal(n) for n in range(10)]),
        "y": pa.array([n / 2 for n in range(10)]),
    }
    pq.write_table(pa.table(columns), path)
    assert describe(table(path, ("y",))).features == 5
    columns["word"] = columns["word"].dictionary_decode().cast(pa.string_view())
    pq.write_table(pa.table(columns), path)
    assert describe(table(path, ("y",))).features == 5
    pq.write_table(pa.table({"x": [1.0, None], "y": [0.5, 1.5]}), path)
    with pytest.raises(DataError, match=r"row 2, column x: the value is missing"):
        prepare(table(path, ("y",), test=1))
    pq.write_table(pa.table({"x": [1.0, float("nan")], "y": [0.5, 1.5]}), path)
    with pytest.raises(DataError, match=r"row 2, column x: the value is missing$"):
        prepare(table(path, ("y",), test=1))
    pq.write_table(pa.table({"x": [[1], [2]], "y": [0.5, 1.5]}), path)
    with pytest.raises(DataError, match="column x holds values of the kind list"):
        prepare(table(path, ("y",), test=1))


def test_what_parquet_calls_a_category_is_one_whatever_it_is(tmp_path):
    path = tmp_path / "data.parquet"
    frame = pd.DataFrame(
        {
            "grade": pd.Categorical([3, 1, 10] * 10),
            "fit": pd.Categorical([True, False] * 15),
            "y": pd.Categorical([n % 10 for n in range(30)]),
        }
    )
    frame.to_parquet(path)
    unreadable = pq.read_table(path).cast(pq.read_schema(path).with_metadata(None))
    for note in (b"{bad", b'{"columns": null}', b'{"columns": ["a"]}', b"[]"):
        pq.write_table(unreadable.replace_schema_metadata({b"pandas": note}), path)
        assert describe(table(path, ("grade",), features=("fit",))).targets[0].classes == 3
    frame.to_parquet(path)
    for target, classes in (("y", 10), ("grade", 3)):
        made = prepare(table(path, (target,), preprocess="none"))
        assert made.targets[0].classes == classes
        assert made.info.targets[0].rule.startswith("classes, because it is text: ")
    made = prepare(table(path, ("y",), features=("grade", "fit"), preprocess="none"))
    seen = {(int(y), *map(int, x)) for x, y in zip(made.x, made.targets[0].y, strict=True)}
    # categories in the order of their names: 1, 10, 3; false, true
    rows = [(0, 0, 1), (1, 0, 0), (0, 1, 0)]
    assert seen == {(n % 10, *rows[n % 3], n % 2, 1 - n % 2) for n in range(30)}


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
