"""The document of `actbench init`: a commented config for data that was looked at."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actbench.config.yaml.objects import to_inline_yaml

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
