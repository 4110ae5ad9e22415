"""A config that is fine, to be broken in one place at a time."""

from typing import Any

import pytest

from actbench.config.loader import parse_config
from actbench.errors import ConfigError

FINE = """\
name: example
dataset: {name: mnist, validation: 5000}
model:
  hidden_units: [128, 64]
activations:
  - relu
  - {name: leaky_relu, params: {negative_slope: 0.1}, label: leaky}
  - swish
baseline: relu
train:
  optimizer: adam
  learning_rate: 1e-3
  batch_size: 128
  epochs: 5
seeds: 3
"""


def fine_data(**changes: Any) -> dict[str, Any]:
    """The same as plain data; a change replaces a top-level key, or removes it if it is `...`."""
    data: dict[str, Any] = {
        "name": "example",
        "dataset": {"name": "mnist", "validation": 5000},
        "model": {"hidden_units": [128, 64]},
        "activations": [
            "relu",
            {"name": "leaky_relu", "params": {"negative_slope": 0.1}, "label": "leaky"},
            "swish",
        ],
        "baseline": "relu",
        "train": {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 128, "epochs": 5},
        "seeds": 3,
    } | changes
    return {key: value for key, value in data.items() if value is not ...}


def message(text, overrides=()):
    """The text of the error that this config, or an override of it, is refused with."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "c.yaml", overrides)
    return str(caught.value)
