"""The key `dataset`: the name or the path of the data, its target, its parts and its scaling."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import ValidationInfo, field_validator
from pydantic_core import InitErrorDetails

from actbench.config.schema.fields import ChoiceField, CountOrShareField, IntegerField, NumberField, TextField
from actbench.config.schema.section import NameOrListField, Section, mistake, wrong_value
from actbench.datasets.formats import TABLE_FORMATS, format_names, format_of, known_suffixes
from actbench.datasets.spec import DATASETS, DatasetSpec, Scale, count_of
from actbench.errors import did_you_mean

PATH_KEYS = ("path", "test_path")
"""The keys whose values are paths of data files."""

_BILLION = 10**9

# The keys that every kind of data has.
_EVERYWHERE = ("validation", "train_samples", "test_samples", "preprocess")

# The keys that every kind of own files has.
_OF_FILES = ("path", "format", "test", *_EVERYWHERE)

# The keys that have an effect on each kind of data.
_ALLOWED = {
    "bundled": ("name", *_EVERYWHERE),
    "keras": ("name", *_EVERYWHERE),
    "synthetic": ("name", "samples", "noise", "test", *_EVERYWHERE),
    "idx": _OF_FILES,
    "npz": _OF_FILES,
    "table": (*_OF_FILES, "target", "features", "test_path"),
}

# The words for each kind of data in messages.
_CALLED = {
    "bundled": "a dataset with a test set of its own",
    "keras": "a dataset with a test set of its own",
    "synthetic": "a synthetic dataset",
    "idx": "a folder of IDX files",
    "npz": "an .npz file",
    "table": "a table",
}

# All keys of the section.
_KNOWN = {key for keys in _ALLOWED.values() for key in keys}


def absolute_path(path: str, folder: Path) -> str:
    """Return a path of a config in a folder as an absolute path; ~ stands for the home folder."""
    return os.path.abspath(os.path.join(folder, os.path.expanduser(path)))  # noqa: PTH100, PTH111, PTH118 - text in, text out


class _FormatField(ChoiceField):
    """A file format, of those that are registered when the config is read."""

    def check(self, value: object) -> str:
        """Return the format's name."""
        return ChoiceField(self.what, format_names()).check(value)

    def _json_schema(self) -> dict[str, Any]:
        return ChoiceField(self.what, format_names())._json_schema()


class DatasetConfig(Section):
    """The data of training, validation and test: a named dataset, or own files."""

    name: Annotated[str, ChoiceField("dataset", tuple(DATASETS))] | None = None
    """a dataset's name, as `actbench list datasets` shows it; or path"""
    path: Annotated[str, TextField()] | None = None
    """own data: a .csv, .parquet or .npz file, or a folder of IDX files; relative to the config's folder"""
    format: Annotated[str, _FormatField("format", ())] = "auto"
    """the format of the file; auto: by its name"""
    target: Annotated[tuple[Annotated[str, TextField()], ...], NameOrListField("[price]")] | None = None
    """for a table: the column to predict, or a list of them"""
    features: Annotated[tuple[Annotated[str, TextField()], ...], NameOrListField("[age, sex]")] | None = None
    """for a table: the columns to predict from; by default all others"""
    test_path: Annotated[str, TextField()] | None = None
    """a second table with the same columns, to test on"""
    test: Annotated[int | float, CountOrShareField(1, _BILLION)] | None = None
    """examples to test on where the data has no test set of its own: a count, or a share such as 0.2"""
    validation: Annotated[int | float, CountOrShareField(0, _BILLION)] = 0
    """examples taken from the training set, to look at after each epoch: a count, or a share such as 0.1"""
    train_samples: Annotated[int, IntegerField(1, _BILLION)] | None = None
    """examples to train on, of those that validation leaves; by default all"""
    test_samples: Annotated[int, IntegerField(1, _BILLION)] | None = None
    """examples to test on; by default all"""
    preprocess: Annotated[Scale, ChoiceField("way to preprocess", get_args(Scale))] | None = None
    """none; unit: 0 to 1; standardize: mean 0, standard deviation 1; fitted on the training part. By default
    unit for images, standardize for tables and other numbers, none for synthetic sets"""
    samples: Annotated[int, IntegerField(4, 10_000_000)] | None = None
    """for a synthetic set: the number of examples, training and test together; by default 2000"""
    noise: Annotated[float, NumberField(at_least=0, at_most=1000)] | None = None
    """for a synthetic set: standard deviation of the noise on the points, or on the number; 0 when not
    given"""

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterable[InitErrorDetails]:
        """Yield keys that have no effect on this kind of data, and required keys that are missing."""
        return _mistakes_between_keys(raw)

    def spec(self) -> DatasetSpec:
        """Return the specification that the datasets are loaded by."""
        return DatasetSpec(**{**self.model_dump(), "target": self.target or ()})

    @property
    def title(self) -> str:
        """Return the name of the dataset or of its file."""
        return self.name or Path(self.path or "").name

    @field_validator(*PATH_KEYS)
    @classmethod
    def _relative_to_the_config(cls, path: str | None, info: ValidationInfo) -> str | None:
        if path == "":
            raise wrong_value("'' names no file; use a path, relative to the config's folder")
        folder = (info.context or {}).get("folder")
        if path is None or folder is None:
            return path
        return absolute_path(path, folder)

    @field_validator("validation")
    @classmethod
    def _leaves_examples_to_train_on(cls, size: int | float, info: ValidationInfo) -> int | float:
        source = _sized(info)
        if source and isinstance(size, int) and size > source.train - source.least:
            raise wrong_value(
                f"{size} leaves too few of the {source.train} training examples of {source.name}; "
                f"allowed: 0 to {source.train - source.least}"
            )
        return size

    @field_validator("train_samples")
    @classmethod
    def _fits_the_training_set(cls, size: int | None, info: ValidationInfo) -> int | None:
        source, validation = _sized(info), info.data.get("validation", 0)
        if source is None or size is None:
            return size
        taken = count_of(validation, source.train)
        if not source.least <= size <= source.train - taken:
            to_validation = f", {taken} of which go to validation" if taken else ""
            raise wrong_value(
                f"{_too_many_or_few(size, source)}; allowed: {source.least} to {source.train - taken} "
                f"({source.name} has {source.train} training examples{to_validation})"
            )
        return size

    @field_validator("test_samples")
    @classmethod
    def _fits_the_test_set(cls, size: int | None, info: ValidationInfo) -> int | None:
        source = _sized(info)
        if source and size is not None and not source.least <= size <= source.test:
            raise wrong_value(
                f"{_too_many_or_few(size, source)}; allowed: {source.least} to {source.test} "
                f"({source.name} has {source.test} test examples)"
            )
        return size


