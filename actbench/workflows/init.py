"""What there is to know of data before it is trained on."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actbench.config.yaml.objects import to_inline_yaml
from actbench.datasets.dataset import describe, expect
from actbench.datasets.readers.idx import read_folder
from actbench.datasets.readers.keras_sets import is_missing
from actbench.datasets.readers.npz import read_npz
from actbench.datasets.readers.table_file import open_table, unknown_columns
from actbench.datasets.spec import DATASETS, SUFFIXES, Wanted, format_of
from actbench.datasets.table import UnusableColumnsError
from actbench.errors import ArgumentError, DataError, Fault, did_you_mean

if TYPE_CHECKING:
    from actbench.records.run import DatasetInfo

TEST, VALIDATION = 0.2, 0.1

_SIZES = (("dataset", "test"), ("dataset", "validation"))

USUAL_TARGETS = ("target", "label", "class", "y")


@dataclass(frozen=True)
class Look:
    """What was found.

    Attributes:
        data: As it was asked for: a dataset's name, or a path.
        keys: Of the config's `dataset`, but for the path.
        info: What the dataset amounts to with these.
        columns: Of a table, in its order; empty for anything else.
        why: Why this is the target, in words.
        left_out: What keeps columns from being trained on, by column.
    """

    data: str
    keys: dict[str, Any]
    info: DatasetInfo
    columns: tuple[str, ...] = ()
    why: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether it is a dataset with a name."""
        return "name" in self.keys


def look(data: str, target: Sequence[str] = ()) -> Look:
    """Look at data and decide what a config would say of it.

    Args:
        data: A dataset's name; or a file or folder, which comes before a name.
        target: Columns of a table to predict; guessed when empty.

    Raises:
        DataError: It cannot be read, or not be trained on.
        ArgumentError: There is a target, but no column; or the same target twice.
    """
    form = format_of(data, "auto")
    if form in ("csv", "parquet"):
        return _look_at_table(data, form, tuple(target))
    if target:
        raise ArgumentError("target", f"{data} has no columns; leave it out")
    there = Path(data).exists()
    if data in DATASETS and not there:
        return _look_at_named(data)
    if form is None:
        raise DataError(
            f"{data}: its name does not say what it is; allowed: {', '.join(SUFFIXES)}, or a folder with IDX "
            "files"
        )
    if form == "idx" and not there:
        hint = did_you_mean(data, DATASETS) or f"; datasets with a name: {', '.join(DATASETS)}"
        raise DataError(f"{data}: there is no such folder, and no dataset of that name{hint}")
    keys: dict[str, Any] = {"validation": VALIDATION}
    if (read_folder if form == "idx" else read_npz)(Path(data)).test is None:
        keys["test"] = TEST
    return Look(data, keys, _describe(Wanted(path=data, **keys)))


def _look_at_table(data: str, form: str, target: tuple[str, ...]) -> Look:
    columns = open_table(Path(data), form).names
    repeated = [name for name in target if target.count(name) > 1]
    if repeated:
        raise ArgumentError("target", f"{repeated[0]!r} is there twice; allowed: each column once")
    why = "as --target says" if target else ""
    if not target:
        chosen, why = _guess(columns)
        target = (chosen,)
    keys: dict[str, Any] = {"test": TEST, "validation": VALIDATION}
    unknown = unknown_columns(Path(data), columns, (), target)
    if unknown:
        raise ArgumentError("target", *(fault.message for fault in unknown))
    left_out: dict[str, Fault] = {}
    wanted, info = _without_unusable(Wanted(path=data, target=target, **keys), columns, left_out)
    if wanted.features:
        keys["features"] = list(wanted.features)
    reasons = {name: _reason(fault, data) for name, fault in left_out.items()}
    return Look(data, {"target": list(target), **keys}, info, columns, why, reasons)


def _without_unusable(
    wanted: Wanted, columns: Sequence[str], left_out: dict[str, Fault]
) -> tuple[Wanted, DatasetInfo]:
    """Leaves out columns that cannot be trained on; what is wrong with some may show only without others."""
    try:
        return wanted, _describe(wanted)
    except UnusableColumnsError as error:
        left_out |= error.columns
        usable = tuple(name for name in columns if name not in {*wanted.target, *left_out})
        if not usable or set(wanted.target) & set(left_out):
            raise UnusableColumnsError(left_out) from None
    return _without_unusable(replace(wanted, features=usable), columns, left_out)


def _describe(wanted: Wanted) -> DatasetInfo:
    """The parts have sizes that nobody has written, so that what is wrong with these is told of the data."""
    try:
        return describe(wanted)
    except UnusableColumnsError:
        raise
    except DataError as error:
        raise DataError(*(_of_data(fault, wanted.path or "") for fault in error.faults)) from None


def _of_data(fault: Fault, data: str) -> Fault:
    if fault.key not in _SIZES:
        return fault
    few = f"{data}: has too few examples for parts to train, validate and test on"
    reason = fault.message.removeprefix(f"{data}: ").partition("; allowed: ")[0]
    return Fault(f"{few}: {reason}; allowed: more examples")


def _reason(fault: Fault, data: str) -> str:
    """What is wrong, without the file's name and without what would be allowed."""
    return fault.message.removeprefix(f"{Path(data)}: ").partition("; allowed: ")[0]


def _look_at_named(name: str) -> Look:
    keys = {"name": name, "validation": VALIDATION}
    wanted = Wanted(name=name, validation=VALIDATION)
    return Look(name, keys, expect(wanted) if is_missing(name) else describe(wanted))


