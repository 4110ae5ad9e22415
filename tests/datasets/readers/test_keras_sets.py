import gzip
import hashlib
import io
import pickle
import re
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actbench.datasets.dataset import describe, describe_from_registry, prepare
from actbench.datasets.readers import keras_sets
from actbench.datasets.readers.keras_sets import download, must_download
from actbench.datasets.spec import DATASETS, DatasetSpec
from actbench.errors import DataError
from tests.datasets.files import as_idx


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of Keras's."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras_sets, "cache_folders", lambda: (tmp_path / "datasets",))
    return tmp_path / "datasets"


@pytest.fixture
def put(cache, monkeypatch):
    """Puts files of a set into the cache, and lets them be the ones that Keras means."""

    def put(name, *contents):
        files = []
        for file, content in zip(keras_sets.KERAS_FILES[name], contents, strict=True):
            path = cache / file.paths[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            files.append(
                replace(
                    file,
                    sha256=file.sha256 and hashlib.sha256(content).hexdigest(),
                    md5=file.md5 and hashlib.md5(content).hexdigest(),
                )
            )
        monkeypatch.setitem(keras_sets.KERAS_FILES, name, tuple(files))
        monkeypatch.setitem(DATASETS, name, replace(DATASETS[name], train=None, test=None))

    return put


def images(size, features, shift=0):
    return ((np.arange(size * features).reshape(size, features) + shift) % 251).astype(np.uint8)


def test_fashion_mnist_is_read_from_its_idx_files(put):
    x, y = images(30, 784).reshape(30, 28, 28), np.arange(30, dtype=np.uint8) % 10
    put("fashion_mnist", *(gzip.compress(as_idx(array)) for array in (x, y, x[:10] + 1, y[:10])))
    made = prepare(DatasetSpec(name="fashion_mnist"))
    assert np.array_equal(made.x[:30], x.reshape(30, 784) / np.float32(255))
    assert made.targets[0].y.tolist() == [*y, *y[:10]]
    assert len(made.info.files) == 4
    assert made.info == describe(DatasetSpec(name="fashion_mnist"))


def cifar(folder, members):
    """An archive as Alex Krizhevsky's: pickled dictionaries in a folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, batch in members.items():
            content = batch if isinstance(batch, bytes) else pickle.dumps(batch, protocol=4)
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def test_cifar10_is_read_as_keras_reads_it(put, cache):
    batches = {
        name: {b"data": images(10, 3072, shift), b"labels": [(n + shift) % 10 for n in range(10)]}
        for shift, name in enumerate([*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"])
    }
    put("cifar10", cifar("cifar-10-batches-py", batches))
    made = prepare(DatasetSpec(name="cifar10", preprocess="none"))
    assert (len(made.train), len(made.test)) == (50, 10)
    planes = batches["data_batch_3"][b"data"][4].reshape(3, 32, 32)
    assert np.array_equal(made.x[24].reshape(32, 32, 3), planes.transpose(1, 2, 0))
    assert made.targets[0].y[20:30].tolist() == batches["data_batch_3"][b"labels"]
    assert made.targets[0].y[50:].tolist() == batches["test_batch"][b"labels"]


def test_a_hundred_classes_are_classes(put):
    labels = list(range(100))
    batch = {b"data": images(100, 3072), b"fine_labels": labels, b"coarse_labels": [0] * 100}
    put("cifar100", cifar("cifar-100-python", {"train": batch, "test": batch}))
    made = prepare(DatasetSpec(name="cifar100"))
    assert made.targets[0].classes == 100
    assert made.targets[0].y.tolist() == labels * 2


def test_houses_are_split_as_keras_splits_them(put):
    x, y = np.arange(50 * 13.0).reshape(50, 13), np.arange(50) + 0.5
    packed = io.BytesIO()
    np.savez(packed, x=x, y=y)
    put("boston_housing", packed.getvalue())
    made = prepare(DatasetSpec(name="boston_housing", preprocess="none"))
    order = np.arange(50)
    np.random.RandomState(113).shuffle(order)
    assert made.targets[0].classes is None
    assert made.targets[0].y.tolist() == y[order].tolist()
    assert np.array_equal(made.x, x[order].astype(np.float32))
    assert (len(made.train), len(made.test)) == (40, 10)


def test_a_pickle_that_asks_for_more_than_an_array_is_refused(put, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    batch = {b"data": images(10, 3072), b"fine_labels": Trap()}
    put("cifar100", cifar("cifar-100-python", {"train": batch, "test": batch}))
    with pytest.raises(DataError, match=r"is damaged: it asks for (io|_io)\.open, which no array needs"):
        prepare(DatasetSpec(name="cifar100"))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", cifar("cifar-100-python", {}), cifar("cifar-100-python", {"train": b"x"})[:-40]],
)
def test_what_is_no_such_archive_is_told(put, content):
    put("cifar100", content)
    with pytest.raises(DataError, match="cifar-100-python-target_archive: is damaged"):
        prepare(DatasetSpec(name="cifar100"))


def test_another_file_than_keras_means_is_refused(cache):
    path = cache / "boston_housing.npz"
    path.parent.mkdir()
    path.write_bytes(b"other")
    with pytest.raises(DataError) as caught:
        prepare(DatasetSpec(name="boston_housing"))
    assert str(caught.value) == (
        f"{path}: is damaged, or another file: its SHA-256 is {hashlib.sha256(b'other').hexdigest()}, "
        f"Keras expects {keras_sets.KERAS_FILES['boston_housing'][0].sha256}; remove it, or put "
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz in its place"
    )


def test_the_digits_that_have_the_names_of_the_clothes_are_refused(cache):
    for file in keras_sets.KERAS_FILES["fashion_mnist"]:
        path = cache / file.paths[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"other")
    with pytest.raises(DataError) as caught:
        prepare(DatasetSpec(name="fashion_mnist"))
    first = cache / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    assert str(caught.value) == (
        f"{first}: is damaged, or another file: its MD5 is {hashlib.md5(b'other').hexdigest()}, its "
        "publisher states 8d4fb7e6c68d591d4c3dfef9ec88bf0d; remove it, or put https://storage.googleapis.com/tensorflow/"
        "tf-keras-datasets/train-images-idx3-ubyte.gz in its place"
    )


def test_files_without_an_image_are_told(put):
    x, y = images(0, 784).reshape(0, 28, 28), np.arange(0, dtype=np.uint8)
    put("fashion_mnist", *(gzip.compress(as_idx(array)) for array in (x, y, x, y)))
    with pytest.raises(DataError, match="fashion_mnist: wrong shapes"):
        prepare(DatasetSpec(name="fashion_mnist"))


@pytest.mark.parametrize("name", keras_sets.KERAS_FILES)
def test_what_is_missing_is_told_with_its_place_and_checksum(cache, name):
    assert must_download(name)
    with pytest.raises(DataError) as caught:
        prepare(DatasetSpec(name=name))
    message = str(caught.value)
    assert message.startswith(f"{name} is not in Keras's cache; put there by hand, or run where")
    for file in keras_sets.KERAS_FILES[name]:
        assert f"{cache / file.paths[0]}\n    from {file.origin}" in message
        assert (file.sha256 or f"MD5 {file.md5}") in message


def test_checksums_and_addresses_are_those_in_the_source_of_keras():
    [where] = {Path(path) for path in sys.path if (Path(path) / "keras/src/datasets/cifar10.py").exists()}
    for name, files in keras_sets.KERAS_FILES.items():
        source = (where / f"keras/src/datasets/{name}.py").read_text()
        stated = re.findall(r'"([0-9a-f]{64})"', source)
        assert [file.sha256 for file in files if file.sha256] == stated
        for file in files:
            assert file.origin.rpartition("/")[2] in source
            assert file.origin.rpartition("/")[0] in source
            assert file.paths[0].removesuffix("_archive").rpartition("/")[2] in source


def test_what_is_expected_is_what_the_registry_knows():
    info = describe_from_registry(DatasetSpec(name="cifar100", validation=0.1, test_samples=500))
    assert (info.train, info.validation, info.test) == (45000, 5000, 500)
    assert (info.features, info.targets[0].classes) == (3072, 100)


def test_keras_is_asked_in_a_process_of_its_own(cache, monkeypatch):
    asked = []

    def fail(command, **more):
        asked.append(command)
        return Popen([sys.executable, "-c", "print('10%\\rno network'); raise SystemExit(1)"], **more)

    Popen = subprocess.Popen  # noqa: N806 - a class
    monkeypatch.setattr(subprocess, "Popen", fail)
    with pytest.raises(
        DataError, match="boston_housing could not be downloaded: no network; put there by hand"
    ):
        download("boston_housing")
    assert asked == [[sys.executable, "-m", "actbench.engine.download", "boston_housing"]]


@pytest.mark.tensorflow
def test_without_a_network_the_failure_says_what_to_do(cache, monkeypatch):
    """Keras itself is asked; the proxy that it is sent to is not there."""
    for scheme in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(DataError) as caught:
        download("boston_housing")
    first, *others = str(caught.value).splitlines()
    assert first.startswith("boston_housing could not be downloaded: URL fetch failure on https://storage")
    assert others[0] == f"  {cache / 'boston_housing.npz'}"
    assert not list(cache.glob("boston*"))
