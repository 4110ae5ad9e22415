"""Reading a dataset's file, and nothing but exactly that file."""

import difflib
import hashlib
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actbench.datasets.registry import DATASETS, DatasetSource
from actbench.errors import DataError

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class RawData:
    """The arrays as they are in the file, all of unsigned bytes.

    Attributes:
        x_train: Shape (train, ...), levels 0 to 255.
        y_train: Shape (train,).
        x_test: Shape (test, ...), levels 0 to 255.
        y_test: Shape (test,).
    """

    x_train: Bytes
    y_train: Bytes
    x_test: Bytes
    y_test: Bytes


def find_source(name: str) -> DatasetSource:
    """The registry's entry.

    Raises:
        DataError: There is none of that name.
    """
    if name in DATASETS:
        return DATASETS[name]
    near = difflib.get_close_matches(name, DATASETS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is: {', '.join(DATASETS)}"
    raise DataError(f"unknown dataset {name!r}; {hint}")


def load(name: str) -> RawData:
    """All arrays of a dataset.

    Raises:
        DataError: The name is unknown, or the file is missing or not the one that the registry means.
    """
    with open_verified(find_source(name)) as arrays:
        return RawData(arrays["x_train"], arrays["y_train"], arrays["x_test"], arrays["y_test"])


def load_labels(name: str) -> tuple[Bytes, Bytes]:
    """The labels of training and test set, without unpacking the examples.

    Raises:
        DataError: As `load`.
    """
    with open_verified(find_source(name)) as arrays:
        return arrays["y_train"], arrays["y_test"]


def open_verified(source: DatasetSource) -> np.lib.npyio.NpzFile:
    """The open archive; what was hashed is what is read, for both use one copy in memory.

    Raises:
        DataError: The file is missing, or its checksum differs.
    """
    try:
        content = source.path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read dataset {source.name}: {source.path}: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise DataError(
            f"dataset {source.name} is damaged: {source.path} has {len(content):,} bytes and SHA-256 "
            f"{found}, expected {source.sha256}; install actbench again"
        )
    archive: np.lib.npyio.NpzFile = np.load(io.BytesIO(content), allow_pickle=False)
    return archive
