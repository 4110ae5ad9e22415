import numpy as np
import pytest

from actbench.datasets.preprocessing import resolve_target
from actbench.datasets.raw_table import RawColumn
from actbench.datasets.spec import count_of
from actbench.errors import DataError


def read(values, test=None, **more):
    words = None
    if isinstance(values[0], str):
        words, values = tuple(dict.fromkeys(values)), [list(dict.fromkeys(values)).index(v) for v in values]
    other = None if test is None else RawColumn(np.array(test))
    return resolve_target("t.csv", "y", RawColumn(np.array(values), words), other, **more)


@pytest.mark.parametrize(
    ("values", "classes", "rule"),
    [
        (list(range(20)) * 2, 20, "classes, because it is at most 20 whole numbers: "),
        (list(range(21)) * 2, None, "a number, because it is more than 20 whole numbers"),
        ([1.0, 2.5], None, "a number, because it has fractions"),
        ([1.0, -2.0], 2, "classes, because it is at most 20 whole numbers: -2, 1"),
        ([float(n) for n in range(21)], None, "a number, because it is more than 20 whole numbers"),
        ([2.0**53, 1.0], None, "a number, because it has fractions"),
        ([True, False], 2, "classes, because it is true or false: False, True"),
        (["b", "a", "c", "a"], 3, "classes, because it is text: a, b, c"),
        ([f"w{n}" for n in range(12)], 12,
         "classes, because it is text: w0, w1, w10, w11, w2, w3, w4, w5, w6, w7 and 2 more"),
    ],
)  # fmt: skip
def test_the_rule(values, classes, rule):
    made = read(values)
    assert made.classes == classes
    assert made.rule.startswith(rule)
    assert made.train.dtype == (np.float32 if classes is None else np.int32)


def test_classes_are_sorted_whatever_they_are_called():
    assert read(["b", "a", "c", "a"]).train.tolist() == [1, 0, 2, 0]
    assert read([30, -5, 7, 30], test=[7, -5]).train.tolist() == [2, 0, 1, 2]
    assert read([30, -5, 7, 30], test=[7, -5]).test.tolist() == [1, 0]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_whole_numbers_of_few_bits_are_classes(kind):
    column = RawColumn(np.array([0, 2, 1], dtype=kind))
    assert resolve_target("t.npz", "y", column, None).train.tolist() == [0, 2, 1]


def test_a_class_of_a_test_set_may_be_of_another_type():
    assert read([1.0, 2.0, 3.0], test=[3, 1]).test.tolist() == [2, 0]
    with pytest.raises(DataError, match=r"row 2: y is 1\.5, a class that the training set does not have"):
        read([1.0, 2.0, 3.0], test=[3.0, 1.5])


def test_a_loss_decides_over_the_rule():
    number = read([0, 1, 1], kind="number")
    assert (number.classes, number.train.tolist()) == (None, [0.0, 1.0, 1.0])
    assert number.rule == "a number, because the loss says so"
    classes = read(list(range(50)), kind="classes")
    assert classes.classes == 50
    assert classes.rule.startswith("classes, because the loss says so: 0, 1")


def test_no_loss_makes_numbers_of_text_or_of_true_and_false():
    assert read(["a", "b"], kind="number").rule == "classes, because it is text: a, b"
    assert read([True, False], kind="number").rule == "classes, because it is true or false: False, True"


def test_no_loss_makes_classes_of_many_fractions():
    halves = [n / 2 for n in range(21)]
    assert read(halves[:20], kind="classes").classes == 20
    assert read(halves, kind="classes").rule == "a number, because it has fractions"
    assert read([float(n) for n in range(21)], kind="classes").classes == 21


def test_a_number_beyond_single_precision_is_refused():
    with pytest.raises(
        DataError, match=r"t\.csv: column y: row 2: the value is infinite, or beyond single precision"
    ):
        read([1.0, 1e300])


def test_half_an_example_counts_as_one():
    assert [count_of(amount, 10) for amount in (0.25, 0.24, 0.2, 3, 0)] == [3, 2, 2, 3, 0]
