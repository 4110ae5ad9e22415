import numpy as np
import pyarrow as pa
import pytest

from actbench.datasets.dataset import describe, prepare
from actbench.errors import DataError
from tests.datasets.files import table, write_csv


def stop(*_):
    raise pa.ArrowInvalid("not this way")


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
