"""A look at data as a config with a comment at every key."""

import math
import re
from pathlib import Path

from actbench.config.yaml.objects import to_inline_yaml
from actbench.starter.looking import Look

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
