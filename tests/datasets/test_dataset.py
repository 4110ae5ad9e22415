import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from actbench.datasets.dataset import describe, prepare
from actbench.datasets.readers.built_in import read_mnist
from actbench.datasets.spec import DatasetSpec
from actbench.datasets.splits import split_rows
from actbench.errors import DataError

SMALL = DatasetSpec(name="mnist", validation=50, train_samples=300, test_samples=70)


@pytest.fixture(scope="module")
def raw():
    mnist = read_mnist()
    return SimpleNamespace(
        x_train=mnist.train.features().numbers,
        y_train=mnist.train.targets["label"].values,
        x_test=mnist.test.features().numbers,
        y_test=mnist.test.targets["label"].values,
    )


@pytest.fixture(scope="module")
def small():
    return prepare(SMALL)


def test_the_parts_follow_each_other(small):
    assert (small.train, small.validation, small.test) == (range(300), range(300, 350), range(350, 420))
    assert small.x.shape == (420, 784)
    assert small.x.dtype == np.float32
    assert small.x.flags.c_contiguous
    (label,) = small.targets
    assert (label.name, label.classes) == ("label", 10)
    assert label.y.shape == (420,)
    assert label.y.dtype == np.int32


def test_rows_and_labels_belong_together(small, raw):
    split = split_rows(raw.y_train, raw.y_test, 50, 300, 70)
    images = np.concatenate([raw.x_train[split.train], raw.x_train[split.validation], raw.x_test[split.test]])
    labels = np.concatenate([raw.y_train[split.train], raw.y_train[split.validation], raw.y_test[split.test]])
    assert np.array_equal(small.x, images.reshape(420, 784) / np.float32(255))
    assert np.array_equal(small.targets[0].y, labels)


def test_pixels_are_scaled_to_one(small):
    assert small.x.min() == 0.0
    assert small.x.max() == 1.0


def test_the_whole_training_set_keeps_its_order(raw):
    whole = prepare(DatasetSpec(name="mnist", test_samples=10))
    assert whole.validation == range(60000, 60000)
    assert np.array_equal(whole.targets[0].y[:60000], raw.y_train)
    assert np.array_equal(whole.x[59999], raw.x_train[59999] / np.float32(255))


def test_describe_says_what_prepare_says(small):
    assert describe(SMALL) == small.info
    assert (small.info.train, small.info.validation, small.info.test) == (300, 50, 70)
    assert small.info.name == "mnist"


def test_the_split_of_the_main_config_never_changes():
    assert describe(DatasetSpec(name="mnist", validation=5000)).split_sha256 == (
        "849a636a5c3be8ac48a9616b8180ed06a629b620cc1df095239b4a268703918d"
    )


@pytest.mark.parametrize("sizes", [{"validation": 60000}, {"train_samples": 60001}, {"test_samples": 10001}])
@pytest.mark.parametrize("function", [prepare, describe])
def test_more_than_there_is_is_refused(function, sizes):
    with pytest.raises(DataError, match=r"is not possible with this data; allowed: \d to \d+"):
        function(DatasetSpec(name="mnist", **sizes))


def test_full_mnist_is_ready_in_two_seconds_and_twice_its_memory():
    code = """
import time
import numpy, actbench.records.base
from actbench.datasets.spec import DatasetSpec
from actbench.datasets.dataset import prepare
from actbench.engine.rounds import peak_memory_bytes
before = peak_memory_bytes()
start = time.process_time()
x = prepare(DatasetSpec(name="mnist", validation=5000)).x
used = peak_memory_bytes() - before
print(time.process_time() - start, used / x.nbytes)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, times_x = map(float, done.stdout.split())
    assert seconds < 2
    assert times_x < 2