def _guess(columns: Sequence[str]) -> tuple[str, str]:
    """The column that is likely to be predicted, and why."""
    for usual in USUAL_TARGETS:
        for column in columns:
            if column.casefold() == usual:
                return column, "guessed by its name"
    return columns[-1], "guessed: the last column"


_COMMENT_AT = 46

_ACTIVATIONS = ("relu", "leaky_relu", "gelu", "silu", "tanh")

_EXAMPLES_IN_ALL = 500_000  # what training sees of them; a minute or two for all activations and seeds

_LARGE, _SMALL = 20_000, 1_000

_STEPS_OF_A_SLICE = 10


def write(look: Look, path: str) -> str:
    """The config.

    Args:
        look: What was found.
        path: The data's, as the config's folder has it; a dataset with a name has none.
    """
    train = look.info.train
    batch_size = _batch_size(train)
    steps = math.ceil(train / batch_size)
    epochs = min(50, max(3, round(_EXAMPLES_IN_ALL / train)))
    slices = 4 if steps >= 4 * _STEPS_OF_A_SLICE else 1
    width = 32 if train < _SMALL else 64 if train < _LARGE else 128
    per_epoch = f"{steps:,} steps" if steps > 1 else "one step"
    lines = [
        f"# Written by `actbench init` after a look at {_one_line(look.data)}:",
        f"# {_found(look)}.",
        "# Next: `actbench plan` says what it can decide, and how long that takes; `actbench run` does it.",
        _line(f"name: {to_inline_yaml(_name(look))}", "the runs lie in results/<name>/"),
        "dataset:",
        *_dataset(look, path),
        "model:",
        _line(f"  hidden_units: [{width}, {width}]", "widths of the hidden layers; [] for none"),
        _line("activations:", "what is compared; `actbench list activations` shows others"),
        *(f"  - {name}" for name in _ACTIVATIONS),
        _line("baseline: relu", "what the others are compared with"),
        "train:",
        *_loss(look),
        _line("  optimizer: adam", "any of Keras"),
        _line("  learning_rate: 0.001", "worth a sweep: activations differ in what suits them"),
        _line(f"  batch_size: {batch_size}", f"examples per step, so {per_epoch} per epoch"),
        _line(f"  epochs: {epochs}", "how often each training example is seen"),
        _line("seeds: 10", "replicates, the same for every activation; more of them decide more"),
        "timing:",
        _line("  engine: compiled", "or keras, which is stock fit, evaluate and predict"),
        _line(f"  slices_per_epoch: {slices}", "timed parts of an epoch; activations take turns between"),
        _line("  inference_batch_sizes: [1, 128]", "examples per timed inference call; [] for none"),
    ]
    return "\n".join(lines) + "\n"


def _dataset(look: Look, path: str) -> list[str]:
    keys, info = look.keys, look.info
    if look.named:
        lines = [_line(f"  name: {look.data}", "`actbench list datasets` shows others; path: for a file")]
    else:
        lines = [_line(f"  path: {to_inline_yaml(path)}", "relative to this file")]
    if "target" in keys:
        target = keys["target"][0] if len(keys["target"]) == 1 else keys["target"]
        lines.append(_line(f"  target: {to_inline_yaml(target)}", f"the column to predict; {look.why}"))
    lines += [
        f"  # {_one_line(target.name)}: {_one_line(target.rule)}" for target in info.targets if target.rule
    ]
    if "features" in keys:
        lines += [f"  # left out: {_one_line(why)}" for why in look.left_out.values()]
        lines += [
            _line("  features:", "what is predicted from"),
            *(f"    - {to_inline_yaml(name)}" for name in keys["features"]),
        ]
    elif look.columns:
        features = [name for name in look.columns if name not in keys["target"]]
        lines.append(_line(f"  # features: {to_inline_yaml(features[:2])}", "to predict from these alone"))
    if "test" in keys:
        lines.append(_line(f"  test: {keys['test']}", f"share to test on once, at the end: {info.test:,}"))
    lines.append(
        _line(
            f"  validation: {keys['validation']}", f"share to look at after each epoch: {info.validation:,}"
        )
    )
    scale = info.preprocess.partition(":")[0]
    if scale and not (look.columns and scale == "none"):  # so of a table of texts, which has no other
        lines.append(_line(f"  # preprocess: {scale}", "so when not given; or none, unit, standardize"))
    return lines


def _loss(look: Look) -> list[str]:
    """The key that is the default, where it has a choice."""
    if [target.classes for target in look.info.targets] != [None]:
        return []
    return [_line("  # loss: mse", "so when not given; or mae, huber")]


def _found(look: Look) -> str:
    info = look.info
    rows = info.train + info.validation + info.test
    targets = ", ".join(
        f"{_one_line(target.name)} ({f'{target.classes} classes' if target.classes else 'a number'})"
        for target in info.targets
    )
    return f"{rows:,} examples of {info.features:,} values each; to predict: {targets}"


def _batch_size(train: int) -> int:
    """Smaller for small data, so that an epoch has some steps."""
    return next((size for most, size in ((1_000, 16), (5_000, 32), (20_000, 64)) if train < most), 128)


def _name(look: Look) -> str:
    """What the run's folder is called: the file's name, as far as it may name one."""
    stem = re.sub(r"(\.csv|\.tsv|\.txt|\.npz|\.parquet|\.pq)?(\.gz)?$", "", Path(look.data).resolve().name)
    return re.sub(r"[^A-Za-z0-9._-]+", "_", stem).lstrip("._-")[:100] or "data"


def _line(code: str, comment: str) -> str:
    return f"{code:<{_COMMENT_AT}} # {comment}"


def _one_line(text: str) -> str:
    """Text in a comment: it must not end the line."""
    return "".join(character if character.isprintable() else "?" for character in text)
