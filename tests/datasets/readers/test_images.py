"""IDX folders and .npz archives."""

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest

from actbench.datasets.dataset import describe, prepare
from actbench.datasets.spec import DatasetSpec
from actbench.errors import DataError
from tests.datasets.files import as_idx, digits, write_idx


def refusal(path, **more):
    said = set()
    for reader in (prepare, describe):
        with pytest.raises(DataError) as caught:
            reader(DatasetSpec(path=str(path), **more))
        said.add(str(caught.value))
    (message,) = said
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_idx_files(tmp_path, suffix):
    made = prepare(DatasetSpec(path=write_idx(tmp_path / "set", suffix=suffix), validation=3))
    images, labels = digits(6, shift=4)
    assert np.array_equal(made.x[12:], images.reshape(6, 6) / np.float32(255))
    assert np.array_equal(made.targets[0].y[12:], labels - 1)  # 1 to 3 become 0 to 2
    assert (len(made.train), len(made.validation), len(made.test)) == (9, 3, 6)
    assert made.info.preprocess == "unit: levels divided by 255"
    assert made.info.targets[0].rule == "classes, because it is the label of an image: 1, 2, 3"
    assert len(made.info.files) == 4
    assert describe(DatasetSpec(path=str(tmp_path / "set"), validation=3)) == made.info


def test_more_than_twenty_labels_of_images_are_classes_still(tmp_path):
    folder = write_idx(tmp_path / "set")
    images, labels = digits(60)[0], np.arange(60, dtype=np.uint8) % 30
    for part in ("train", "t10k"):
        (tmp_path / f"set/{part}-images-idx3-ubyte").write_bytes(as_idx(images))
        (tmp_path / f"set/{part}-labels-idx1-ubyte").write_bytes(as_idx(labels))
    assert prepare(DatasetSpec(path=folder)).targets[0].classes == 30


def test_a_training_set_alone_needs_a_test_set(tmp_path):
    folder = tmp_path / "set"
    write_idx(folder)
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (folder / name).unlink()
    assert refusal(folder) == f"{folder}: has no test set of its own; add dataset.test, such as test: 0.2"
    assert len(prepare(DatasetSpec(path=str(folder), test=3)).test) == 3


def test_a_test_set_that_is_there_is_not_made_again(tmp_path):
    message = refusal(write_idx(tmp_path / "s"), test=3)
    assert message.startswith(f"dataset.test: {tmp_path}/s has a test set of its own; remove this")


LABELS, IMAGES = "train-labels-idx1-ubyte", "train-images-idx3-ubyte"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (LABELS, None, "there are no labels of the train set; add train-images-idx3-ubyte"),
        (LABELS, b"", "is not what its name says, an IDX file; it begins with b''"),
        (LABELS, b"<html>", "is not what its name says, an IDX file; it begins with b'<htm'"),
        (LABELS, as_idx(digits(12)[1])[:-1],
         "is truncated: its header says 12 values, so 20 bytes; it has 19"),
        (LABELS, as_idx(digits(12)[1]) + b"\0",
         "is too long: its header says 12 values, so 20 bytes; it has 21"),
        (LABELS, as_idx(digits(12)[1])[:6], "is truncated: it ends within its header"),
        (LABELS, as_idx(digits(11)[1]), "the train set has 12 images but 11 labels"),
        (LABELS, as_idx(digits(12)[0]),
         "wrong shapes in the train set: images (12, 2, 3), labels (12, 2, 3)"),
        (IMAGES, as_idx(digits(12)[0][:, :1]), "a training image has 3 values, a test image 6"),
        ("t10k-images-idx3-ubyte", as_idx(digits(0)[0]), "the test set has 0 images but 6 labels"),
        (IMAGES, as_idx(digits(12)[0][:, :0]),
         "the train set is empty: its images have the shape (12, 0, 3)"),
        (IMAGES, b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"\0",
         "is damaged: its header says that it has 255 dimensions"),
        ("t10k-images-idx3-ubyte", b"\0\0\x0d" + as_idx(digits(6)[0])[3:16] + bytes(6 * 6 * 4),
         "the training images are of uint8, the test images of float32"),
        ("train-labels-idx1-ubyte.gz", gzip.compress(as_idx(digits(12)[1])),
         "train-labels-idx1-ubyte and train-labels-idx1-ubyte.gz are both the labels of the train set"),
    ],
)  # fmt: skip
def test_a_bad_folder_gets_one_message(tmp_path, name, content, message):
    folder = tmp_path / "set"
    write_idx(folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    said = refusal(folder)
    assert said.startswith(str(folder))
    assert message in said


def test_a_bad_gzip_file_is_named(tmp_path):
    write_idx(tmp_path / "set", suffix=".gz")
    path = tmp_path / "set" / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:-9])
    assert refusal(tmp_path / "set").startswith(f"{path}: is damaged or truncated: ")
    path.write_bytes(as_idx(digits(12)[0]))
    assert f"{path}: is not what its name or format says, a gzip file" in refusal(tmp_path / "set")


