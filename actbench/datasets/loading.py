"""The loading of a dataset's raw content from its source: the registry's datasets, or files of one's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.datasets.files import combine_sha256, file_sha256
from actbench.datasets.formats import TABLE_FORMATS, format_names, format_of, known_suffixes
from actbench.datasets.raw_table import Examples, RawData
from actbench.datasets.readers import arrays, built_in, keras_sets
from actbench.datasets.readers.table_file import read_table
from actbench.datasets.spec import DATASETS, DEFAULT_SAMPLES
from actbench.errors import DataError, Fault, at_key, collect_faults, did_you_mean

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Features
    from actbench.datasets.readers.table_file import RawTable
    from actbench.datasets.spec import DatasetSource, DatasetSpec


def load_raw(spec: DatasetSpec) -> RawData:
    """Load the content of a dataset's source, before any of it is split or scaled.

    Raises:
        DataError: The source is missing, damaged, or not of the kind that it is said to be.
    """
    if spec.path is not None:
        return _load_own(spec, Path(spec.path))
    source = find_dataset(spec.name or "")
    if source.kind == "bundled":
        return built_in.read_mnist()
    if source.kind == "keras":
        return keras_sets.read_keras(source.name)
    return built_in.make_synthetic(source.name, spec.samples or DEFAULT_SAMPLES, spec.noise or 0.0)


def find_dataset(name: str) -> DatasetSource:
    """Return the registry's entry of a dataset.

    Raises:
        DataError: There is no dataset of that name.
    """
    if name in DATASETS:
        return DATASETS[name]
    hint = did_you_mean(name, DATASETS) or f"; allowed: {', '.join(DATASETS)}"
    raise DataError(f"unknown dataset {name!r}{hint}")


def own_files_sha256(spec: DatasetSpec) -> str | None:
    """Return the hash of the user's own files, as `load_raw` gives it; None for a named dataset.

    Raises:
        DataError: Files cannot be read.
    """
    if spec.path is None:
        return None
    return combine_sha256(_hash_own_files(spec, Path(spec.path)).values())


def _hash_own_files(spec: DatasetSpec, path: Path) -> dict[str, str]:
    """Return the hash of each of the user's own files, by a name that the record of a run shows."""
    if _own_format(path, spec) == "idx":
        files = {file.name: file for file in arrays.folder_files(path)}
    else:
        files = {path.name: path}
        if spec.test_path is not None:
            files[f"test: {Path(spec.test_path).name}"] = Path(spec.test_path)
    faults: list[Fault] = []
    hashes: dict[str, str] = {}
    for name, file in files.items():
        key = ("dataset", "test_path") if str(file) == spec.test_path else ()
        with collect_faults(faults), at_key(*key):
            hashes[name] = file_sha256(file)
    if faults:
        raise DataError(*faults)
    return hashes


def _own_format(path: Path, spec: DatasetSpec) -> str:
    found = format_of(str(path), spec.format)
    if found is None:
        suffixes = ", ".join(known_suffixes())
        raise DataError(
            f"{path}: the name does not tell the format; use a suffix of {suffixes}, or dataset.format"
        )
    if found not in format_names():
        raise DataError(
            Fault(f"unknown format {found!r}; allowed: {', '.join(format_names())}", ("dataset", "format"))
        )
    return found


def _load_own(spec: DatasetSpec, path: Path) -> RawData:
    own_format = _own_format(path, spec)
    if own_format in TABLE_FORMATS:
        return _load_tables(spec, path, own_format)
    raw = arrays.read_folder(path) if own_format == "idx" else arrays.read_npz(path)
    if raw.test is None and spec.test is None:
        raise DataError(f"{path}: has no test set of its own; add dataset.test, such as test: 0.2")
    if raw.test is not None and spec.test is not None:
        raise DataError(
            Fault(
                f"{path} has a test set of its own; remove this, or use test_samples to test on fewer",
                ("dataset", "test"),
            )
        )
    return raw


def _load_tables(spec: DatasetSpec, path: Path, table_format: str) -> RawData:
    with ThreadPoolExecutor(1) as beside:  # neither hashing nor reading holds Python's lock
        hashing = beside.submit(_hash_own_files, spec, path)
        try:
            table = read_table(path, table_format, spec.target, spec.features)
            test = None
            if spec.test_path is not None:
                with at_key("dataset", "test_path"):
                    test = _as_examples(_load_test_table(spec, path, table, Path(spec.test_path)))
        finally:
            # An error here names all files that cannot be opened, and replaces that of the first one.
            files = hashing.result()
    return RawData(path.name, _as_examples(table), test, combine_sha256(files.values()), files)


def _load_test_table(spec: DatasetSpec, path: Path, table: RawTable, test_path: Path) -> RawTable:
    """Read the test table; it needs the same columns, of the same types, as the training table at `path`."""
    test_format = _own_format(test_path, spec)
    if test_format not in TABLE_FORMATS:
        allowed = ", ".join(TABLE_FORMATS)
        raise DataError(f"{test_path}: is no table; use a file of one of the formats {allowed}")
    names = spec.features or table.features.names
    test_table = read_table(test_path, test_format, spec.target, names, fitted=False)
    for position, name in enumerate(table.features.names):
        types = [
            "text" if position in each.features.categorical else "numbers" for each in (table, test_table)
        ]
        if types[0] != types[1]:
            raise DataError(f"{test_path}: column {name} holds {types[1]}, but {types[0]} in {path}")
    for name, column in table.targets.items():
        if (column.categories is None) != (test_table.targets[name].categories is None):
            raise DataError(f"{test_path}: column {name} is of another kind than in {path}")
    return test_table


def _as_examples(table: RawTable) -> Examples:
    def features() -> Features:
        return table.features

    return Examples(features, table.targets)
