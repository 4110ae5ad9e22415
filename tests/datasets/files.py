"""Small files of every format, to be broken in one place at a time."""

import gzip
import struct

import numpy as np

from actbench.datasets.spec import DatasetSpec

CSV = """\
age,sex,smoker,charges
18,female,true,100.5
19,male,false,200.5
20,female,false,300.5
21,male,true,400.5
22,female,true,500.5
23,male,false,600.5
24,female,false,700.5
25,male,true,800.5
26,female,true,900.5
27,male,false,1000.5
"""


def write_csv(folder, text=CSV, name="data.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def table(path, target=("charges",), **more):
    """The request for a table, a fifth of it to test on."""
    return DatasetSpec(path=str(path), target=target, **({"test": 0.2} | more))


def as_idx(array):
    """The content of an IDX file of bytes."""
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def digits(size, shift=0):
    """Images of 2 x 3 pixels and labels of three classes."""
    images = (np.arange(size * 6).reshape(size, 2, 3) + shift) % 256
    return images.astype(np.uint8), (np.arange(size) % 3 + 1).astype(np.uint8)


def write_idx(folder, train=12, test=6, suffix=""):
    folder.mkdir(exist_ok=True)
    pack = gzip.compress if suffix == ".gz" else bytes
    for part, size in (("train", train), ("t10k", test)):
        images, labels = digits(size, shift=len(part))
        (folder / f"{part}-images-idx3-ubyte{suffix}").write_bytes(pack(as_idx(images)))
        (folder / f"{part}-labels-idx1-ubyte{suffix}").write_bytes(pack(as_idx(labels)))
    return str(folder)
