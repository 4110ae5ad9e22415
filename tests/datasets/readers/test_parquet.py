from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actbench.datasets.dataset import describe, prepare
from actbench.errors import DataError
from tests.datasets.files import table


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
