"""The steps of `actbench init`: look at the data, and write a commented config for it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actbench.config.yaml.objects import to_inline_yaml
from actbench.datasets.dataset import describe, describe_from_registry
from actbench.datasets.formats import TABLE_FORMATS, format_of, known_suffixes
from actbench.datasets.readers.arrays import read_folder, read_npz
from actbench.datasets.readers.keras_sets import must_download
from actbench.datasets.readers.table_file import unknown_columns
from actbench.datasets.spec import DATASETS, DatasetSpec
from actbench.datasets.table import UnusableColumnsError
from actbench.errors import ArgumentError, DataError, Fault, did_you_mean

if TYPE_CHECKING:
    from actbench.records.run import DatasetInfo

_COMMENT_COLUMN = 46

_ACTIVATIONS = ("relu", "leaky_relu", "gelu", "silu", "tanh")

# Examples that a training sees, over all epochs: the whole run then takes a minute or two.
_EXAMPLES_SEEN = 500_000

_FEWEST_EPOCHS, _MOST_EPOCHS = 3, 50

# Training examples below which the batches are smaller, so that an epoch has some steps.
_BATCH_SIZES = ((1_000, 16), (5_000, 32), (20_000, 64))

_LARGEST_BATCH = 128

# Training examples below which the hidden layers are narrower.
_WIDTHS = ((1_000, 32), (20_000, 64))

_LARGEST_WIDTH = 128

# A slice of fewer steps is too short to be timed well.
_STEPS_OF_A_SLICE = 10

_SLICES = 4


@dataclass(frozen=True)
class DataSummary:
    """The facts about data that a config for it depends on.

    Attributes:
        data: The data as the user named it: a dataset's name, or a path.
        keys: Keys of the config's `dataset`, without the path.
        info: Sizes, targets and preprocessing of the data with these keys.
        columns: Names of a table's columns, in order; empty for any other data.
        target_reason: Reason why the target was chosen, in words; empty without columns.
        left_out: Reason why a column cannot be trained on, by column.
    """

    data: str
    keys: dict[str, Any]
    info: DatasetInfo
    columns: tuple[str, ...] = ()
    target_reason: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_name(self) -> bool:
        """True if the data is a dataset with a name, not a file or folder."""
        return "name" in self.keys


def starter_config(summary: DataSummary, path: str) -> str:
    """Return a config for the data, as YAML with a comment on each line.

    Args:
        summary: From `summarize_data`.
        path: Path of the data, relative to the config's folder; not used for a dataset with a name.
    """
    train = summary.info.train
    batch_size = _by_size(train, _BATCH_SIZES, _LARGEST_BATCH)
    width = _by_size(train, _WIDTHS, _LARGEST_WIDTH)
    steps = math.ceil(train / batch_size)
    epochs = min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, round(_EXAMPLES_SEEN / train)))
    slices = _SLICES if steps >= _SLICES * _STEPS_OF_A_SLICE else 1
    per_epoch = f"{steps:,} steps" if steps > 1 else "one step"
    lines = [
        f"# Written by `actbench init` after a look at {_one_line(summary.data)}:",
        f"# {_contents(summary)}.",
        "# Next: `actbench plan` says how long it takes and what it can show; `actbench run` runs it.",
        _line(f"name: {to_inline_yaml(_name(summary))}", "the runs lie in results/<name>/"),
        "dataset:",
        *_dataset(summary, path),
        "model:",
        _line(f"  hidden_units: [{width}, {width}]", "widths of the hidden layers; [] for none"),
        _line("activations:", "what is compared; `actbench list activations` shows others"),
        *(f"  - {name}" for name in _ACTIVATIONS),
        _line("baseline: relu", "what the others are compared with"),
        "train:",
        *_loss(summary),
        _line("  optimizer: adam", "any of Keras"),
        _line("  learning_rate: 0.001", "worth a sweep: the best rate depends on the activation"),
        _line(f"  batch_size: {batch_size}", f"examples per step, so {per_epoch} per epoch"),
        _line(f"  epochs: {epochs}", "how often each training example is seen"),
        _line("seeds: 10", "replicates, the same for every activation; more of them decide more"),
        "timing:",
        _line("  engine: compiled", "or keras, which is stock fit, evaluate and predict"),
        _line(f"  slices_per_epoch: {slices}", "timed parts of an epoch; activations take turns between"),
        _line("  inference_batch_sizes: [1, 128]", "examples per timed inference call; [] for none"),
    ]
    return "\n".join(lines) + "\n"


def _dataset(summary: DataSummary, path: str) -> list[str]:
    keys, info = summary.keys, summary.info
    if summary.has_name:
        lines = [_line(f"  name: {summary.data}", "`actbench list datasets` shows others; path: for a file")]
    else:
        lines = [_line(f"  path: {to_inline_yaml(path)}", "relative to this file")]
    if "target" in keys:
        target = keys["target"][0] if len(keys["target"]) == 1 else keys["target"]
        lines.append(
            _line(f"  target: {to_inline_yaml(target)}", f"the column to predict; {summary.target_reason}")
        )
    lines += [
        f"  # {_one_line(target.name)}: {_one_line(target.rule)}" for target in info.targets if target.rule
    ]
    if "features" in keys:
        lines += [f"  # left out: {_one_line(why)}" for why in summary.left_out.values()]
        lines += [
            _line("  features:", "what is predicted from"),
            *(f"    - {to_inline_yaml(name)}" for name in keys["features"]),
        ]
    elif summary.columns:
        features = [name for name in summary.columns if name not in keys["target"]]
        lines.append(_line(f"  # features: {to_inline_yaml(features[:2])}", "to predict from these alone"))
    if "test" in keys:
        lines.append(_line(f"  test: {keys['test']}", f"share to test on once, at the end: {info.test:,}"))
    lines.append(
        _line(
            f"  validation: {keys['validation']}", f"share to look at after each epoch: {info.validation:,}"
        )
    )
    scale = info.preprocess.partition(":")[0]
    # A table without a column of numbers has "none", and no choice.
    if scale and not (summary.columns and scale == "none"):
        lines.append(_line(f"  # preprocess: {scale}", "the default; or none, unit, standardize"))
    return lines


def _loss(summary: DataSummary) -> list[str]:
    """Return the default loss as a comment, if the one target is a number and other losses fit it."""
    if [target.classes for target in summary.info.targets] != [None]:
        return []
    return [_line("  # loss: mse", "the default; or mae, huber")]


def _contents(summary: DataSummary) -> str:
    info = summary.info
    rows = info.train + info.validation + info.test
    targets = ", ".join(
        f"{_one_line(target.name)} ({f'{target.classes} classes' if target.classes else 'a number'})"
        for target in info.targets
    )
    return f"{rows:,} examples of {info.features:,} values each; to predict: {targets}"


def _by_size(train: int, steps: tuple[tuple[int, int], ...], otherwise: int) -> int:
    """Return the value of the first (limit, value) whose limit is above the number of training examples."""
    return next((value for limit, value in steps if train < limit), otherwise)


def _name(summary: DataSummary) -> str:
    """Return the name of the run's folder: the data's name without suffix and unusual characters."""
    name = Path(summary.data).resolve().name
    stem = re.sub(r"(\.csv|\.tsv|\.txt|\.npz|\.parquet|\.pq)?(\.gz)?$", "", name)
    return re.sub(r"[^A-Za-z0-9._-]+", "_", stem).lstrip("._-")[:100] or "data"


def _line(code: str, comment: str) -> str:
    return f"{code:<{_COMMENT_COLUMN}} # {comment}"


def _one_line(text: str) -> str:
    """Return text that cannot end the line of a comment."""
    return "".join(character if character.isprintable() else "?" for character in text)


# Shares of the examples that the config sets aside.
_TEST, _VALIDATION = 0.2, 0.1

# Keys of faults about the sizes of the parts, which the user has not written.
_SIZES = (("dataset", "test"), ("dataset", "validation"))

# Names of columns that are taken for the target, the likeliest first.
_USUAL_TARGETS = ("target", "label", "class", "y")


def summarize_data(data: str, target: Sequence[str] = ()) -> DataSummary:
    """Look at data and decide what a config has to say about it.

    Args:
        data: A file or folder, or the name of a dataset if there is no such file.
        target: Columns of a table to predict; empty to guess one.

    Raises:
        DataError: The data cannot be read, or cannot be trained on.
        ArgumentError: `target` names a column twice, or one that does not exist.
    """
    form = format_of(data)
    if form in TABLE_FORMATS:
        return _summarize_table(data, form, tuple(target))
    if target:
        raise ArgumentError("target", f"{data} has no columns; leave it out")
    there = Path(data).exists()
    if data in DATASETS and not there:
        return _summarize_named(data)
    if form is None:
        raise DataError(
            f"{data}: the name does not tell the format; use one of the suffixes "
            f"{', '.join(known_suffixes())}, or a folder with IDX files"
        )
    if form == "idx" and not there:
        hint = did_you_mean(data, DATASETS) or f"; datasets with a name: {', '.join(DATASETS)}"
        raise DataError(f"{data}: there is no such folder, and no dataset of that name{hint}")
    keys: dict[str, Any] = {"validation": _VALIDATION}
    if (read_folder if form == "idx" else read_npz)(Path(data)).test is None:
        keys["test"] = _TEST
    return DataSummary(data, keys, _describe(DatasetSpec(path=data, **keys)))


def _summarize_table(data: str, form: str, target: tuple[str, ...]) -> DataSummary:
    columns = TABLE_FORMATS[form].open(Path(data)).names
    repeated = [name for name in target if target.count(name) > 1]
    if repeated:
        raise ArgumentError("target", f"{repeated[0]!r} is there twice; name each column once")
    reason = "as asked for"
    if not target:
        chosen, reason = _guess_target(columns)
        target = (chosen,)
    keys: dict[str, Any] = {"test": _TEST, "validation": _VALIDATION}
    unknown = unknown_columns(Path(data), columns, (), target)
    if unknown:
        raise ArgumentError("target", *(fault.message for fault in unknown))
    left_out: dict[str, Fault] = {}
    spec, info = _without_unusable(DatasetSpec(path=data, target=target, **keys), columns, left_out)
    if spec.features:
        keys["features"] = list(spec.features)
    reasons = {name: _reason(fault, data) for name, fault in left_out.items()}
    return DataSummary(data, {"target": list(target), **keys}, info, columns, reason, reasons)


def _without_unusable(
    spec: DatasetSpec, columns: Sequence[str], left_out: dict[str, Fault]
) -> tuple[DatasetSpec, DatasetInfo]:
    """Leave out the columns that cannot be trained on.

    The faults of some columns may show only without others, so that it is done again without those.

    Args:
        spec: The data, with the columns that are still in use.
        columns: Names of all columns of the table.
        left_out: Gets the fault of each column that is left out.
    """
    try:
        return spec, _describe(spec)
    except UnusableColumnsError as error:
        left_out |= error.columns
        usable = tuple(name for name in columns if name not in {*spec.target, *left_out})
        if not usable or set(spec.target) & set(left_out):
            raise UnusableColumnsError(left_out) from None
    return _without_unusable(replace(spec, features=usable), columns, left_out)


def _describe(spec: DatasetSpec) -> DatasetInfo:
    """Describe data; a fault of a part's size is told as one of the data, for nobody has written the size."""
    try:
        return describe(spec)
    except UnusableColumnsError:
        raise
    except DataError as error:
        raise DataError(*(_about_data(fault, spec.path or "") for fault in error.faults)) from None


def _about_data(fault: Fault, data: str) -> Fault:
    if fault.key not in _SIZES:
        return fault
    few = f"{data}: has too few examples for parts to train, validate and test on"
    return Fault(f"{few}: {_reason(fault, data)}; use more examples")


def _reason(fault: Fault, data: str) -> str:
    """Return the first half of a message, without the file's name: what is wrong, not what to do."""
    # Messages about columns have the path as `Path` writes it, those about parts as the user wrote it.
    return fault.message.removeprefix(f"{data}: ").removeprefix(f"{Path(data)}: ").partition("; ")[0]


def _summarize_named(name: str) -> DataSummary:
    keys = {"name": name, "validation": _VALIDATION}
    spec = DatasetSpec(name=name, validation=_VALIDATION)
    # Data that is still to be downloaded is described by the registry.
    return DataSummary(name, keys, describe_from_registry(spec) if must_download(name) else describe(spec))


def _guess_target(columns: Sequence[str]) -> tuple[str, str]:
    """Return the column that is likely to be predicted, and the reason."""
    for usual in _USUAL_TARGETS:
        for column in columns:
            if column.casefold() == usual:
                return column, "guessed by its name"
    return columns[-1], "guessed: the last column"
