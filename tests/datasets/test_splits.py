import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actbench.datasets.spec import count_of
from actbench.datasets.splits import split_rows
from actbench.errors import DataError


@st.composite
def labels(draw, least=1):
    """Labels of any imbalance, some classes possibly absent."""
    counts = draw(st.lists(st.integers(0, 30), min_size=1, max_size=6).filter(lambda c: sum(c) >= least))
    order = draw(st.randoms(use_true_random=False))
    values = [label for label, count in enumerate(counts) for _ in range(count)]
    order.shuffle(values)
    return np.array(values, dtype=np.uint8)


@st.composite
def requests(draw):
    y_train, y_test = draw(labels()), draw(labels())
    validation = draw(st.integers(0, y_train.size - 1))
    train = draw(st.none() | st.integers(1, y_train.size - validation))
    test = draw(st.none() | st.integers(1, y_test.size))
    return y_train, y_test, validation, train, test


def assert_proportional(drawn, population):
    """Class counts within 1 of the exact share: the promise of the largest remainder."""
    for label in np.unique(population):
        share = drawn.size * np.mean(population == label)
        assert abs(np.sum(drawn == label) - share) < 1


@given(requests())
def test_the_parts_have_the_sizes_asked_for(request_):
    y_train, y_test, validation, train, test = request_
    split = split_rows(*request_)
    assert split.validation.size == validation
    assert split.train.size == (y_train.size - validation if train is None else train)
    assert split.test.size == (y_test.size if test is None else test)


@given(requests())
def test_no_row_is_drawn_twice_and_every_part_ascends(request_):
    split = split_rows(*request_)
    assert not set(split.train) & set(split.validation)
    for rows in (split.train, split.validation, split.test):
        assert (np.diff(rows) > 0).all()
        assert rows.dtype == np.int64


@given(requests())
def test_the_parts_keep_the_class_shares(request_):
    y_train, y_test, *_ = request_
    split = split_rows(*request_)
    left = np.setdiff1d(np.arange(y_train.size), split.validation)
    assert_proportional(y_train[split.validation], y_train)
    assert_proportional(y_train[split.train], y_train[left])
    assert_proportional(y_test[split.test], y_test)


@given(requests())
def test_one_size_does_not_move_another_part(request_):
    y_train, y_test, validation, train, test = request_
    split = split_rows(*request_)
    alone = split_rows(y_train, y_test, validation=validation)
    assert np.array_equal(split.validation, alone.validation)
    assert np.array_equal(split.test, split_rows(y_train, y_test, test_samples=test).test)
    assert np.array_equal(split.train, split_rows(y_train, y_test, validation, train).train)


@given(requests())
def test_everything_is_everything_in_the_order_of_the_file(request_):
    y_train, y_test, *_ = request_
    split = split_rows(y_train, y_test)
    assert split.train.tolist() == list(range(y_train.size))
    assert split.test.tolist() == list(range(y_test.size))


def test_the_rule_is_fixed():
    y_train, y_test = np.arange(60) % 3, np.arange(30) % 3
    split = split_rows(y_train, y_test, validation=6, train_samples=9, test_samples=6)
    assert split.validation.tolist() == [11, 13, 25, 36, 50, 57]
    assert split.sha256() == ("cc98ecb343d76b43d0d43adef8bfb944c64de66e36e4892a960083d42a18f927")


def test_the_draw_is_not_simply_the_first_rows():
    y = np.zeros(1000, dtype=np.uint8)
    rows = split_rows(y, y, validation=100).validation
    assert 400 < rows.mean() < 600


def test_the_hash_tells_the_parts_apart():
    y = np.zeros(4, dtype=np.uint8)
    sizes = [(0, 4, 4), (1, 3, 4), (2, 2, 4), (2, 1, 4), (2, 2, 3)]
    hashes = {split_rows(y, y, *request_).sha256() for request_ in sizes}
    assert len(hashes) == len(sizes)


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        (
            (0, None, None),
            "validation: 0 of the training set; train: all of the training set; test: all of the",
        ),
        ((0, 5, None), "train: 5 of the training set; test: all of the test set."),
        ((2, None, 3), "validation: 2 of the training set; train: all of the rest; test: 3 of the test set."),
    ],
)
def test_the_rule_is_told_in_words(request_, rule):
    y = np.zeros(10, dtype=np.uint8)
    assert rule in split_rows(y, y, *request_).rule


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ((-1, None, None), "dataset.validation: -1 is not possible with this data; allowed: 0 to 9"),
        ((10, None, None), "dataset.validation: 10 is not possible with this data; allowed: 0 to 9"),
        ((4, 7, None), "dataset.train_samples: 7 is not possible with this data; allowed: 1 to 6"),
        ((0, 0, None), "dataset.train_samples: 0 is not possible with this data; allowed: 1 to 10"),
        ((0, None, 11), "dataset.test_samples: 11 is not possible with this data; allowed: 1 to 10"),
        ((0, None, 0), "dataset.test_samples: 0 is not possible with this data; allowed: 1 to 10"),
    ],
)
def test_impossible_sizes_are_refused(request_, message):
    y = np.zeros(10, dtype=np.uint8)
    with pytest.raises(DataError) as caught:
        split_rows(y, y, *request_)
    assert str(caught.value) == message


def test_half_an_example_counts_as_one_of_shares_as_they_are_written():
    assert [count_of(*share) for share in ((0.29, 50), (0.35, 90), (0.7, 45))] == [15, 32, 32]
