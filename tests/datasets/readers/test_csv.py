import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from actbench.datasets.dataset import describe, prepare
from actbench.datasets.readers import csv as csv_module
from actbench.datasets.readers.csv import CsvFile
from actbench.errors import DataError
from tests.datasets.files import CSV, table, write_csv


def stop(*_):
    raise pa.ArrowInvalid("not this way")


def broken(*changes):
    text = CSV
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


SECONDS = [1_700_000_000 + 10 * n for n in range(400)]


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


def test_what_the_first_rows_say_of_a_column_is_not_the_last_word(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_module, "_FIRST_BYTES", 1 << 10)
    rows = [f"{seconds},{n % 2}" for n, seconds in enumerate([*SECONDS, 0])]
    path = write_csv(tmp_path, "\n".join(["t,y", *rows, ""]))
    assert describe(table(path, ("y",))).features == 1


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
