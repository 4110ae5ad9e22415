import hashlib
import time

import numpy as np
import pytest

from actbench.datasets.dataset import describe, prepare
from actbench.datasets.readers import built_in
from actbench.datasets.readers.built_in import read_mnist
from actbench.datasets.spec import DatasetSpec
from actbench.errors import DataError
from tests.datasets.files import as_idx

CANONICAL = {
    "x_train": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "y_train": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "x_test": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "y_test": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def test_the_bundled_mnist_is_the_canonical_one_byte_for_byte():
    raw = read_mnist()
    arrays = {
        "x_train": raw.train.features().numbers.reshape(60000, 28, 28),
        "y_train": raw.train.targets["label"].values,
        "x_test": raw.test.features().numbers.reshape(10000, 28, 28),
        "y_test": raw.test.targets["label"].values,
    }
    assert {name: hashlib.sha256(as_idx(array)).hexdigest() for name, array in arrays.items()} == CANONICAL


def test_the_bundled_mnist_has_the_published_mean_and_spread():
    counts = np.bincount(read_mnist().train.features().numbers.ravel(), minlength=256)
    levels = np.arange(256) / 255
    mean = np.average(levels, weights=counts)
    assert mean == pytest.approx(0.13066, abs=5e-6)
    assert np.sqrt(np.average((levels - mean) ** 2, weights=counts)) == pytest.approx(0.30811, abs=5e-6)


def test_loading_takes_under_a_second():
    start = time.process_time()  # not the wall clock: a busy machine must not fail this
    read_mnist().train.features()
    assert time.process_time() - start < 1.0


@pytest.fixture
def replace_file(monkeypatch, tmp_path):
    """Puts another file in mnist's place, its checksum unchanged."""

    def replace(content):
        path = tmp_path / "mnist.npz"
        if content is not None:
            path.write_bytes(content)
        monkeypatch.setattr(built_in, "MNIST", path)
        return path

    return replace


@pytest.mark.parametrize("reader", [prepare, describe])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: whole[:-1], id="truncated"),
        pytest.param(lambda whole: whole + b"\0", id="too long"),
        pytest.param(lambda whole: whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], id="one bit"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"version https://git-lfs.github.com/spec/v1\n", id="a pointer to it"),
    ],
)
def test_a_damaged_file_is_refused(replace_file, damage, reader):
    path = replace_file(damage(built_in.MNIST.read_bytes()))
    with pytest.raises(DataError, match="dataset mnist is damaged") as caught:
        reader(DatasetSpec(name="mnist"))
    assert str(path) in str(caught.value)
    assert built_in.MNIST_SHA256 in str(caught.value)


def test_a_missing_file_is_named(replace_file):
    path = replace_file(None)
    with pytest.raises(DataError, match=f"{path}: No such file or directory"):
        read_mnist()


def test_a_folder_in_the_place_of_the_file_is_named(replace_file):
    path = replace_file(None)
    path.mkdir()
    with pytest.raises(DataError, match=f"{path}: Is a directory"):
        read_mnist()


@pytest.mark.parametrize(
    ("name", "hint"), [("minst", "; did you mean 'mnist'?"), ("zzz", "; allowed: mnist, fashion_mnist")]
)
def test_an_unknown_name_gets_a_hint(name, hint):
    with pytest.raises(DataError) as caught:
        prepare(DatasetSpec(name=name))
    assert str(caught.value).startswith(f"unknown dataset {name!r}{hint}")