@dataclass(frozen=True)
class _Sized:
    """A dataset whose sizes are known without loading it.

    Attributes:
        name: Its name in the registry.
        train: Number of training examples, before a validation split.
        test: Number of test examples.
        least: Smallest number of examples to train or test on: one for each class.
    """

    name: str
    train: int
    test: int
    least: int


def _sized(info: ValidationInfo) -> _Sized | None:
    """Return the named dataset with its sizes; None for own files and for sets whose size is a key."""
    source = DATASETS.get(info.data.get("name") or "")
    if source is None or source.train is None or source.test is None:
        return None
    return _Sized(source.name, source.train, source.test, source.classes or 1)


def _too_many_or_few(size: int, source: _Sized) -> str:
    if size < source.least:
        return f"{size} is less than one example for each of the {source.least} classes"
    return f"{size} is more than there are"


def _mistakes_between_keys(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield the mistakes between the keys of a dataset, whose values may not be valid."""
    given = {key: value for key, value in raw.items() if value is not None}
    if "name" in given and "path" in given:
        yield mistake("the data has a name already; remove name or path", "path")
        return
    if "name" not in given and "path" not in given:
        if any(key not in _KNOWN for key in given):
            return  # a misspelt key is one mistake, not an unknown and a missing one
        yield mistake(
            "is missing; needed: a dataset's name, as `actbench list datasets` shows it, or path with a file "
            "of your own",
            "name",
            kind="missing_key",
        )
        return
    kind = _kind(given)
    if (
        kind is None
        and given.get("path")
        and isinstance(given["path"], str)
        and given.get("format", "auto") == "auto"
    ):
        yield mistake(
            f"the name does not tell the format; use one of the suffixes {', '.join(known_suffixes())}, "
            f"a folder without a suffix, or one of the formats {', '.join(format_names()[1:])}",
            "path",
        )
    if kind is None:
        return
    for key in given:
        if key in _KNOWN and key not in _ALLOWED[kind] and not (key == "format" and given[key] == "auto"):
            yield mistake(f"has no effect for {_CALLED[kind]}; use only {', '.join(_ALLOWED[kind])}", key)
    if kind == "table":
        yield from _unfit_columns(given)


def _kind(given: Mapping[str, object]) -> str | None:
    """Return the kind of data, a key of `_ALLOWED`; None if it is unknown."""
    if "name" in given:
        source = DATASETS.get(str(given["name"]))
        return None if source is None else source.kind
    path, stated = given["path"], given.get("format", "auto")
    if not isinstance(path, str) or not path or stated not in format_names():
        return None
    found = format_of(path, str(stated))
    return "table" if found in TABLE_FORMATS else found


def _unfit_columns(given: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield the mistakes in `target`, `features`, `test` and `test_path` of a table."""
    meant = _meant(given)
    if "target" not in given and "target" not in meant:
        yield mistake(
            "is missing; needed: the column to predict, or a list of them", "target", kind="missing_key"
        )
    if ("test" in given) == ("test_path" in given) and not meant & {"test", "test_path"}:
        wrong = "test is given already" if "test" in given else "is missing"
        yield mistake(
            f"{wrong}; needed: either a share or count to test on, such as test: 0.2, or test_path with a "
            "second table",
            "test_path" if "test" in given else "test",
            kind="value" if "test" in given else "missing_key",
        )
    target, features = _names(given.get("target")), _names(given.get("features"))
    for index, name in enumerate(features):
        if name in target:
            yield mistake(f"{name!r} is the target; remove it", "features", index)


def _meant(given: Mapping[str, object]) -> set[str]:
    """Return the keys that misspelt keys are taken for, which are therefore not reported as missing."""
    missing = _KNOWN - given.keys()
    hints = "".join(did_you_mean(key, missing) for key in given if key not in _KNOWN)
    return {key for key in missing if repr(key) in hints}


def _names(value: object) -> list[object]:
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, list | tuple) else []
