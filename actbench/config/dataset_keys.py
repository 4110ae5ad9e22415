"""Which keys of `dataset` do something for the data that it names."""

from collections.abc import Iterator, Mapping
from typing import cast, get_args

from pydantic_core import InitErrorDetails

from actbench.config.mistakes import mistake
from actbench.datasets import DATASETS, format_of
from actbench.datasets.formats import SUFFIXES
from actbench.datasets.wanted import Format
from actbench.errors import did_you_mean

_EVERYWHERE = ("validation", "train_samples", "test_samples", "preprocess")
_OF_FILES = ("path", "format", "test", *_EVERYWHERE)
_ALLOWED = {
    "bundled": ("name", *_EVERYWHERE),
    "keras": ("name", *_EVERYWHERE),
    "synthetic": ("name", "samples", "noise", "test", *_EVERYWHERE),
    "idx": _OF_FILES,
    "npz": _OF_FILES,
    "csv": (*_OF_FILES, "target", "features", "test_path"),
    "parquet": (*_OF_FILES, "target", "features", "test_path"),
}
_CALLED = {
    "bundled": "a dataset with a test set of its own",
    "keras": "a dataset with a test set of its own",
    "synthetic": "a synthetic dataset",
    "idx": "a folder of IDX files",
    "npz": "an .npz file",
    "csv": "a table",
    "parquet": "a table",
}


def unfit_keys(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """What is wrong between the keys of a dataset that may not be valid yet."""
    given = {key: value for key, value in raw.items() if value is not None}
    if "name" in given and "path" in given:
        yield mistake("goes without a name; allowed: name or path, not both", "path")
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
            f"its name does not say what it is; allowed: {', '.join(SUFFIXES)}, a folder without a suffix, "
            "or a format: idx, npz, csv or parquet",
            "path",
        )
    if kind is None:
        return
    for key in given:
        if key in _KNOWN and key not in _ALLOWED[kind] and not (key == "format" and given[key] == "auto"):
            yield mistake(
                f"does nothing for {_CALLED[kind]}; allowed there: {', '.join(_ALLOWED[kind])}", key
            )
    if kind in ("csv", "parquet"):
        yield from _unfit_columns(given)


_KNOWN = {key for keys in _ALLOWED.values() for key in keys}


def _kind(given: Mapping[str, object]) -> str | None:
    """Which of the kinds above it is; None where that cannot be told."""
    if "name" in given:
        source = DATASETS.get(str(given["name"]))
        return None if source is None else source.kind
    path, form = given["path"], cast(Format, given.get("format", "auto"))
    if not isinstance(path, str) or not path or form not in get_args(Format):
        return None
    return format_of(path, form)


def _unfit_columns(given: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    meant = _meant(given)
    if "target" not in given and "target" not in meant:
        yield mistake(
            "is missing; needed: the column to predict, or a list of them", "target", kind="missing_key"
        )
    if ("test" in given) == ("test_path" in given) and not meant & {"test", "test_path"}:
        wrong = "goes without test" if "test" in given else "is missing"
        yield mistake(
            f"{wrong}; needed: either a share or count to test on, such as test: 0.2, or test_path with a "
            "second table",
            "test_path" if "test" in given else "test",
            kind="value" if "test" in given else "missing_key",
        )
    target, features = _names(given.get("target")), _names(given.get("features"))
    for index, name in enumerate(features):
        if name in target:
            yield mistake(f"{name!r} is the target; allowed: other columns", "features", index)


def _meant(given: Mapping[str, object]) -> set[str]:
    """Keys that misspelt ones are told to mean: that these are missing is no further mistake."""
    missing = _KNOWN - given.keys()
    hints = "".join(did_you_mean(key, missing) for key in given if key not in _KNOWN)
    return {key for key in missing if repr(key) in hints}


def _names(value: object) -> list[object]:
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, list | tuple) else []
