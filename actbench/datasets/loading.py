"""Which source is meant, and what it holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.datasets.files import combine_sha256, file_sha256
from actbench.datasets.raw_table import Examples, RawData
from actbench.datasets.readers import built_in, idx, keras_sets, npz
from actbench.datasets.readers.table_file import read_table
from actbench.datasets.spec import DATASETS, DEFAULT_SAMPLES, SUFFIXES, format_of
from actbench.errors import DataError, Fault, at_key, collect_faults, did_you_mean

if TYPE_CHECKING:
    from actbench.datasets.raw_table import Features
    from actbench.datasets.readers.table_file import Table
    from actbench.datasets.spec import DatasetSource, DatasetSpec, Known


def find_source(name: str) -> DatasetSource:
    """The registry's entry.

    Raises:
        DataError: There is none of that name.
    """
    if name in DATASETS:
        return DATASETS[name]
    hint = did_you_mean(name, DATASETS) or f"; there is: {', '.join(DATASETS)}"
    raise DataError(f"unknown dataset {name!r}{hint}")


def read(spec: DatasetSpec) -> RawData:
    """What the source holds.

    Raises:
        DataError: It is missing, damaged, or not of the kind that it is said to be.
    """
    if spec.path is not None:
        return _read_own(spec)
    source = find_source(spec.name or "")
    if source.kind == "bundled":
        return built_in.read_mnist()
    if source.kind == "keras":
        return keras_sets.read_keras(source.name)
    return built_in.make(source.name, spec.samples or DEFAULT_SAMPLES, spec.noise or 0.0)


def own_files_sha256(spec: DatasetSpec) -> str | None:
    """The hash of own files' content, as `read` gives it; None where there are none.

    Raises:
        DataError: They cannot be read.
    """
    if spec.path is None:
        return None
    return combine_sha256(_hashes(spec).values())


def _hashes(spec: DatasetSpec) -> dict[str, str]:
    """Of own files, by name."""
    faults: list[Fault] = []
    hashes: dict[str, str] = {}
    for name, path in _own_files(spec).items():
        key = ("dataset", "test_path") if str(path) == spec.test_path else ()
        with collect_faults(faults), at_key(*key):
            hashes[name] = file_sha256(path)
    if faults:
        raise DataError(*faults)
    return hashes


def _own_files(spec: DatasetSpec) -> dict[str, Path]:
    path = Path(spec.path or "")
    if _form(path, spec) == "idx":
        return {file.name: file for file in idx.folder_files(path)}
    files = {path.name: path}
    if spec.test_path is not None:
        files[f"test: {Path(spec.test_path).name}"] = Path(spec.test_path)
    return files


def _form(path: Path, spec: DatasetSpec) -> Known:
    form = format_of(str(path), spec.format)
    if form is None:
        raise DataError(
            f"{path}: its name does not say what it is; allowed: {', '.join(SUFFIXES)}, or a format"
        )
    return form


def _form_of_table(path: Path, spec: DatasetSpec) -> Known:
    form = _form(path, spec)
    if form not in ("csv", "parquet"):
        raise DataError(f"{path}: is no table; allowed: a CSV or Parquet file, as dataset.path is")
    return form


def _read_own(spec: DatasetSpec) -> RawData:
    path = Path(spec.path or "")
    form = _form(path, spec)
    if form == "idx":
        raw = idx.read_folder(path)
    elif form == "npz":
        raw = npz.read_npz(path)
    else:
        return _read_tables(spec, path, form)
    if raw.test is None and spec.test is None:
        raise DataError(f"{path}: has no test set of its own; needed: dataset.test, such as test: 0.2")
    if raw.test is not None and spec.test is not None:
        raise DataError(
            Fault(
                f"{path} has a test set of its own; allowed: to leave this out, or test_samples",
                ("dataset", "test"),
            )
        )
    return raw


def _read_tables(spec: DatasetSpec, path: Path, form: str) -> RawData:
    with ThreadPoolExecutor(1) as aside:  # neither hashing nor reading holds Python's lock
        hashing = aside.submit(_hashes, spec)
        try:
            table = read_table(path, form, spec.target, spec.features)
            test = None
            if spec.test_path is not None:
                other = Path(spec.test_path)
                names = spec.features or table.features.names
                with at_key("dataset", "test_path"):
                    of_other = _form_of_table(other, spec)
                    tested = read_table(other, of_other, spec.target, names, fitted=False)
                    _check_alike(path, table, other, tested)
                test = _examples(tested)
        finally:
            files = hashing.result()  # what it raises, all files that cannot be opened, goes first
    return RawData(path.name, _examples(table), test, combine_sha256(files.values()), files)


def _examples(table: Table) -> Examples:
    def features() -> Features:
        return table.features

    return Examples(features, table.targets)


def _check_alike(path: Path, table: Table, other: Path, tested: Table) -> None:
    """Refuses a test table with text where the training table has numbers, or the reverse."""
    columns = dict(enumerate(table.features.names))
    for position, name in columns.items():
        kinds = ["text" if position in each.features.texts else "numbers" for each in (table, tested)]
        if kinds[0] != kinds[1]:
            raise DataError(f"{other}: column {name} holds {kinds[1]}, but {kinds[0]} in {path}")
    for name, column in table.targets.items():
        if (column.words is None) != (tested.targets[name].words is None):
            raise DataError(f"{other}: column {name} is of another kind than in {path}")