def test_no_folder_at_all(tmp_path):
    assert refusal(tmp_path / "none") == f"{tmp_path / 'none'}: there is no such folder"
    (tmp_path / "file").write_text("x")
    assert "is not a folder with IDX files" in refusal(tmp_path / "file")


def write_npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def parts(dtype=np.float32):
    x = np.arange(40).reshape(10, 4).astype(dtype)
    return {"x_train": x, "y_train": np.arange(10) % 2, "x_test": x[:4] + 1, "y_test": np.arange(4) % 2}


def test_an_archive_with_a_test_set(tmp_path):
    path = write_npz(tmp_path / "a.npz", **parts())
    made = prepare(DatasetSpec(path=str(path)))
    assert made.x[:10].mean(axis=0) == pytest.approx([0] * 4, abs=1e-6)
    assert made.x[:10].std(axis=0) == pytest.approx([1] * 4, abs=1e-6)
    assert made.targets[0].y.tolist() == [0, 1] * 7
    assert describe(DatasetSpec(path=str(path))) == made.info


def test_an_archive_of_bytes_is_one_of_images(tmp_path):
    path = write_npz(tmp_path / "a.npz", **parts(np.uint8))
    assert np.array_equal(prepare(DatasetSpec(path=str(path))).x[:10], parts()["x_train"] / np.float32(255))
    raw = prepare(DatasetSpec(path=str(path), preprocess="none")).x
    assert np.array_equal(raw[:10], parts()["x_train"])


def test_an_archive_without_a_test_set(tmp_path):
    x, y = np.arange(40.0).reshape(10, 2, 2), np.array(["no", "yes"] * 5)[:, None]
    made = prepare(
        DatasetSpec(path=str(write_npz(tmp_path / "a.npz", x=x, y=y)), test=0.2, preprocess="none")
    )
    assert made.x.shape == (10, 4)
    assert (made.targets[0].classes, len(made.test)) == (2, 2)
    assert made.targets[0].y.tolist() == (made.x[:, 0] / 4 % 2).tolist()
    assert "has no test set of its own" in refusal(tmp_path / "a.npz")


def changed(**arrays):
    return {**parts(), **arrays}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.ones((3, 2)), "y_train": np.ones(3)},
         "there is no x_test, y_test; it has x_train, y_train; "
         "add x_train, y_train, x_test, y_test, or x, y"),
        ({"X": np.ones((3, 2)), "y": np.ones(3)}, "there is no x; it has X, y"),
        (changed(y_train=np.arange(9)), "x_train, y_train: 10 examples but 9 labels"),
        (changed(y_train=np.ones((10, 2))),
         "x_train, y_train: wrong shapes (10, 4), (10, 2); allowed: (n, ...) and (n,)"),
        (changed(x_train=np.arange(10)), "x_train, y_train: wrong shapes (10,), (10,)"),
        (changed(x_test=np.ones((4, 5))), "an example has the shape (4,) in x_train, (5,) in x_test"),
        (changed(x_test=np.ones((4, 4), np.uint8)), "x_train is of float32, x_test of uint8"),
        (changed(x_test=np.ones((0, 4), np.float32), y_test=np.ones(0)),
         "x_test, y_test: wrong shapes (0, 4), (0,)"),
        (changed(x_train=np.full((10, 4), "a")),
         "x_train, y_train: examples of <U1; allowed: numbers or booleans"),
        (changed(y_train=np.full(10, 1j)),
         "x_train, y_train: labels of complex128; allowed: numbers, booleans or text"),
        (changed(x_train=np.where(np.arange(40).reshape(10, 4) == 6, np.nan, 1)),
         "x_train, y_train: examples: row 2, column 3: the value is missing (NaN)"),
        (changed(x_train=np.where(np.arange(40).reshape(10, 4) > 37, -np.inf, 1)),
         "x_train, y_train: examples: row 10, column 3: the value is infinite, or beyond single "
         "precision (-inf); and 1 more such"),
        (changed(y_train=np.array([1.5, np.nan] * 5)),
         "x_train, y_train: labels: row 2: the value is missing (NaN)"),
        (changed(x_train=np.arange(40.0).reshape(10, 4) + np.array([1.7e9, 0, 0, 0])),
         "x_train, y_train: examples: column 1 has numbers from 1700000000 to 1700000036, "
         "too close together for single precision"),
        (changed(x_train=np.array([[{}]] * 10)), "has arrays of Python objects, which are never loaded"),
    ],
)  # fmt: skip
def test_a_bad_archive_gets_one_message(tmp_path, arrays, message):
    path = write_npz(tmp_path / "a.npz", **arrays)
    assert f"{path}: {message}" in refusal(path)


def test_labels_out_of_range_are_told(tmp_path):
    path = write_npz(tmp_path / "a.npz", **changed(y_test=np.array([0, 1, 7, -1])))
    assert refusal(path) == (
        f"{path}, test set: row 3: label is 7, a class that the training set does not have; "
        "and 1 more such; allowed: 0, 1"
    )
    # negative labels and gaps are only names of classes
    path = write_npz(tmp_path / "a.npz", **changed(y_train=np.arange(10) % 2 * 8 - 1, y_test=[7, 7, -1, -1]))
    assert prepare(DatasetSpec(path=str(path))).targets[0].y[10:].tolist() == [1, 1, 0, 0]


def test_a_pickle_in_an_archive_is_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    path = write_npz(tmp_path / "a.npz", **changed(y_train=np.array([Trap()] * 10, dtype=object)))
    refusal(path)
    assert not (tmp_path / "sprung").exists()


def archive(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def as_npy(shape="(4,)"):
    """Four numbers, whatever the header says."""
    packed = io.BytesIO()
    np.save(packed, np.arange(4))
    return packed.getvalue().replace(b"(4,)", shape.encode())


def encrypted(content):
    """Its entries say that they are, in each file's header and in the directory at the end."""
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        parts = content.split(signature)
        content = signature.join(
            [parts[0], *(part[: flags - 4] + b"\x01" + part[flags - 3 :] for part in parts[1:])]
        )
    return content


def test_a_damaged_archive_is_told(tmp_path):
    whole = write_npz(tmp_path / "a.npz", **parts()).read_bytes()
    for content, message in (
        (b"", "is empty; use an .npz archive"),
        (whole[:-30], "is damaged or truncated: "),
        (whole[:60] + b"\xff" * 20 + whole[80:], "is damaged"),
        (archive(**{"x.npy": b"no array", "y.npy": b""}), "x is not what its name says, an array"),
        (archive(x=b"no array", y=b""), "x is not what its name says, an array"),
        (archive(**{"x.npy": as_npy()[:30], "y.npy": as_npy()}), "is damaged or truncated: EOF"),
        (archive(**{"x.npy": as_npy(shape="(4,"), "y.npy": as_npy()}), "is damaged or truncated: "),
        (archive(**{"x.npy": as_npy(shape=f"({10**15},)"), "y.npy": as_npy()}), "is damaged or truncated: "),
        (encrypted(whole), "is damaged or truncated: "),
        (pickle.dumps([1]), "is not what its name or format says, an .npz archive; it is something else"),
        (b"\x93NUMPY\x01\0", "an .npz archive; it is a single NumPy array"),
    ):
        (tmp_path / "a.npz").write_bytes(content)
        assert message in refusal(tmp_path / "a.npz")
